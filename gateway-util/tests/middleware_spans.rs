//! The span of a request: what stands in it, and when it ends.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io;
use std::sync::{Arc, Mutex};

use gateway_core::{
    App, Body, Connection, Environ, Error, Gateway, HttpError, Input, StartResponse, app_fn, view,
};
use gateway_util::MiddlewareExt;
use http::Request;
use http_body_util::BodyExt as _;
use tracing_subscriber::fmt::format::FmtSpan;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs a future, and gives the lines that the app and the span wrote.
fn logged<F: Future>(future: F) -> (F::Output, Vec<String>) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .without_time()
        .with_level(false)
        .with_max_level(tracing::Level::DEBUG)
        .with_span_events(FmtSpan::CLOSE)
        .finish();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let output = tracing::subscriber::with_default(subscriber, || runtime.block_on(future));
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines = text.lines().map(|line| line.trim().to_owned()).collect();
    (output, lines)
}

async fn ask(app: impl App, request: http::request::Builder) {
    let gateway = Gateway::new(app);
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let mut environ = gateway.environ(parts, Input::empty());
    environ.set_connection(Connection::new().with_peer_addr("192.0.2.7:4711".parse().unwrap()));
    let response = gateway.handle(environ).await;
    let _ = response.into_body().collect().await;
}

/// The end of the span, with its fields. There may be lines of the gateway before.
fn closed(app: impl App, request: http::request::Builder) -> String {
    let ((), mut lines) = logged(ask(app, request));
    lines.retain(|line| !line.contains(": gateway: "));
    assert_eq!(lines.len(), 1, "{lines:#?}");
    lines.remove(0)
}

#[test]
fn l8_the_span_says_how_the_exchange_ended() {
    let begin = "HTTP request{otel.name=\"GET\" otel.kind=\"server\" http.request.method=\"GET\" \
                 url.scheme=\"http\" url.path=\"/a%20b\"";
    let client = "client.address=192.0.2.7 network.protocol.version=\"1.1\"";
    let end = "}: gateway_util::spans: close";
    let get = || Request::get("/a%20b?token=secret");
    assert_eq!(
        closed(view(async |_| "hello").spans(), get()),
        format!(
            "{begin} {client} http.response.status_code=200 http.response.body.size=5 \
             ended=\"completed\"{end}"
        )
    );
    assert_eq!(
        closed(view(async |_| ("down", 503)).spans().query(), get()),
        format!(
            "{begin} url.query=\"token=secret\" {client} http.response.status_code=503 \
             http.response.body.size=4 ended=\"completed\" error.type=\"503\" \
             otel.status_code=\"ERROR\"{end}"
        )
    );
    let broken = app_fn(|_, start: StartResponse| async move {
        start.start(200, [("content-type", "text/plain")])?;
        Ok(Body::from_producer(async |mut writer| {
            writer.write("ab").await?;
            Err(Error::msg("private"))
        }))
    });
    assert_eq!(
        closed(broken.spans(), get()),
        format!(
            "{begin} {client} http.response.status_code=200 http.response.body.size=2 \
             ended=\"aborted\" error.type=\"B8\" otel.status_code=\"ERROR\"{end}"
        )
    );
    let brew = Request::builder().method("BREW").uri("/");
    assert!(closed(view(async |_| "").spans(), brew).starts_with(
        "HTTP request{otel.name=\"HTTP\" otel.kind=\"server\" http.request.method=\"_OTHER\" \
             http.request.method_original=\"BREW\" "
    ));
}

#[test]
fn l8_what_the_gateway_logs_of_an_error_stands_in_the_span() {
    async fn fails(environ: Environ, start: StartResponse) -> Result<Body, Error> {
        match environ.raw_path_info() {
            "/error" => return Err(Error::msg("the disk is full")),
            "/panic" => panic!("the disk is full"),
            "/500" => {
                let error = HttpError::internal_server_error();
                return Err(error.with_source("the disk is full").into());
            }
            "/400" => {
                let error = HttpError::bad_request();
                return Err(error.with_source("the disk is full").into());
            }
            _ => {}
        }
        start.start(200, [("content-type", "text/plain")])?;
        Ok(Body::from_producer(async |mut writer| {
            writer.write("ab").await?;
            Err(Error::msg("the disk is full"))
        }))
    }
    for path in ["/error", "/panic", "/500", "/400", "/body"] {
        let ((), lines) = logged(ask(fails.spans(), Request::get(path)));
        let line = lines.iter().find(|line| line.contains("the disk is full"));
        let line = line.unwrap_or_else(|| panic!("{path}: {lines:#?}"));
        assert!(line.starts_with("HTTP request{"), "{line}");
        assert!(line.contains(&format!("url.path=\"{path}\"")), "{line}");
    }
}

#[test]
fn what_the_app_and_its_body_log_stands_in_the_span() {
    struct Closing;
    impl Drop for Closing {
        fn drop(&mut self) {
            tracing::info!(target: "app", "closed");
        }
    }
    let app = app_fn(|_, start: StartResponse| async move {
        tracing::info!(target: "app", "called");
        start.start(200, [("content-type", "text/plain")])?;
        Ok(Body::from_producer(async |mut writer| {
            let _closing = Closing;
            writer.write("ab").await?;
            tracing::info!(target: "app", "written");
            Ok(())
        }))
    });
    let ((), lines) = logged(async {
        ask(app.spans(), Request::get("/")).await;
        tracing::info!(target: "app", "outside");
    });
    let said: Vec<&str> = lines
        .iter()
        .map(|line| {
            if line == "app: outside" {
                return "outside";
            }
            assert!(line.starts_with("HTTP request{"), "{line}");
            line.rsplit(' ').next().unwrap()
        })
        .collect();
    assert_eq!(said, ["called", "written", "closed", "close", "outside"]);
}

#[test]
fn l3_the_span_ends_when_the_client_leaves() {
    let app = view(async |_| std::future::pending::<&str>().await);
    let gateway = Gateway::new(app.spans());
    let (parts, ()) = Request::get("/").body(()).unwrap().into_parts();
    let ((), lines) = logged(async {
        let mut handling = Box::pin(gateway.handle(gateway.environ(parts, Input::empty())));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(handling.as_mut().poll(&mut cx).is_pending());
        tracing::info!(target: "app", "asked");
        drop(handling);
        tracing::info!(target: "app", "left");
    });
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert_eq!((&*lines[0], &*lines[2]), ("app: asked", "app: left"));
    assert!(lines[1].contains(" ended=\"client_gone\" error.type=\"client_gone\""));
    assert!(!lines[1].contains("status_code=2"), "{}", lines[1]);
}

#[test]
fn where_nobody_wants_the_span_nothing_is_different() {
    let app = view(async |_| {
        let span = tracing::Span::current();
        span.is_none().to_string()
    });
    let gateway = Gateway::new(app.spans());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let (parts, ()) = Request::get("/").body(()).unwrap().into_parts();
    let body = runtime.block_on(async {
        let response = gateway.handle(gateway.environ(parts, Input::empty())).await;
        response.into_body().collect().await.unwrap().to_bytes()
    });
    assert_eq!(body, "true");
}
