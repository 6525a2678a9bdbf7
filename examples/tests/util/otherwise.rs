//! What the notes of the cards say of other requests: another header, none, bad input.

use gateway_conformance::wire::{Protocol, WireRequest};

use crate::{Server, send};

fn post(target: &str, content_type: &str, body: &'static str) -> WireRequest {
    WireRequest::post(target)
        .header("content-type", content_type)
        .body(body)
}

const FORM: &str = "application/x-www-form-urlencoded";

async fn bad_input_is_refused_with_the_right_status(server: Server) {
    for (request, status) in [
        (WireRequest::get("/util/errors/code?code=x"), 400),
        (WireRequest::get("/util/errors/code?code=200"), 500),
        (WireRequest::get("/util/requests/query?sort=a&page=-1"), 400),
        (WireRequest::get("/util/requests/query"), 400),
        (post("/util/requests/form", FORM, "name=Ada&age=256"), 400),
        (post("/util/requests/form", FORM, "name=Ada"), 400),
        (post("/util/requests/form", "text/plain", "name=Ada"), 415),
        (WireRequest::get("/util/requests/form"), 415),
        (
            WireRequest::post("/util/requests/form")
                .header("content-type", FORM)
                .body("x".repeat(2000)),
            413,
        ),
        (
            post("/util/requests/upload", "multipart/form-data", "x"),
            400,
        ),
        (
            WireRequest::post("/util/requests/upload")
                .header("content-type", "multipart/form-data; boundary=edge")
                .chunked(vec!["x".repeat(64 << 10); 20]),
            413,
        ),
        (post("/util/requests/json", "application/json", "[1,"), 400),
        (
            post("/util/requests/json", "application/json", "{\"a\":1}"),
            400,
        ),
        (
            post(
                "/util/requests/json",
                "application/json",
                "[9223372036854775807, 1]",
            ),
            422,
        ),
        (post("/util/requests/json", "text/plain", "[1]"), 415),
        (
            WireRequest::get("/util/requests/negotiate").header("accept", "image/png"),
            406,
        ),
        (
            WireRequest::get("/util/requests/basic").header("authorization", "Basic !"),
            400,
        ),
        (WireRequest::get("/util/requests/basic"), 401),
        (WireRequest::get("/util/requests/bearer"), 401),
        (WireRequest::get("/util/middlewares/auth"), 401),
        (WireRequest::get("/util/middlewares/hooks"), 403),
        (
            WireRequest::post("/util/middlewares/limit").body("seventeen bytes..."),
            413,
        ),
        (
            WireRequest::get("/util/answers/range").header("range", "bytes=11-"),
            416,
        ),
        (WireRequest::get("/util/files/public/nope"), 404),
        (WireRequest::get("/util/files/public/.hidden"), 404),
        (
            WireRequest::post("/util/files/public/poem.txt").body(""),
            405,
        ),
        (
            WireRequest::get("/util/dispatch/hosts").header("x-forwarded-host", "example.com"),
            421,
        ),
        (WireRequest::get("/util/nope"), 404),
        (WireRequest::get("/utility"), 404),
    ] {
        for protocol in Protocol::ALL {
            let answer = send(server, protocol, &request).await;
            assert_eq!(answer.status, status, "{protocol:?} {request:?}");
            assert!(!answer.text().contains("private"), "{request:?}");
        }
    }
}

async fn another_request_has_another_answer(server: Server) {
    for (request, status, has) in [
        (
            WireRequest::get("/util/errors/abort-early?name=Ada"),
            200,
            "Nice to meet you.",
        ),
        (
            WireRequest::get("/util/errors/problem").header("accept", "text/html"),
            409,
            "<h1>Conflict</h1>",
        ),
        (
            WireRequest::get("/util/errors/handlers?count=5"),
            200,
            "5 ordered",
        ),
        (
            WireRequest::get("/util/answers/etag").header("if-none-match", "\"v0\""),
            200,
            "the first version",
        ),
        (WireRequest::get("/util/answers/range"), 200, "0123456789"),
        (WireRequest::get("/util/answers/vary"), 200, "Good day"),
        (
            WireRequest::get("/util/answers/either"),
            200,
            "<ul><li>milk",
        ),
        (
            WireRequest::get("/util/requests/cookies").header("cookie", "user=ada; theme=dark"),
            200,
            "{\"theme\":\"dark\",\"user\":\"ada\"}",
        ),
        (
            WireRequest::get("/util/dispatch/prefixes/shopping"),
            404,
            "no shop here",
        ),
        (
            WireRequest::get("/util/dispatch/prefixes/shop"),
            200,
            "PATH_INFO \n",
        ),
        (
            WireRequest::get("/util/dispatch/cascade/old"),
            200,
            "from the old app",
        ),
        (
            WireRequest::post("/util/dispatch/override").header("x-http-method-override", "delete"),
            200,
            "deleted",
        ),
        (
            WireRequest::get("/util/middlewares/conditional"),
            200,
            "always the same",
        ),
    ] {
        for protocol in Protocol::ALL {
            let answer = send(server, protocol, &request).await;
            assert_eq!(answer.status, status, "{protocol:?} {request:?}");
            let text = answer.text();
            assert!(text.contains(has), "{protocol:?} {request:?}: {text}");
        }
    }
}

async fn middlewares_add_their_fields(server: Server) {
    for protocol in Protocol::ALL {
        let answer = send(
            server,
            protocol,
            &WireRequest::get("/util/middlewares/runtime"),
        )
        .await;
        let seconds: f64 = answer.header("x-runtime").unwrap().parse().unwrap();
        assert!(seconds >= 0.02, "{seconds}");
        let made = WireRequest::get("/util/middlewares/request-id").header("x-request-id", "a b");
        let answer = send(server, protocol, &made).await;
        assert_eq!(answer.header("x-request-id").unwrap().len(), 32);
        // B6: the length that GET has.
        let answer = send(server, protocol, &WireRequest::head("/util/dispatch/head")).await;
        assert_eq!(answer.header("content-length"), Some("13"));
        assert!(answer.body.is_empty());
    }
}

on_every_stack! {
    bad_input_is_refused_with_the_right_status,
    another_request_has_another_answer,
    middlewares_add_their_fields,
}
