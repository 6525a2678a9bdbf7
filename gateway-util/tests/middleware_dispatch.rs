//! Which app is asked: by prefix, host and method, and one after another.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gateway_core::{
    App, Body, Environ, Error, Gateway, HttpError, Input, StartResponse, VarName, app_fn, view,
};
use gateway_util::Mount;
use gateway_util::{Cascade, Hosts, Methods, MiddlewareExt};
use http::{HeaderMap, Method, Request, StatusCode};

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

async fn ask(app: impl App, request: Request<&'static str>) -> Answer {
    let (parts, body) = request.into_parts();
    let gateway = Gateway::new(app);
    let input = match body {
        "" => Input::empty(),
        text => Input::new(Body::from_chunks([text])),
    };
    let response = gateway.handle(gateway.environ(parts, input)).await;
    let (parts, body) = response.into_parts();
    let bytes = Body::new(body).bytes().await.unwrap();
    Answer {
        status: parts.status,
        headers: parts.headers,
        text: String::from_utf8(bytes.into()).unwrap(),
    }
}

fn get(target: &str) -> Request<&'static str> {
    Request::get(target).body("").unwrap()
}

fn with(method: Method) -> Request<&'static str> {
    Request::builder().method(method).uri("/").body("").unwrap()
}

fn text(text: &'static str) -> impl App {
    view(move |_| async move { text })
}

/// Werkzeug's `test_dispatcher`: what is mounted where, and what it sees of the path.
#[tokio::test]
async fn test_dispatcher() {
    let seen = || {
        view(async |environ: Environ| format!("{}|{}", environ.script_name(), environ.path_info()))
    };
    let app = Arc::new(
        Mount::new()
            .at("/test1", seen())
            .at("/test2/very", seen())
            .fallback(HttpError::not_found()),
    );
    for (target, expected) in [
        ("/test1", "/test1|"),
        ("/test1/asfd", "/test1|/asfd"),
        ("/test1/very", "/test1|/very"),
        ("/test2/very", "/test2/very|"),
        (
            "/test2/very/long/path/after/script/name",
            "/test2/very|/long/path/after/script/name",
        ),
    ] {
        assert_eq!(ask(app.clone(), get(target)).await.text, expected);
    }
    assert_eq!(ask(app.clone(), get("/")).await.status, 404);
    assert_eq!(ask(app, get("/test2")).await.status, 404);
}

#[tokio::test]
async fn hosts_are_names_without_case_port_or_last_dot() {
    let app = Arc::new(
        Hosts::new()
            .at("a.example", text("a"))
            .at("*.a.example", text("below a"))
            .at("*.b.a.example.", text("below b"))
            .at("B.A.Example", text("b"))
            .at("[::1]", text("six"))
            .fallback(text("none")),
    );
    let request = |host: &[u8]| Request::get("/").header("host", host).body("").unwrap();
    for (host, expected) in [
        ("a.example", "a"),
        ("A.EXAMPLE:8000", "a"),
        ("a.example.", "a"),
        ("a.example.:80", "a"),
        ("b.a.example", "b"),
        ("c.a.example", "below a"),
        ("d.c.a.example", "below a"),
        ("c.b.a.example", "below b"),
        ("[::1]:80", "six"),
        // Not hosts at all, or not these.
        (".a.example", "none"),
        ("xa.example", "none"),
        ("a.example.evil.example", "none"),
        ("*.a.example.x", "none"),
        ("", "none"),
        ("a.example..", "none"),
    ] {
        assert_eq!(
            ask(app.clone(), request(host.as_bytes())).await.text,
            expected,
            "{host}"
        );
    }
    assert_eq!(
        ask(app.clone(), request(b"%FF.a.example")).await.text,
        "below a"
    );
    // E12: the authority comes before the header, and a request without a host is one for the server.
    let request = Request::get("http://a.example/").header("host", "c.a.example");
    assert_eq!(ask(app.clone(), request.body("").unwrap()).await.text, "a");
    assert_eq!(ask(app, get("/")).await.text, "none");
    assert_eq!(ask(Hosts::new(), get("/")).await.status, 404);
}

#[tokio::test]
async fn methods_head_options_and_allow_are_there_by_themselves() {
    let app = || {
        Methods::new()
            .get(view(async |environ: Environ| {
                environ.request_method().to_string()
            }))
            .post(text("made"))
    };
    let head = ask(app(), with(Method::HEAD)).await;
    assert_eq!((head.status, &*head.text), (StatusCode::OK, ""));
    assert_eq!(head.headers["content-length"], "4", "the app saw HEAD");
    let options = ask(app(), with(Method::OPTIONS)).await;
    assert_eq!(options.status, 200);
    assert_eq!(options.headers["allow"], "GET, HEAD, POST, OPTIONS");
    assert_eq!(options.headers["content-length"], "0");
    for method in ["PUT", "get", "PROPFIND", "X!"] {
        let refused = ask(app(), with(method.parse().unwrap())).await;
        assert_eq!(refused.status, 405, "{method}");
        assert_eq!(refused.headers["allow"], "GET, HEAD, POST, OPTIONS");
    }
    assert_eq!(ask(app(), with(Method::POST)).await.text, "made");

    let own = Methods::new()
        .get(text(""))
        .head(text("h"))
        .options(text("o"))
        .get(text("new"));
    let own = Arc::new(own);
    assert_eq!(ask(own.clone(), with(Method::OPTIONS)).await.text, "o");
    assert_eq!(ask(own.clone(), with(Method::GET)).await.text, "new");
    let refused = ask(own, with(Method::PUT)).await;
    assert_eq!(refused.headers["allow"], "HEAD, OPTIONS, GET");
    let any = Methods::new().fallback(text("any"));
    assert_eq!(ask(any, with(Method::PUT)).await.text, "any");
    assert_eq!(
        ask(Methods::new(), with(Method::GET)).await.headers["allow"],
        "OPTIONS"
    );
    let nothing_read = Methods::new().post(text(""));
    assert_eq!(ask(nothing_read, with(Method::HEAD)).await.status, 405);
}

/// An app that refuses by a started head, counting what is closed.
fn refusing(status: u16, closed: Arc<AtomicUsize>) -> impl App {
    app_fn(move |_, start: StartResponse| {
        let closed = closed.clone();
        async move {
            start.start(status, [("x-refused", "1")])?;
            let body = Body::from_chunks(std::iter::repeat("refused"));
            Ok(body.on_close(move || {
                closed.fetch_add(1, Ordering::SeqCst);
            }))
        }
    })
}

#[tokio::test]
async fn l1_a_refused_answer_is_closed_before_the_next_app_is_asked() {
    let closed = Arc::new(AtomicUsize::new(0));
    let seen = closed.clone();
    let last = view(move |_| {
        let count = seen.load(Ordering::SeqCst);
        async move { count.to_string() }
    });
    let app = Cascade::new()
        .then(refusing(404, closed.clone()))
        .then(refusing(405, closed.clone()))
        .then(HttpError::not_found())
        .then(last);
    let answer = ask(app, get("/")).await;
    assert_eq!((answer.status, &*answer.text), (StatusCode::OK, "2"));
    assert!(!answer.headers.contains_key("x-refused"));
}

#[tokio::test]
async fn a_cascade_ends_at_the_first_that_does_not_refuse() {
    let status = async |app: Cascade| ask(app, get("/")).await.status;
    let closed = || Arc::new(AtomicUsize::new(0));
    assert_eq!(status(Cascade::new()).await, 404);
    assert_eq!(
        status(
            Cascade::new()
                .then(refusing(405, closed()))
                .then(HttpError::gone())
        )
        .await,
        410
    );
    let failing = app_fn(|_, _| async { Err(Error::msg("broken")) });
    assert_eq!(
        status(Cascade::new().then(failing).then(text("x"))).await,
        500
    );
    assert_eq!(
        status(Cascade::new().then(HttpError::forbidden()).then(text("x"))).await,
        403
    );
    let own = Cascade::new().refusals([StatusCode::FORBIDDEN]);
    assert_eq!(
        status(own.then(HttpError::forbidden()).then(text("x"))).await,
        200
    );
    let own = Cascade::new().refusals([]);
    assert_eq!(
        status(own.then(HttpError::not_found()).then(text("x"))).await,
        404
    );
    // The last answer stands.
    assert_eq!(
        status(
            Cascade::new()
                .then(HttpError::not_found())
                .then(HttpError::method_not_allowed())
        )
        .await,
        405
    );
}

#[tokio::test]
async fn e15_each_app_of_a_cascade_has_an_environ_of_its_own() {
    let meddling = app_fn(|mut environ: Environ, _| async move {
        environ.set_var(const { VarName::new("REMOTE_USER") }, "eve");
        environ.extensions_mut().insert(7_u8);
        environ.headers_mut().clear();
        assert!(environ.mount("/a"));
        environ.set_request_method(Method::DELETE);
        Err(HttpError::not_found().into())
    });
    let seen = view(async |environ: Environ| {
        format!(
            "{} {} {:?} {:?} {:?}",
            environ.request_method(),
            environ.path_info(),
            environ.get("REMOTE_USER"),
            environ.header("x-id").map(|id| id.to_string()),
            environ.extensions().get::<u8>(),
        )
    });
    let request = Request::get("/a/b").header("x-id", "1").body("").unwrap();
    let answer = ask(meddling.or_else(seen), request).await;
    assert_eq!(answer.text, "GET /a/b None Some(\"1\") None");
}

#[tokio::test]
async fn a_cascade_hands_the_input_on_until_it_is_read() {
    let reads = |limit: usize| {
        app_fn(move |mut environ: Environ, _| async move {
            for _ in 0..limit {
                environ.input_mut().chunk().await?;
            }
            // Taking it is not reading it.
            drop(environ.take_input());
            Err(HttpError::not_found().into())
        })
    };
    let echo = || view(async |mut environ: Environ| environ.take_input().text(99).await);
    let post = || {
        Request::post("/")
            .header("content-length", "5")
            .body("hello")
            .unwrap()
    };
    let answer = ask(reads(0).or_else(echo()), post()).await;
    assert_eq!((answer.status, &*answer.text), (StatusCode::OK, "hello"));
    let answer = ask(reads(1).or_else(echo()), post()).await;
    assert_eq!(
        answer.status, 404,
        "the refusal of an app that has read stands"
    );
    let answer = ask(reads(1).or_else(echo()), get("/")).await;
    assert_eq!(answer.status, 200, "there was nothing to read");
}

/// Werkzeug's `test_closing_iterator`: the iterator is closed, and then what is told to run, once.
#[tokio::test]
async fn test_closing_iterator() {
    struct Iter(Arc<AtomicUsize>);
    impl Iterator for Iter {
        type Item = &'static str;
        fn next(&mut self) -> Option<&'static str> {
            (self.0.load(Ordering::SeqCst) == 0).then_some("bar")
        }
    }
    impl Drop for Iter {
        fn drop(&mut self) {
            assert_eq!(self.0.fetch_add(1, Ordering::SeqCst), 0);
        }
    }
    let order = Arc::new(AtomicUsize::new(0));
    let seen = order.clone();
    let app = app_fn(move |_, start: StartResponse| {
        let order = seen.clone();
        async move {
            start.start(200, [("content-type", "text/plain")])?;
            let callback = order.clone();
            Ok(Body::from_chunks(Iter(order)).on_close(move || {
                assert_eq!(callback.fetch_add(1, Ordering::SeqCst), 1);
            }))
        }
    });
    let gateway = Gateway::new(app.access_log().timeout(std::time::Duration::from_secs(60)));
    let (parts, ()) = Request::get("/").body(()).unwrap().into_parts();
    let response = gateway.handle(gateway.environ(parts, Input::empty())).await;
    assert_eq!(order.load(Ordering::SeqCst), 0);
    drop(response);
    assert_eq!(order.load(Ordering::SeqCst), 2);
}

/// actix-web makes an application for each worker: of clones of what was made once.
#[tokio::test]
async fn clones_share_their_apps_and_grow_apart() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counting = calls.clone();
    let count = view(move |_| {
        let call = counting.fetch_add(1, Ordering::Relaxed);
        async move { call.to_string() }
    });
    let methods = Methods::new().get(count);
    let more = methods.clone().post(text("posted"));
    let mount = Mount::new().at("/a", methods);
    let longer = mount.clone().at("/a/b", more);

    assert_eq!(ask(mount.clone(), get("/a")).await.text, "0");
    assert_eq!(ask(longer.clone(), get("/a")).await.text, "1");
    assert_eq!(ask(longer.clone(), get("/a/b")).await.text, "2");
    assert_eq!(calls.load(Ordering::Relaxed), 3);

    let post = |target| Request::post(target).body("").unwrap();
    assert_eq!(ask(longer, post("/a/b")).await.text, "posted");
    let refused = ask(mount, post("/a/b")).await;
    assert_eq!(refused.headers["allow"], "GET, HEAD, OPTIONS");
}
