//! The line of a request: what it says of each end an exchange can come to.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use gateway_core::{
    App, AppExt, Body, Connection, Ended, Environ, Error, Gateway, HttpError, Input, StartResponse,
    VarName, app_fn, view,
};
use gateway_util::{AccessEntry, LogFormat, MiddlewareExt};
use http::Request;
use http_body::Frame;
use http_body_util::BodyExt;

/// How much of the response the host reads.
#[derive(PartialEq)]
enum Host {
    ReadsAll,
    ReadsChunks(usize),
    DropsTheCall,
}

async fn entries(app: impl App, request: http::request::Builder, host: Host) -> Vec<AccessEntry> {
    let entries = Arc::new(Mutex::new(Vec::new()));
    let sink = entries.clone();
    let app = app
        .access_log()
        .write_to(move |entry| sink.lock().unwrap().push(entry.clone()));
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let gateway = Gateway::new(app.boxed());
    let mut environ = gateway.environ(parts, Input::empty());
    environ.set_connection(Connection::new().with_peer_addr("192.0.2.7:4711".parse().unwrap()));
    environ.set_var(const { VarName::new("REMOTE_USER") }, "a d\"a");
    let mut handling = Box::pin(gateway.handle(environ));
    if host == Host::DropsTheCall {
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(handling.as_mut().poll(&mut cx).is_pending());
        drop(handling);
    } else {
        let mut body = handling.await.into_body();
        match host {
            Host::ReadsChunks(count) => {
                for _ in 0..count {
                    body.frame().await.unwrap().unwrap();
                }
            }
            _ => drop(body.collect().await),
        }
    }
    std::mem::take(&mut *entries.lock().unwrap())
}

async fn entry(app: impl App, request: http::request::Builder, host: Host) -> AccessEntry {
    let mut entries = entries(app, request, host).await;
    assert_eq!(entries.len(), 1, "one line for each request");
    entries.remove(0)
}

fn streaming(chunks: &'static [&'static str], length: Option<&'static str>) -> impl App {
    app_fn(move |_, start: StartResponse| async move {
        match length {
            Some(length) => start.start(200, [("content-length", length)])?,
            None => start.start(200, [("content-type", "text/plain")])?,
        }
        Ok(Body::from_chunks(chunks.iter().copied()))
    })
}

fn broken(written: &'static [&'static str], panics: bool) -> impl App {
    app_fn(move |_, start: StartResponse| async move {
        start.start(200, [("content-type", "text/plain")])?;
        Ok(Body::from_producer(move |mut writer| async move {
            for chunk in written {
                writer.write(*chunk).await?;
            }
            if panics {
                panic!("in the body");
            }
            Err(Error::msg("broken"))
        }))
    })
}

/// A name, and what the line of an exchange says: status, bytes, end.
type Row = (&'static str, AccessEntry, Option<u16>, Option<u64>, Ended);

#[tokio::test]
async fn l3_every_end_of_an_exchange_has_its_line() {
    let get = || Request::get("/");
    let rows: Vec<Row> = vec![
        (
            "in hand",
            entry(view(async |_| "hello"), get(), Host::ReadsAll).await,
            Some(200),
            Some(5),
            Ended::Completed,
        ),
        (
            "stream",
            entry(streaming(&["a", "", "bc"], None), get(), Host::ReadsAll).await,
            Some(200),
            Some(3),
            Ended::Completed,
        ),
        (
            "empty",
            entry(view(async |_| ""), get(), Host::ReadsAll).await,
            Some(200),
            Some(0),
            Ended::Completed,
        ),
        (
            "empty stream",
            entry(streaming(&[""], None), get(), Host::ReadsAll).await,
            Some(200),
            Some(0),
            Ended::Completed,
        ),
        (
            "empty, and more declared",
            entry(streaming(&[], Some("3")), get(), Host::ReadsAll).await,
            Some(500),
            None,
            Ended::Completed,
        ),
        (
            "half",
            entry(streaming(&["a", "bc"], None), get(), Host::ReadsChunks(1)).await,
            Some(200),
            Some(1),
            Ended::ClientGone,
        ),
        (
            "all but the end",
            entry(
                streaming(&["a", "bc"], Some("3")),
                get(),
                Host::ReadsChunks(2),
            )
            .await,
            Some(200),
            Some(3),
            Ended::Completed,
        ),
        (
            "half of a length",
            entry(
                streaming(&["a", "bc"], Some("3")),
                get(),
                Host::ReadsChunks(1),
            )
            .await,
            Some(200),
            Some(1),
            Ended::ClientGone,
        ),
        (
            "too long",
            entry(streaming(&["a", "bc"], Some("2")), get(), Host::ReadsAll).await,
            Some(200),
            Some(2),
            Ended::Completed,
        ),
        (
            "too short in hand",
            entry(
                app_fn(|_, start: StartResponse| async move {
                    start.start(200, [("content-length", "9")])?;
                    Ok(Body::from("short"))
                }),
                get(),
                Host::ReadsAll,
            )
            .await,
            Some(500),
            None,
            Ended::Completed,
        ),
        (
            "head",
            entry(view(async |_| "hello"), Request::head("/"), Host::ReadsAll).await,
            Some(200),
            Some(0),
            Ended::Completed,
        ),
        (
            "204",
            entry(view(async |_| ("hello", 204)), get(), Host::ReadsAll).await,
            Some(204),
            Some(0),
            Ended::Completed,
        ),
        (
            "http error",
            entry(
                app_fn(|_, _| async { Err(HttpError::gone().into()) }),
                get(),
                Host::ReadsAll,
            )
            .await,
            Some(410),
            None,
            Ended::Completed,
        ),
        (
            "error",
            entry(
                app_fn(|_, _| async { Err(Error::msg("x")) }),
                get(),
                Host::ReadsAll,
            )
            .await,
            Some(500),
            None,
            Ended::Completed,
        ),
        (
            "no start",
            entry(
                app_fn(|_, _| async { Ok(Body::from("x")) }),
                get(),
                Host::ReadsAll,
            )
            .await,
            Some(500),
            None,
            Ended::Completed,
        ),
        (
            "panic",
            entry(
                view(async |_| -> &str { panic!("in the app") }),
                get(),
                Host::ReadsAll,
            )
            .await,
            Some(500),
            None,
            Ended::Completed,
        ),
        (
            "body error first",
            entry(broken(&[], false), get(), Host::ReadsAll).await,
            Some(500),
            None,
            Ended::Completed,
        ),
        (
            "body panic first",
            entry(broken(&[], true), get(), Host::ReadsAll).await,
            Some(500),
            None,
            Ended::Completed,
        ),
        (
            "body error",
            entry(broken(&["a"], false), get(), Host::ReadsAll).await,
            Some(200),
            Some(1),
            Ended::Aborted,
        ),
        (
            "body panic",
            entry(broken(&["a"], true), get(), Host::ReadsAll).await,
            Some(200),
            Some(1),
            Ended::Aborted,
        ),
        (
            "gone before the answer",
            entry(
                view(async |_| -> &str { std::future::pending().await }),
                get(),
                Host::DropsTheCall,
            )
            .await,
            None,
            None,
            Ended::ClientGone,
        ),
        (
            "gone before the body",
            entry(
                app_fn(|_, start: StartResponse| async move {
                    start.start(200, [("content-type", "text/plain")])?;
                    Ok(Body::from_producer(async |_| std::future::pending().await))
                }),
                get(),
                Host::DropsTheCall,
            )
            .await,
            None,
            None,
            Ended::ClientGone,
        ),
    ];
    for (name, entry, status, bytes, ended) in rows {
        assert_eq!(
            entry.status().map(|status| status.as_u16()),
            status,
            "{name}"
        );
        match bytes {
            Some(bytes) => assert_eq!(entry.bytes(), bytes, "{name}"),
            // A page of the gateway, or nothing.
            None => assert_eq!(entry.bytes() > 0, status.is_some(), "{name}"),
        }
        assert_eq!(entry.ended(), ended, "{name}");
    }
}

/// The line with its moment and duration blanked.
fn line(entry: &AccessEntry, format: LogFormat) -> String {
    let line = entry.display(format).to_string();
    let (open, close) = match format {
        LogFormat::Json => ("\"time\":\"", "\","),
        _ => ("[", "]"),
    };
    let start = line.find(open).unwrap() + open.len();
    let end = start + line[start..].find(close).unwrap();
    let line = format!("{}..{}", &line[..start], &line[end..]);
    match line.split_once("\"seconds\":") {
        Some((before, behind)) => {
            let behind = behind.split_once(',').unwrap().1;
            format!("{before}{behind}")
        }
        None => line,
    }
}

/// A body of one chunk, of a length that nobody knows, which says that it is over behind it.
struct SaysItIsOver(Option<&'static str>);

impl http_body::Body for SaysItIsOver {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Poll::Ready(self.0.take().map(|text| Ok(Frame::data(text.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }
}

#[tokio::test]
async fn l3_a_host_need_not_ask_a_body_that_says_that_it_is_over() {
    let app = app_fn(|_, start: StartResponse| async move {
        start.start(200, [("content-type", "text/plain")])?;
        Ok(Body::new(SaysItIsOver(Some("abc"))))
    });
    let entry = entry(app, Request::get("/"), Host::ReadsChunks(1)).await;
    assert_eq!(entry.ended(), Ended::Completed);
    assert_eq!(entry.bytes(), 3);
}

#[tokio::test]
async fn formats_escape_what_clients_send() {
    let request = Request::get("/a%0Ab?secret=x")
        .header("referer", "http://x/\"\\")
        .header("user-agent", &b"a\tb\xE9\xC3\xA9"[..]);
    let entry = entry(view(async |_| "hello"), request, Host::ReadsAll).await;
    assert_eq!(entry.path(), "/a%0Ab");
    let common = "192.0.2.7 - a\\x20d\\\"a [..] \"GET /a%0Ab?secret=x HTTP/1.1\" 200 5";
    assert_eq!(line(&entry, LogFormat::Common), common);
    assert_eq!(
        line(&entry, LogFormat::Combined),
        format!("{common} \"http://x/\\\"\\\\\" \"a\\x09b\\xef\\xbf\\xbd\\xc3\\xa9\"")
    );
    assert_eq!(
        line(&entry, LogFormat::Json),
        "{\"time\":\"..\",\"remote_addr\":\"192.0.2.7\",\"remote_user\":\"a d\\\"a\",\
         \"method\":\"GET\",\"target\":\"/a%0Ab?secret=x\",\"protocol\":\"HTTP/1.1\",\
         \"status\":200,\"bytes\":5,\"referer\":\"http://x/\\\"\\\\\",\
         \"user_agent\":\"a\\u0009b\u{FFFD}\u{e9}\",\"ended\":\"completed\"}"
    );
    let json = entry.display(LogFormat::Json).to_string();
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
    assert!(!format!("{entry:?}").contains("secret"));
}

#[tokio::test]
async fn what_is_not_known_is_a_dash_or_null() {
    let entries = Arc::new(Mutex::new(Vec::new()));
    let sink = entries.clone();
    let app = view(async |_| -> &str { std::future::pending().await })
        .access_log()
        .write_to(move |entry| sink.lock().unwrap().push(entry.clone()));
    let environ = Environ::from_request(Request::new(()));
    let mut asking = Box::pin(app.respond(environ));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(asking.as_mut().poll(&mut cx).is_pending());
    drop(asking);
    let entry = entries.lock().unwrap().remove(0);
    assert_eq!(
        line(&entry, LogFormat::Combined),
        "- - - [..] \"GET / HTTP/1.1\" - - \"-\" \"-\""
    );
    assert!(line(&entry, LogFormat::Json).contains("\"status\":null,\"bytes\":0"));
    assert!(line(&entry, LogFormat::Json).ends_with("\"ended\":\"client_gone\"}"));
}
