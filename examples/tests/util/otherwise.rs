//! What the notes of the cards say of other requests: another header, none, bad input.

use gateway_conformance::wire::{Protocol, Request};

use crate::{Server, send};

fn post(target: &str, content_type: &str, body: &'static str) -> Request {
    Request::post(target)
        .header("content-type", content_type)
        .body(body)
}

const FORM: &str = "application/x-www-form-urlencoded";

async fn bad_input_is_refused_with_the_right_status(server: Server) {
    for (request, status) in [
        (Request::get("/util/errors/code?code=x"), 400),
        (Request::get("/util/errors/code?code=200"), 500),
        (Request::get("/util/requests/query?sort=a&page=-1"), 400),
        (Request::get("/util/requests/query"), 400),
        (post("/util/requests/form", FORM, "name=Ada&age=256"), 400),
        (post("/util/requests/form", FORM, "name=Ada"), 400),
        (post("/util/requests/form", "text/plain", "name=Ada"), 415),
        (Request::get("/util/requests/form"), 415),
        (
            Request::post("/util/requests/form")
                .header("content-type", FORM)
                .body("x".repeat(2000)),
            413,
        ),
        (
            post("/util/requests/upload", "multipart/form-data", "x"),
            400,
        ),
        (
            Request::post("/util/requests/upload")
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
            Request::get("/util/requests/negotiate").header("accept", "image/png"),
            406,
        ),
        (
            Request::get("/util/requests/basic").header("authorization", "Basic !"),
            400,
        ),
        (Request::get("/util/requests/basic"), 401),
        (Request::get("/util/requests/bearer"), 401),
        (Request::get("/util/middlewares/auth"), 401),
        (Request::get("/util/middlewares/hooks"), 403),
        (
            Request::post("/util/middlewares/limit").body("seventeen bytes..."),
            413,
        ),
        (
            Request::get("/util/answers/range").header("range", "bytes=11-"),
            416,
        ),
        (Request::get("/util/files/public/nope"), 404),
        (Request::get("/util/files/public/.hidden"), 404),
        (Request::post("/util/files/public/poem.txt").body(""), 405),
        (
            Request::get("/util/dispatch/hosts").header("x-forwarded-host", "example.com"),
            421,
        ),
        (Request::get("/util/nope"), 404),
        (Request::get("/utility"), 404),
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
            Request::get("/util/errors/abort-early?name=Ada"),
            200,
            "Nice to meet you.",
        ),
        (
            Request::get("/util/errors/problem").header("accept", "text/html"),
            409,
            "<h1>Conflict</h1>",
        ),
        (
            Request::get("/util/errors/handlers?count=5"),
            200,
            "5 ordered",
        ),
        (
            Request::get("/util/answers/etag").header("if-none-match", "\"v0\""),
            200,
            "the first version",
        ),
        (Request::get("/util/answers/range"), 200, "0123456789"),
        (Request::get("/util/answers/vary"), 200, "Good day"),
        (Request::get("/util/answers/either"), 200, "<ul><li>milk"),
        (
            Request::get("/util/requests/cookies").header("cookie", "user=ada; theme=dark"),
            200,
            "{\"theme\":\"dark\",\"user\":\"ada\"}",
        ),
        (
            Request::get("/util/dispatch/prefixes/shopping"),
            404,
            "no shop here",
        ),
        (
            Request::get("/util/dispatch/prefixes/shop"),
            200,
            "PATH_INFO \n",
        ),
        (
            Request::get("/util/dispatch/cascade/old"),
            200,
            "from the old app",
        ),
        (
            Request::post("/util/dispatch/override").header("x-http-method-override", "delete"),
            200,
            "deleted",
        ),
        (
            Request::get("/util/middlewares/conditional"),
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
        let answer = send(server, protocol, &Request::get("/util/middlewares/runtime")).await;
        let seconds: f64 = answer.header("x-runtime").unwrap().parse().unwrap();
        assert!(seconds >= 0.02, "{seconds}");
        let made = Request::get("/util/middlewares/request-id").header("x-request-id", "a b");
        let answer = send(server, protocol, &made).await;
        assert_eq!(answer.header("x-request-id").unwrap().len(), 32);
        // B6: the length that GET has.
        let answer = send(server, protocol, &Request::head("/util/dispatch/head")).await;
        assert_eq!(answer.header("content-length"), Some("13"));
        assert!(answer.body.is_empty());
    }
}

on_every_stack! {
    bad_input_is_refused_with_the_right_status,
    another_request_has_another_answer,
    middlewares_add_their_fields,
}
