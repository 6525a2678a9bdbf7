//! Responses that components for other interfaces made, as return values (N1, S7).

use bytes::Bytes;
use gateway_core::{
    Body, Environ, Error, Gateway, HttpError, Input, ResponseExt, StartResponse, TryIntoResponse,
    app_fn, reply, view,
};
use http::{HeaderValue, Method, Request, Response, Version};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};

use super::support::{Answer, get, head, read, run};
use super::{PLAIN, ask, made};

/// What a component for hyper answers when the client has sent nonsense.
fn foreign() -> Response<Full<Bytes>> {
    Response::builder()
        .status(400)
        .header("connection", "x-hop, close")
        .header("x-hop", "1")
        .header("keep-alive", "timeout=5")
        .header("transfer-encoding", "chunked")
        .header("upgrade", "h2c")
        .header("trailer", "content-length")
        .header("x-kept", "1")
        .body(Full::new(Bytes::from_static(b"bad")))
        .unwrap()
}

/// As axum's: the error is of another kind, and the body is not `Sync`.
fn boxed() -> Response<UnsyncBoxBody<Bytes, std::io::Error>> {
    foreign().map(|body| body.map_err(|never| match never {}).boxed_unsync())
}

fn error() -> HttpError {
    HttpError::from_response(foreign().map(|_| Bytes::from_static(b"bad")))
}

fn assert_translated(answer: &Answer) {
    assert_eq!((answer.status, answer.text().as_str()), (400, "bad"));
    assert_eq!(answer.header("x-kept"), Some("1"));
    for name in [
        "x-hop",
        "keep-alive",
        "transfer-encoding",
        "upgrade",
        "trailer",
    ] {
        assert_eq!(answer.header(name), None, "{name}");
    }
}

#[test]
fn s7_a_foreign_response_is_translated_and_not_a_500() {
    let apps = [
        ask(view(async |_| foreign()), get("/")),
        ask(view(async |_| Ok::<_, HttpError>(foreign())), get("/")),
        ask(view(async |_| (foreign(), [("x-more", "1")])), get("/")),
        ask(
            view(async |_| foreign().map(|_| "bad".to_owned())),
            get("/"),
        ),
        ask(view(async |_| boxed()), get("/")),
        ask(view(async |_| Some((foreign(), 400))), get("/")),
        ask(
            app_fn(async |_, start_response: StartResponse| {
                let response = foreign().map(Body::new);
                let typed = (response, [("content-type", PLAIN)]);
                start_response.send(typed.try_into_response()?)
            }),
            get("/"),
        ),
        ask(
            app_fn(async |_, start_response: StartResponse| {
                let mut response = foreign().map(Body::new);
                let headers = response.headers_mut();
                headers.insert("content-type", HeaderValue::from_static(PLAIN));
                start_response.send(response)
            }),
            get("/"),
        ),
        ask(
            app_fn(async |_, start_response: StartResponse| {
                start_response.start(200, [("x-first", "1")])?;
                let mut response = foreign().map(Body::new);
                let headers = response.headers_mut();
                headers.insert("content-type", HeaderValue::from_static(PLAIN));
                start_response.resend(response, Error::msg("private"))
            }),
            get("/"),
        ),
    ];
    for answer in &apps {
        assert_translated(answer);
        // The gateway says it, where the protocol knows it.
        assert_eq!(answer.header("connection"), Some("close"));
        assert_eq!(answer.header("content-type"), Some(PLAIN));
    }
    let gateway = Gateway::new(view(async |_: Environ| foreign()));
    assert!(apps.iter().all(|answer| answer.header("x-first").is_none()));
    let native = read(reply(foreign(), &Method::GET, Version::HTTP_11));
    assert_translated(&native);
    assert_eq!(native.header("connection"), Some("close"));
    let request = Request::get("/").version(Version::HTTP_2).body(()).unwrap();
    let environ = gateway.environ(request.into_parts().0, Input::empty());
    let answer = read(run(gateway.handle(environ)));
    assert_translated(&answer);
    assert_eq!(answer.header("connection"), None);
}

#[test]
fn s7_the_answer_of_an_error_is_translated_too() {
    assert_translated(&ask(error(), get("/")));
    assert_translated(&ask(view(async |_| error()), get("/")));
    assert_translated(&ask(
        view(async |_| Err::<&str, Error>(error().into())),
        get("/"),
    ));
    assert_eq!(ask(error(), get("/")).header("connection"), Some("close"));
    assert!(made(error()).closes_connection());
}

#[test]
fn b4_an_empty_foreign_body_is_known_to_be_empty() {
    let response = Response::new(Full::new(Bytes::new()))
        .try_into_response()
        .unwrap();
    assert!(response.body().is_known_empty());
    assert!(!response.headers().contains_key("content-type"));
    assert!(!response.closes_connection());
}

#[test]
fn b6_an_empty_foreign_body_tells_head_no_length() {
    let foreign = || view(async |_| Response::new(Empty::<Bytes>::new()));
    assert_eq!(ask(foreign(), head("/")).header("content-length"), None);
    // It may have been removed for HEAD alone.
    assert_eq!(ask(foreign(), get("/")).header("content-length"), Some("0"));
    let declared = view(async |_| {
        let response = Response::builder().header("content-length", "7");
        response.body(Empty::<Bytes>::new()).unwrap()
    });
    let answer = ask(declared, head("/"));
    assert_eq!(answer.header("content-length"), Some("7"));
    let own = view(async |_| Response::new(Body::empty()));
    assert_eq!(ask(own, head("/")).header("content-length"), Some("0"));
}
