//! HTTP errors: their fields, problems, handlers.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::io;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use common::{Answer, answer, get, with};
use gateway_core::{
    App, AppExt as _, Body, Environ, Error, Gateway, HttpError, Input, StartResponse,
    TryIntoResponse, abort, app_fn, view,
};
use gateway_util::{
    CatchPanic, Either, ErrorHandlers, HttpErrorFields, Mount, Problem, abort_with, redirect,
};
use http::Method;

async fn raised(error: impl Fn() -> HttpError + Send + Sync + 'static) -> Answer {
    let app = view(move |_| {
        let error = error();
        async move { Err::<&str, _>(error) }
    });
    answer(app, get("/")).await
}

#[tokio::test]
async fn test_method_not_allowed_methods() {
    let error = || HttpError::method_not_allowed().allow([Method::GET, Method::HEAD, Method::POST]);
    let page = raised(error).await;
    assert_eq!(page.status, 405);
    assert_eq!(page.header("allow"), Some("GET, HEAD, POST"));
    assert!(
        page.text()
            .contains("The method is not allowed for the requested URL.")
    );
    let none = raised(|| HttpError::method_not_allowed().allow([])).await;
    assert_eq!(none.header("allow"), Some(""));
}

#[tokio::test]
async fn test_retry_after_mixin() {
    let seconds = raised(|| HttpError::too_many_requests().retry_after(20)).await;
    assert_eq!(seconds.header("retry-after"), Some("20"));
    let date =
        raised(|| HttpError::service_unavailable().retry_after(SystemTime::UNIX_EPOCH)).await;
    assert_eq!(
        date.header("retry-after"),
        Some("Thu, 01 Jan 1970 00:00:00 GMT")
    );
}

#[tokio::test]
async fn test_unauthorized_www_authenticate() {
    let page = raised(|| {
        HttpError::unauthorized()
            .www_authenticate("Basic realm=\"test\"")
            .and_then(|error| error.www_authenticate("Digest realm=\"test\", nonce=\"n\""))
            .unwrap()
    })
    .await;
    let lines: Vec<_> = page.headers.get_all("www-authenticate").iter().collect();
    assert_eq!(
        lines,
        ["Basic realm=\"test\"", "Digest realm=\"test\", nonce=\"n\""]
    );
    let bad = HttpError::unauthorized().www_authenticate("Basic\r\nx: y");
    assert_eq!(bad.unwrap_err().clause(), "S6");
}

#[tokio::test]
async fn test_requested_range_not_satisfiable() {
    let page = raised(|| HttpError::range_not_satisfiable().content_range(10)).await;
    assert_eq!(page.status, 416);
    assert_eq!(page.header("content-range"), Some("bytes */10"));
}

#[tokio::test]
async fn test_aborter_general_every_code_can_be_raised() {
    for code in (400..=418).chain([421, 422, 423, 424, 425, 426, 428, 429, 431, 451, 500, 511]) {
        let page = raised(move || abort(code, "why").unwrap_err()).await;
        assert_eq!(page.status, code);
        assert!(page.text().contains("<p>why</p>"));
    }
}

#[tokio::test]
async fn problems_say_what_the_page_says() {
    let problem = Problem::new(403)
        .kind("https://example.net/credit")
        .title("No credit")
        .detail("30 < 50")
        .instance("/account/1")
        .member("balance", 30)
        .unwrap();
    let response = problem.try_into_response().unwrap();
    let body = response.into_body().bytes().await.unwrap();
    let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        value,
        serde_json::json!({
            "type": "https://example.net/credit", "title": "No credit", "detail": "30 < 50",
            "instance": "/account/1", "balance": 30, "status": 403,
        })
    );
    let error = HttpError::method_not_allowed().allow([Method::GET]);
    let response = Problem::from(&error.with_source("secret"))
        .try_into_response()
        .unwrap();
    assert_eq!(response.headers()["allow"], "GET");
    let body = response.into_body().bytes().await.unwrap();
    assert!(!String::from_utf8_lossy(&body).contains("secret"));
}

#[derive(Debug)]
struct NoStock;

impl std::fmt::Display for NoStock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("out of stock: secret")
    }
}

impl std::error::Error for NoStock {}

async fn shop(environ: Environ) -> Result<&'static str, Error> {
    match &*environ.path_info().to_string() {
        "/stock" => Err(NoStock.into()),
        "/parse" => Ok("x".parse::<u32>().map(|_| "")?),
        "/404" => Err(HttpError::not_found().into()),
        "/405" => Err(HttpError::method_not_allowed().allow([Method::GET]).into()),
        "/500" => Err(HttpError::internal_server_error().into()),
        "/login" => match abort_with(redirect("/login"))? {},
        _ => Ok("here"),
    }
}

fn handled() -> impl App {
    ErrorHandlers::new(view(shop))
        .error(|_: &NoStock, failure| (format!("no stock for {}", failure.path()), 409))
        .status(404, |_| ("my 404", 404))
        .status(500, |failure| {
            let is_ours = failure.error().is::<HttpError>();
            (format!("my 500 {is_ours}"), 500)
        })
        .status(303, |_| "never")
}

#[tokio::test]
async fn a_handler_knows_where_the_app_is_mounted() {
    let inner = Mount::new().at("/deep", view(shop));
    let handled = ErrorHandlers::new(inner).status(404, |failure| {
        let (here, path) = (failure.raw_script_name(), failure.path());
        (format!("{here} {path}"), 404)
    });
    let outer = Mount::new().at("/my shop", handled);
    // Not where the app is that has failed: a page links to the site around it.
    let answer = answer(outer, get("/my%20shop/deep/404")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.text()),
        (404, "/my%20shop /deep/404")
    );
}

#[tokio::test]
async fn errors_go_to_the_handler_of_their_type_then_of_their_status() {
    for (path, status, body) in [
        ("/", 200, "here"),
        ("/stock", 409, "no stock for /stock"),
        ("/parse", 500, "my 500 false"),
        ("/404", 404, "my 404"),
        ("/500", 500, "my 500 true"),
    ] {
        let answer = answer(handled(), get(path)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text()),
            (status, body),
            "{path}"
        );
    }
    let page = answer(handled(), get("/405")).await;
    assert_eq!(page.header("allow"), Some("GET"));
    assert!(page.text().contains("405 Method Not Allowed"));
    let own = answer(handled(), get("/login")).await;
    assert_eq!(
        (own.status.as_u16(), own.header("location")),
        (303, Some("/login"))
    );
}

/// The log lines of one request.
async fn log_of(path: &str) -> String {
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    // tracing keeps for each place whether anybody listens. If another test comes to a place for the
    // first time just now, it may keep that nobody does.
    answer(handled(), get(path)).await;
    let guard = tracing::subscriber::set_default(subscriber);
    answer(handled(), get(path)).await;
    drop(guard);
    String::from_utf8(std::mem::take(&mut *log.0.lock().unwrap())).unwrap()
}

#[tokio::test]
async fn an_error_that_was_expected_is_no_line_in_the_log() {
    // A client could fill the log with what its input made of a parser.
    assert_eq!(log_of("/stock").await, "");
    assert_eq!(log_of("/404").await, "");
    let log = log_of("/parse").await;
    assert!(
        log.contains("ERROR") && log.contains("invalid digit found"),
        "{log}"
    );
}

#[tokio::test]
async fn the_default_takes_everything_else() {
    let app = || {
        ErrorHandlers::new(view(shop))
            .status(404, |_| ("mine", 404))
            .default(|failure| {
                let status = failure.http_error().status();
                (
                    format!("default {} {}", status.as_u16(), failure.method()),
                    status,
                )
            })
    };
    assert_eq!(answer(app(), get("/404")).await.text(), "mine");
    assert_eq!(answer(app(), get("/405")).await.text(), "default 405 GET");
    assert_eq!(answer(app(), get("/stock")).await.text(), "default 500 GET");
    assert_eq!(answer(app(), get("/login")).await.status, 303);
}

#[tokio::test]
async fn a_handler_that_fails_is_an_error_itself() {
    let app = ErrorHandlers::new(view(shop)).status(404, |_| Err::<&str, _>(HttpError::gone()));
    assert_eq!(answer(app, get("/404")).await.status, 410);
    let app = ErrorHandlers::new(view(shop)).status(404, |_| ("x", 99));
    assert_eq!(answer(app, get("/404")).await.status, 500);
    let app = ErrorHandlers::new(view(shop))
        .status(99, |_| "x")
        .status("nonsense", |_| "x");
    assert_eq!(answer(app, get("/404")).await.status, 404);
}

#[tokio::test]
async fn s2_a_handler_answers_also_where_the_app_had_started() {
    let app = app_fn(|_, start_response: StartResponse| async move {
        start_response.start(200, [("x-first", "1")])?;
        Err::<Body, Error>(NoStock.into())
    });
    let app = ErrorHandlers::new(app).error(|_: &NoStock, _| ("sorry", 409));
    let answer = answer(app, get("/")).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (409, "sorry"));
    assert_eq!(answer.header("x-first"), None);
}

#[tokio::test]
async fn problems_are_for_those_who_do_not_prefer_html() {
    let app = || ErrorHandlers::new(view(shop)).problem_json();
    for (accept, is_problem) in [
        ("application/json", true),
        ("application/problem+json", true),
        ("application/json, text/html;q=0.9", true),
        ("text/html, application/json;q=0.9", false),
        (
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            false,
        ),
        // No preference: browsers always have one.
        ("*/*", true),
        ("", true),
        ("-", true),
        ("image/png", true),
    ] {
        let headers = [("accept", accept)];
        let headers = if accept == "-" { &[][..] } else { &headers };
        let answer = answer(app(), with("/404", headers)).await;
        assert_eq!(answer.status, 404);
        let expected = if is_problem {
            "application/problem+json"
        } else {
            "text/html; charset=utf-8"
        };
        assert_eq!(answer.header("content-type"), Some(expected), "{accept}");
        // Caches have to know in both cases.
        assert_eq!(answer.header("vary"), Some("accept"), "{accept}");
    }
    let hidden = answer(app(), with("/stock", &[("accept", "application/json")])).await;
    assert_eq!(hidden.status, 500);
    assert!(!hidden.text().contains("secret"));
    let own = answer(app(), get("/login")).await;
    assert_eq!((own.status.as_u16(), own.header("vary")), (303, None));
    let allow = answer(app(), with("/405", &[("accept", "application/json")])).await;
    assert_eq!(allow.header("allow"), Some("GET"));
    assert_eq!(allow.header("vary"), Some("accept"));
}

#[tokio::test]
async fn n6_causes_are_shown_by_debug_builds_that_ask_for_it_only() {
    let app = ErrorHandlers::new(view(shop)).debug_pages();
    let page = answer(app, get("/stock")).await;
    assert_eq!(page.status, 500);
    assert_eq!(page.text().contains("out of stock"), cfg!(debug_assertions));
    // Not even to a client that asks for everything: `.ci/run release` runs this without debug assertions.
    let app = ErrorHandlers::new(view(shop)).problem_json().debug_pages();
    let json = answer(app, with("/stock", &[("accept", "application/json")])).await;
    assert!(!json.text().contains("out of stock"), "{}", json.text());
    let app = ErrorHandlers::new(view(shop));
    assert!(
        !answer(app, get("/stock"))
            .await
            .text()
            .contains("out of stock")
    );
    let private = view(async |_| Err::<&str, _>(HttpError::new(503).with_source("secret")));
    let page = answer(ErrorHandlers::new(private).debug_pages(), get("/")).await;
    assert!(
        !page.text().contains("secret"),
        "an HttpError has a page of its own"
    );
}

/// What a component for hyper answers.
fn foreign() -> http::Response<String> {
    http::Response::builder()
        .status(400)
        .header("connection", "close, x-hop")
        .header("x-hop", "1")
        .header("keep-alive", "timeout=5")
        .header("transfer-encoding", "chunked")
        .header("upgrade", "h2c")
        .header("x-kept", "1")
        .extension(Marked)
        .body("bad".to_owned())
        .unwrap()
}

#[derive(Clone)]
struct Marked;

#[tokio::test]
async fn s7_a_foreign_response_passes_where_errors_are_answered() {
    let failing = || app_fn(async |_, _| Err::<Body, _>(Error::msg("private")));
    let apps = [
        ErrorHandlers::new(failing())
            .status(500, |_| foreign())
            .boxed(),
        ErrorHandlers::new(failing())
            .default(|_| (foreign(), 400))
            .boxed(),
        ErrorHandlers::new(failing())
            .error(|_: &io::Error, _| "never")
            .default(|_| Either::<&str, _>::Right(foreign()))
            .boxed(),
        view(async |_| -> Result<&str, HttpError> { match abort_with(foreign())? {} }).boxed(),
        view(async |_| Either::<&str, _>::Right(foreign())).boxed(),
        CatchPanic::new(view(async |_| -> &str { panic!("the app") }), |_: &str| {
            foreign()
        })
        .boxed(),
    ];
    for (number, app) in apps.into_iter().enumerate() {
        let gateway = Gateway::new(app);
        let environ = gateway.environ(get("/").into_parts().0, Input::empty());
        let answer = gateway.handle(environ).await;
        assert_eq!(answer.status(), 400, "{number}");
        let headers = answer.headers();
        assert_eq!(headers["x-kept"], "1", "{number}");
        assert_eq!(headers["connection"], "close", "{number}");
        for name in ["x-hop", "keep-alive", "transfer-encoding", "upgrade"] {
            assert!(!headers.contains_key(name), "{number}: {name}");
        }
        // The page of an error has no extensions.
        let is_marked = answer.extensions().get::<Marked>().is_some();
        assert_eq!(is_marked, number != 3, "{number}");
    }
}
