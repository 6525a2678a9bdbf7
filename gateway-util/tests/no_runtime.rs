//! L7: what needs a tokio runtime, on an executor without one.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::convert::Infallible;
use std::error::Error as _;
use std::future::pending;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::stream;
use gateway_core::{App, AppExt, Environ, Error, Gateway, HttpError, Input, TryIntoResponse, view};
use gateway_util::{
    EnvironExt, Event, EventStream, Form, FormLimits, JsonLines, MiddlewareExt, SendFile,
    StaticDir, blocking, blocking_writer, wait_for,
};
use http::Request;

/// Runs the future on this thread, which knows of no runtime.
fn run<F: Future>(future: F) -> F::Output {
    assert!(tokio::runtime::Handle::try_current().is_err());
    wait_for(future).unwrap()
}

fn get(path: &str) -> Environ {
    Environ::from_request(Request::get(path).body(()).unwrap())
}

const OUTSIDE: &str = "needs a tokio runtime, but the host calls the app outside one (L7)";

/// Demands a 500 whose cause says what needs a runtime.
fn assert_named(what: &str, error: &Error) {
    assert_eq!(error.status(), 500);
    let cause = match error.downcast_ref::<HttpError>() {
        Some(error) => error.source().unwrap().to_string(),
        None => error.to_string(),
    };
    assert_eq!(cause, format!("{what} {OUTSIDE}"));
}

fn raised(app: impl App, path: &str) -> Error {
    run(app.respond(get(path))).unwrap_err()
}

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn l7_files_name_what_they_need() {
    let file = SendFile::new(format!("{ROOT}/Cargo.toml"));
    assert_named("`SendFile`", &raised(file, "/"));
    let files = StaticDir::new(ROOT).unwrap();
    assert_named("`StaticDir`", &raised(files, "/Cargo.toml"));
}

#[test]
fn l7_a_file_that_was_opened_elsewhere_ends_in_an_error() {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let file = SendFile::new(format!("{ROOT}/Cargo.toml"));
    let response = runtime.unwrap().block_on(file.respond(&get("/"))).unwrap();
    let error = run(response.into_body().bytes()).unwrap_err();
    assert_eq!(error.to_string(), format!("`SendFile` {OUTSIDE}"));
}

#[test]
fn l7_apps_that_block_name_what_they_need() {
    let app = blocking(|_, start_response| {
        start_response.start(200, [("content-type", "text/plain")])?;
        Ok(["never"])
    });
    assert_named("`blocking`", &raised(app, "/"));
    let app = blocking_writer(|_, _, _| Ok(()));
    assert_named("`blocking`", &raised(app, "/"));
}

#[test]
fn l7_a_timeout_names_what_it_needs() {
    let app = view(async |_| "never").timeout(Duration::from_secs(1));
    assert_named("`Timeout`", &raised(app, "/"));
}

#[test]
fn l7_events_need_a_runtime_for_their_comments_only() {
    let event = Ok::<_, Infallible>(Event::data("one"));
    let plain = EventStream::new(stream::iter([event]));
    let body = plain.try_into_response().unwrap().into_body();
    assert_eq!(run(body.bytes()).unwrap(), "data: one\n\n");

    let quiet = stream::pending::<Result<Event, Infallible>>();
    let quiet = EventStream::new(quiet).keep_alive(Duration::from_secs(1));
    let body = quiet.try_into_response().unwrap().into_body();
    let error = run(body.bytes()).unwrap_err();
    let expected = format!("`EventStream::keep_alive` {OUTSIDE}");
    assert_eq!(error.to_string(), expected);
}

const UPLOAD: &str = "--b\r\ncontent-disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n\
                      text\r\n--b--\r\n";

async fn form(in_memory: u64) -> Result<Form, HttpError> {
    let request = Request::post("/").header("content-type", "multipart/form-data; boundary=b");
    let mut environ = Environ::from_request(request.body(UPLOAD).unwrap());
    environ
        .form(FormLimits::default().in_memory(in_memory))
        .await
}

#[test]
fn l7_uploads_need_a_runtime_for_what_goes_to_disk_only() {
    let disk = "a multipart file on disk (`FilePart`)";
    let file = run(form(100)).unwrap().take_file("f").unwrap();
    assert_eq!(run(file.bytes(100)).unwrap(), "text");
    assert_named(disk, &run(form(0)).unwrap_err().into());

    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.unwrap();
    let file = runtime.block_on(form(0)).unwrap().take_file("f").unwrap();
    assert!(file.is_on_disk());
    assert_named(disk, &run(file.bytes(100)).unwrap_err().into());

    let file = run(form(100)).unwrap().take_file("f").unwrap();
    let error = run(file.save("/never/written")).unwrap_err();
    assert_eq!(error.to_string(), format!("`FilePart::save` {OUTSIDE}"));
}

#[test]
fn l7_everything_else_needs_none() {
    let app = view(async |_| JsonLines::new(stream::iter([Ok::<_, Infallible>(1)])))
        .error_handlers()
        .request_id()
        .access_log();
    let body = run(app.respond(get("/"))).unwrap().into_body();
    assert_eq!(run(body.bytes()).unwrap(), "1\n");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn l7_the_client_sees_a_500_and_the_log_has_the_cause() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let apps = [
        SendFile::new(format!("{ROOT}/Cargo.toml")).boxed(),
        view(async |_| -> &str { pending().await })
            .timeout(Duration::from_secs(1))
            .boxed(),
    ];
    for app in apps {
        let gateway = Gateway::new(app);
        let (parts, ()) = Request::new(()).into_parts();
        let response = run(gateway.handle(gateway.environ(parts, Input::empty())));
        assert_eq!(response.status(), 500);
    }
    drop(guard);
    let log = String::from_utf8(std::mem::take(&mut *log.0.lock().unwrap())).unwrap();
    assert_eq!(log.matches(OUTSIDE).count(), 2, "{log}");
    assert!(log.contains("`SendFile` needs"), "{log}");
    assert!(log.contains("`Timeout` needs"), "{log}");
}
