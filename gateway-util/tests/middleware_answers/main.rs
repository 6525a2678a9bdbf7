//! Middlewares that have something to say, and bad input for each.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod ask;
mod late;

use gateway_core::{
    AppExt, Body, BoxApp, Environ, Error, HttpError, StartResponse, VarName, app_fn, view,
};
use gateway_util::{MiddlewareExt, OverriddenMethod, RequestIdValue};
use http::{Method, Request, StatusCode};

use ask::{Answer, ask, get};

#[tokio::test]
async fn a_request_id_is_taken_over_if_it_is_one() {
    let app = || {
        let seen = view(async |environ: Environ| {
            let value = environ.extensions().get::<RequestIdValue>().unwrap();
            assert_eq!(environ.header("x-request-id").unwrap(), value.as_str());
            value.to_string()
        });
        seen.request_id()
    };
    for good in ["a", "01-._~+/=:@Z", &"x".repeat(128)] {
        let answer = ask(app(), get().header("x-request-id", good)).await;
        assert_eq!(answer.text(), good);
        assert_eq!(answer.header("x-request-id"), Some(good));
    }
    let is_made = |answer: &Answer| {
        let id = answer.header("x-request-id").unwrap();
        assert_eq!(answer.text(), id);
        id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    for bad in [
        &b""[..],
        b" ",
        b"a b",
        b"a\tb",
        b"a\"b",
        b"a\\b",
        b"<x>",
        b"\xFF",
        &[b'x'; 129],
    ] {
        let answer = ask(app(), get().header("x-request-id", bad)).await;
        assert!(is_made(&answer), "{bad:?}");
    }
    let two = get()
        .header("x-request-id", "a")
        .header("x-request-id", "b");
    assert!(is_made(&ask(app(), two).await));
    let (one, other) = (ask(app(), get()).await, ask(app(), get()).await);
    assert!(is_made(&one) && is_made(&other));
    assert_ne!(one.text(), other.text());
}

#[tokio::test]
async fn request_id_and_runtime_are_on_error_pages_and_give_way_to_the_apps_own() {
    let missing = HttpError::not_found()
        .with_headers([("x-why", "1")])
        .unwrap();
    let answer = ask(
        missing.runtime().request_id(),
        get().header("x-request-id", "id"),
    )
    .await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("x-request-id"), Some("id"));
    let failing = app_fn(|_, _| async { Err(HttpError::gone().into()) });
    let answer = ask(
        failing.runtime().request_id(),
        get().header("x-request-id", "id"),
    )
    .await;
    assert_eq!(answer.status, 410);
    assert_eq!(answer.header("x-request-id"), Some("id"));
    assert!(answer.header("x-runtime").unwrap().parse::<f64>().is_ok());
    let own = view(async |_| ("x", [("x-request-id", "own"), ("x-runtime", "own")]));
    let answer = ask(own.runtime().request_id(), get()).await;
    assert_eq!(answer.header("x-request-id"), Some("own"));
    assert_eq!(answer.header("x-runtime"), Some("own"));
    assert_eq!(answer.headers.get_all("x-runtime").iter().count(), 1);
}

#[tokio::test]
async fn the_gateway_s_own_pages_have_no_request_id() {
    let faults = || -> [BoxApp; 5] {
        [
            app_fn(|_, _| async { panic!("the test asks for it") }).boxed(),
            app_fn(|_, _| async { Err(Error::msg("private")) }).boxed(),
            view(async |_| None::<&str>).boxed(),
            view(async |_| ("short", [("content-length", "10")])).boxed(),
            view(async |_| ("x", [("x-name", "a\nb")])).boxed(),
        ]
    };
    for (at, fault) in faults().into_iter().enumerate() {
        let answer = ask(fault.request_id(), get()).await;
        assert_eq!(answer.status, 500, "{at}");
        assert_eq!(answer.header("x-request-id"), None, "{at}");
    }
    // With pages of their own, panics and errors have it. Only the gateway knows of a broken length.
    for (at, fault) in faults().into_iter().enumerate().filter(|(at, _)| *at != 3) {
        let with_pages = fault
            .error_handlers()
            .default(|_| ("sorry", 500))
            .catch_panic(|_message: &str| ("sorry", 500));
        let answer = ask(with_pages.request_id(), get()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text()),
            (500, "sorry"),
            "{at}"
        );
        assert!(answer.header("x-request-id").is_some(), "{at}");
    }
}

#[tokio::test]
async fn only_a_post_is_overridden_and_only_into_what_is_allowed() {
    let method = || {
        view(async |environ: Environ| {
            let sent = environ
                .extensions()
                .get::<OverriddenMethod>()
                .map(|sent| sent.0.clone());
            format!("{} {sent:?}", environ.request_method())
        })
    };
    let post = |target: &str| Request::post(target.to_owned());
    let named = |name: &'static str| post("/").header("x-http-method-override", name);
    let header = || method().method_override().header();
    assert_eq!(ask(header(), named("PUT")).await.text(), "PUT Some(POST)");
    assert_eq!(
        ask(header(), named("delete")).await.text(),
        "DELETE Some(POST)"
    );
    for bad in [
        "",
        "GET",
        "HEAD",
        "CONNECT",
        "TRACE",
        "PUT, DELETE",
        "PUT x",
        "P",
        "\u{e4}",
    ] {
        assert_eq!(ask(header(), named(bad)).await.text(), "POST None", "{bad}");
    }
    let sent = get().header("x-http-method-override", "DELETE");
    assert_eq!(ask(header(), sent).await.text(), "GET None");

    let query = || method().method_override().query();
    assert_eq!(
        ask(query(), post("/?a=b&_method=patch")).await.text(),
        "PATCH Some(POST)"
    );
    for bad in [
        "/?_method",
        "/?_method=",
        "/?_method=%50UT",
        "/?x_method=PUT",
        "/?_method=X&_method=PUT",
    ] {
        assert_eq!(ask(query(), post(bad)).await.text(), "POST None", "{bad}");
    }
    assert_eq!(ask(query(), named("PUT")).await.text(), "POST None");
    assert_eq!(
        ask(method().method_override(), named("PUT")).await.text(),
        "POST None"
    );
    let own = header().allow([Method::HEAD, Method::CONNECT, "LOCK".parse().unwrap()]);
    assert_eq!(
        ask(own.clone(), named("LOCK")).await.text(),
        "LOCK Some(POST)"
    );
    assert_eq!(ask(own.clone(), named("HEAD")).await.text(), "POST None");
    assert_eq!(ask(own, named("PUT")).await.text(), "POST None");
}

#[tokio::test]
async fn basic_auth_lets_in_who_is_known() {
    let app = || {
        let user = view(async |environ: Environ| {
            format!(
                "{} {}",
                environ.get("AUTH_TYPE").unwrap(),
                environ.get("REMOTE_USER").unwrap()
            )
        });
        let auth = user.basic_auth("a \"b\" \\ c\r\n");
        auth.user("ada", "pa:ss")
            .user("bob", "")
            .check(|name, password| (name, password) == ("eve", "m\u{e4}h"))
    };
    let with = |value: &[u8]| get().header("authorization", value);
    for (good, name) in [
        (&b"Basic YWRhOnBhOnNz"[..], "ada"),
        (b"basic  YWRhOnBhOnNz", "ada"),
        (b"Basic Ym9iOg==", "bob"),
        (b"Basic Ym9iOg", "bob"),
        ("Basic ZXZlOm3DpGg=".as_bytes(), "eve"),
    ] {
        let answer = ask(app(), with(good)).await;
        assert_eq!(answer.text(), format!("Basic {name}"));
    }
    for bad in [
        // ada:pa, bob:pa:ss, ada:, :pa:ss, "ada", "" (base64 of each)
        &b"Basic YWRhOnBh"[..],
        b"Basic Ym9iOnBhOnNz",
        b"Basic YWRhOg==",
        b"Basic OnBhOnNz",
        b"Basic YWRh",
        b"Basic ",
        b"Basic",
        b"",
        b"Basi",
        b"Bearer YWRhOnBhOnNz",
        b"YWRhOnBhOnNz",
        b"Basic !!!!",
        b"Basic YWRhOnBhOnN",
        b"Basic YWRhOnBhOnNz x",
        b"Basic \xFF\xFE",
        // "ada\n:pa:ss", and bytes that are not UTF-8
        b"Basic YWRhCjpwYTpzcw==",
        b"Basic //46",
        b"Basic ====",
    ] {
        let answer = ask(app(), with(bad)).await;
        assert_eq!(answer.status, 401, "{}", bad.escape_ascii());
        assert_eq!(
            answer.header("www-authenticate"),
            Some("Basic realm=\"a \\\"b\\\" \\\\ c\", charset=\"UTF-8\"")
        );
    }
    let twice = with(b"Basic YWRhOnBhOnNz").header("authorization", "Basic YWRhOnBhOnNz");
    assert_eq!(ask(app(), twice).await.status, 401);
    assert_eq!(ask(app(), get()).await.status, 401);
    let shown = format!(
        "{:?}",
        HttpError::gone().basic_auth("r").user("ada", "secret")
    );
    assert!(!shown.contains("secret"), "{shown}");
}

#[tokio::test]
async fn n8_conditional_get_answers_304_by_tag_then_by_date() {
    let app = || {
        let headers = [
            ("etag", "\"v1\""),
            ("last-modified", "Wed, 21 Oct 2015 07:28:00 GMT"),
            ("cache-control", "max-age=1"),
            ("vary", "accept"),
        ];
        view(move |_| async move { ("text", headers) }).conditional_get()
    };
    let status = async |name: &str, value: &str| ask(app(), get().header(name, value)).await;
    for (name, value, expected) in [
        ("if-none-match", "\"v1\"", 304),
        ("if-none-match", "W/\"v1\"", 304),
        ("if-none-match", "\"v0\", \"v1\"", 304),
        ("if-none-match", "*", 304),
        ("if-none-match", "\"v2\"", 200),
        ("if-none-match", "v1", 200),
        ("if-none-match", "\"v1", 200),
        ("if-none-match", "", 200),
        ("if-modified-since", "Wed, 21 Oct 2015 07:28:00 GMT", 304),
        ("if-modified-since", "Wed, 21 Oct 2015 07:28:01 GMT", 304),
        ("if-modified-since", "Wed, 21 Oct 2015 07:27:59 GMT", 200),
        ("if-modified-since", "yesterday", 200),
        // Only what asks for news is this middleware's matter.
        ("if-match", "\"v2\"", 200),
    ] {
        let answer = status(name, value).await;
        assert_eq!(answer.status, expected, "{name}: {value}");
        if expected == 304 {
            assert_eq!(answer.text(), "");
            assert_eq!(answer.header("etag"), Some("\"v1\""));
            assert_eq!(answer.header("vary"), Some("accept"));
            assert_eq!(answer.header("content-type"), None);
            assert_eq!(answer.header("content-length"), None);
        }
    }
    let both = get()
        .header("if-none-match", "\"v2\"")
        .header("if-modified-since", "Wed, 21 Oct 2015 07:28:00 GMT");
    assert_eq!(ask(app(), both).await.status, 200);
    let post = Request::post("/").header("if-none-match", "\"v1\"");
    assert_eq!(ask(app(), post).await.status, 200);
    let head = Request::head("/").header("if-none-match", "\"v1\"");
    assert_eq!(ask(app(), head).await.status, 304);
    let untagged = view(async |_| "x").conditional_get();
    assert_eq!(
        ask(untagged, get().header("if-none-match", "*"))
            .await
            .status,
        200
    );
    let missing = HttpError::not_found().conditional_get();
    assert_eq!(
        ask(missing, get().header("if-none-match", "*"))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn auto_etag_names_bytes_in_hand_and_nothing_else() {
    let tag = async |app: BoxApp, request| {
        ask(app.auto_etag(), request)
            .await
            .header("etag")
            .map(str::to_owned)
    };
    let text = |text: &'static str| view(move |_| async move { text }).boxed();
    let of_a = tag(text("a"), get()).await.unwrap();
    assert!(of_a.starts_with("W/\"") && of_a.ends_with('"'), "{of_a}");
    assert_eq!(tag(text("a"), get()).await, Some(of_a.clone()));
    assert_eq!(tag(text("a"), Request::head("/")).await, Some(of_a.clone()));
    assert_ne!(tag(text("b"), get()).await, Some(of_a));
    assert_eq!(tag(text("a"), Request::post("/")).await, None);
    assert_eq!(
        tag(view(async |_| Body::from_chunks(["a"])).boxed(), get()).await,
        None
    );
    assert_eq!(tag(view(async |_| ("a", 404)).boxed(), get()).await, None);
    let own = view(async |_| ("a", [("etag", "\"own\"")])).boxed();
    assert_eq!(tag(own, get()).await.as_deref(), Some("\"own\""));
    let secret = view(async |_| ("a", [("cache-control", "private, No-Store")])).boxed();
    assert_eq!(tag(secret, get()).await, None);
}

#[tokio::test]
async fn hooks_see_the_request_and_every_start() {
    let app = app_fn(|environ: Environ, start: StartResponse| async move {
        start.start(200, [("x-first", "1")])?;
        start.restart(
            201,
            [("x-user", environ.get("REMOTE_USER").unwrap().to_string())],
            Error::msg("x"),
        )?;
        Ok(Body::from("x"))
    });
    let app = app
        .on_request(async |mut environ: Environ| {
            environ.set_var(const { VarName::new("REMOTE_USER") }, "ada");
            Ok(environ)
        })
        .on_response(|status, headers| {
            headers.insert("x-status", status.as_str().parse().unwrap());
        });
    let answer = ask(app, get()).await;
    assert_eq!(
        (answer.header("x-user"), answer.header("x-status")),
        (Some("ada"), Some("201"))
    );
    // What a hook leaves is checked (S7).
    let bad = view(async |_| "x").on_response(|_, headers| {
        headers.insert("connection", "close".parse().unwrap());
    });
    assert_eq!(ask(bad, get()).await.status, 500);
    let refused = view(async |_| "x").on_request(async |_| Err(HttpError::forbidden().into()));
    assert_eq!(ask(refused, get()).await.status, 403);
}

#[tokio::test]
async fn head_as_get_sends_the_length_that_get_has() {
    let strict = || {
        view(
            async |environ: Environ| match environ.request_method().as_str() {
                "GET" => Ok(("hello", [("x-a", "1")])),
                _ => Err(HttpError::method_not_allowed()),
            },
        )
    };
    assert_eq!(ask(strict(), Request::head("/")).await.status, 405);
    let answer = ask(strict().head_as_get(), Request::head("/")).await;
    assert_eq!((answer.status, answer.text()), (StatusCode::OK, ""));
    assert_eq!(
        (answer.header("content-length"), answer.header("x-a")),
        (Some("5"), Some("1"))
    );
    assert_eq!(
        ask(strict().head_as_get(), Request::post("/")).await.status,
        405
    );
}
