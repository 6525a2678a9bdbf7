//! Switches of protocols, driven without a host.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use gateway_core::{
    App, AppExt, Body, Duplex, Ended, Environ, Error, Gateway, HttpError, Input, Outcome, Outgoing,
    RequestSummary, StartResponse, Upgrade, app_fn, view,
};
use http::{Method, Request, Response, StatusCode, Version};
use http_body::Body as _;
use http_body_util::{BodyExt, Full};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

type TestResult = Result<(), Box<dyn std::error::Error>>;

/// A request that offers `echo` and `websocket` on HTTP/1.1.
fn offer() -> http::request::Builder {
    Request::get("/")
        .header("host", "a")
        .header("connection", "keep-alive, Upgrade")
        .header("upgrade", "echo, websocket")
}

fn environ<A: App>(
    gateway: &Gateway<A>,
    request: http::request::Builder,
) -> Result<Environ, http::Error> {
    let (parts, ()) = request.body(())?.into_parts();
    let mut environ = gateway.environ(parts, Input::empty());
    if environ.version() == Version::HTTP_2 {
        environ.offer_extended_connect("websocket");
    } else {
        environ.offer_upgrades(|_| true);
    }
    Ok(environ)
}

/// The extended CONNECT of HTTP/2.
fn extended_connect() -> http::request::Builder {
    Request::builder()
        .method(Method::CONNECT)
        .version(Version::HTTP_2)
        .uri("https://a/chat")
}

async fn ask(
    app: impl App,
    request: http::request::Builder,
) -> Result<Response<Outgoing>, http::Error> {
    let gateway = Gateway::new(app);
    Ok(gateway.handle(environ(&gateway, request)?).await)
}

async fn text(response: Response<Outgoing>) -> Result<String, Box<dyn std::error::Error>> {
    let bytes = response.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(bytes.to_vec())?)
}

/// Runs the switch of a response; the client's end comes back.
fn run(
    response: &mut Response<Outgoing>,
) -> Result<(DuplexStream, impl Future<Output = bool> + use<>), &'static str> {
    let upgrade = response.body_mut().take_upgrade().ok_or("no switch")?;
    let (client, server) = tokio::io::duplex(64);
    let running = async move { upgrade.run(Duplex::from_tokio(server)).await.is_ok() };
    Ok((client, running))
}

async fn echo(mut stream: Duplex) -> Result<(), Error> {
    let mut buffer = [0; 16];
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..read]).await?;
    }
}

fn switching(protocol: &'static str) -> impl App {
    view(move |_: Environ| async move { Body::upgrade(protocol, echo) })
}

fn names(environ: &Environ) -> Vec<&str> {
    environ.upgrades().collect()
}

#[test]
fn u2_nothing_is_offered_without_its_conditions() -> TestResult {
    let offered = |request: Request<&'static str>| {
        let mut environ = Environ::from_request(request);
        environ.offer_upgrades(|_| true);
        names(&environ).join(" ")
    };
    assert_eq!(offered(offer().body("")?), "echo websocket");
    assert_eq!(
        offered(offer().header("content-length", "0").body("")?),
        "echo websocket"
    );
    assert_eq!(offered(offer().method("POST").body("")?), "echo");
    assert_eq!(offered(offer().version(Version::HTTP_10).body("")?), "");
    assert_eq!(offered(offer().version(Version::HTTP_2).body("")?), "");
    assert_eq!(offered(offer().body("bytes")?), "");
    assert_eq!(offered(offer().header("content-length", "5").body("")?), "");
    assert_eq!(
        offered(offer().header("transfer-encoding", "chunked").body("")?),
        ""
    );
    let without_option = Request::get("/").header("upgrade", "echo");
    assert_eq!(offered(without_option.body("")?), "");
    let other_option = Request::get("/")
        .header("upgrade", "echo")
        .header("connection", "close");
    assert_eq!(offered(other_option.body("")?), "");
    let malformed = Request::get("/")
        .header("connection", "upgrade")
        .header("upgrade", "a b, , h2c/2, x/y/z, \u{e9}, IRC")
        .header("upgrade", "late");
    assert_eq!(offered(malformed.body("")?), "h2c/2 IRC late");
    Ok(())
}

#[test]
fn u1_only_what_the_host_can_is_offered() -> TestResult {
    let mut environ = Environ::from_request(offer().body(())?);
    environ.offer_upgrades(|protocol| protocol == "websocket");
    assert_eq!(names(&environ), ["websocket"]);
    assert!(environ.offers_upgrade("WebSocket") && !environ.offers_upgrade("echo"));
    environ.withdraw_upgrades();
    assert_eq!(names(&environ), [""; 0]);
    Ok(())
}

#[test]
fn u2_an_extended_connect_is_a_get_that_offers_websocket() -> TestResult {
    let mut environ = Environ::from_request(extended_connect().body(())?);
    environ.offer_extended_connect("websocket");
    assert_eq!(
        (environ.request_method(), names(&environ)),
        (&Method::GET, vec!["websocket"])
    );

    let mut other = Environ::from_request(extended_connect().body(())?);
    other.offer_extended_connect("connect-udp");
    assert_eq!(
        (other.request_method(), names(&other).len()),
        (&Method::CONNECT, 0)
    );

    let mut get = Environ::from_request(extended_connect().method("GET").body(())?);
    get.offer_extended_connect("websocket");
    assert_eq!(names(&get).len(), 0);
    Ok(())
}

#[tokio::test]
async fn e14_a_connect_for_another_protocol_is_refused() -> TestResult {
    let gateway = Gateway::new(view(async |_| "called"));
    let (parts, ()) = extended_connect().body(())?.into_parts();
    let mut environ = gateway.environ(parts, Input::empty());
    environ.offer_extended_connect("connect-udp");
    assert_eq!(gateway.handle(environ).await.status(), 501);
    Ok(())
}

#[tokio::test]
async fn u5_the_head_is_what_the_version_asks_for() -> TestResult {
    let app = || {
        view(async |_: Environ| {
            let body = Body::upgrade("websocket", echo);
            (body, [("content-length", "3"), ("x-kept", "1")])
        })
    };
    let response = ask(app(), offer()).await?;
    assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
    let mut fields: Vec<_> = response
        .headers()
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    fields.sort_unstable();
    assert_eq!(fields, ["connection", "upgrade", "x-kept"]);
    assert_eq!(response.headers()["connection"], "upgrade");
    assert_eq!(response.headers()["upgrade"], "websocket");

    let response = ask(app(), extended_connect()).await?;
    assert_eq!(response.status(), 200);
    let fields: Vec<_> = response
        .headers()
        .keys()
        .map(|name| name.as_str())
        .collect();
    assert_eq!(fields, ["x-kept"]);
    Ok(())
}

#[tokio::test]
async fn u6_the_app_has_the_stream_once_the_host_runs_it() -> TestResult {
    let mut response = ask(switching("echo"), offer()).await?;
    assert!(response.body().is_end_stream() && response.body().size_hint().exact().is_none());
    let (mut client, running) = run(&mut response)?;
    let speak = async {
        client.write_all(b"hello").await?;
        client.shutdown().await?;
        let mut all = Vec::new();
        client.read_to_end(&mut all).await?;
        Ok::<_, std::io::Error>(all)
    };
    let (is_ok, heard) = tokio::join!(running, speak);
    assert!(is_ok);
    assert_eq!(heard?, b"hello");
    assert!(response.body_mut().take_upgrade().is_none());
    Ok(())
}

#[tokio::test]
async fn u3_a_protocol_that_was_not_offered_is_a_500() -> TestResult {
    for protocol in ["other", "", "a b", "echo\r\nx: y"] {
        let mut response = ask(switching(protocol), offer()).await?;
        assert_eq!(response.status(), 500, "{protocol:?}");
        assert!(response.body_mut().take_upgrade().is_none());
        assert!(!response.headers().contains_key("upgrade"));
    }
    let response = ask(switching("echo"), Request::get("/").header("host", "a")).await?;
    assert_eq!(response.status(), 500);
    Ok(())
}

#[tokio::test]
async fn u3_an_offer_that_was_withdrawn_is_none() -> TestResult {
    let inner = Arc::new(switching("echo"));
    let app = app_fn(move |mut environ: Environ, start_response| {
        let inner = inner.clone();
        async move {
            environ.withdraw_upgrades();
            inner.call(environ, start_response).await
        }
    });
    assert_eq!(ask(app, offer()).await?.status(), 500);
    Ok(())
}

#[tokio::test]
async fn u4_a_switch_and_its_status_belong_together() -> TestResult {
    let other_status = view(async |_: Environ| (Body::upgrade("echo", echo), 200));
    assert_eq!(ask(other_status, offer()).await?.status(), 500);
    let no_switch = view(async |_: Environ| ("text", 101));
    assert_eq!(ask(no_switch, offer()).await?.status(), 500);
    let late = app_fn(async |_, _: StartResponse| Ok(Body::upgrade("echo", echo)));
    assert_eq!(ask(late, offer()).await?.status(), 500);
    let replaced = app_fn(async |_, start_response: StartResponse| {
        start_response.start(101, [("x", "1")])?;
        Ok(Body::upgrade("echo", echo).with_bytes("other"))
    });
    assert_eq!(ask(replaced, offer()).await?.status(), 500);
    // An error has a page, which switches nothing.
    let error = app_fn(async |_, _| Err(HttpError::new(101).into()));
    assert_eq!(ask(error, offer()).await?.status(), 500);
    Ok(())
}

#[tokio::test]
async fn u4_a_restart_takes_the_switch_back() -> TestResult {
    let app = app_fn(async |_, start_response: StartResponse| {
        let _switch = start_response.send(
            Response::builder()
                .status(101)
                .body(Body::upgrade("echo", echo))?,
        )?;
        start_response.restart(403, [("x", "1")], Error::msg("changed its mind"))?;
        Ok(Body::from("no"))
    });
    let response = ask(app, offer()).await?;
    assert_eq!(response.status(), 403);
    assert_eq!(text(response).await?, "no");
    Ok(())
}

#[tokio::test]
async fn u7_a_2xx_would_be_a_dead_tunnel() -> TestResult {
    let response = ask(view(async |_| "a page"), extended_connect()).await?;
    assert_eq!(response.status(), 502);
    assert!(text(response).await?.contains("Bad Gateway"));
    let response = ask(view(async |_| ("no", 403)), extended_connect()).await?;
    assert_eq!(response.status(), 403);
    assert_eq!(text(response).await?, "no");
    // On HTTP/1 it declines.
    let response = ask(view(async |_| "a page"), offer()).await?;
    assert_eq!(response.status(), 200);
    assert_eq!(text(response).await?, "a page");
    Ok(())
}

#[tokio::test]
async fn u13_a_middleware_that_wraps_bodies_passes_a_switch() -> TestResult {
    let app = app_fn(async |_, start_response: StartResponse| {
        start_response.start(101, [("x", "1")])?;
        let body = Body::upgrade("echo", echo).on_close(|| ());
        assert_eq!(body.upgrade_protocol(), Some("echo"));
        assert!(body.known_len().is_none() && body.buffered().is_none());
        Ok(body.wrap(|body| body.map_err(|error| error)).commit_early())
    });
    let mut response = ask(app, offer()).await?;
    assert_eq!(response.status(), 101);
    assert!(response.body_mut().take_upgrade().is_some());
    Ok(())
}

#[tokio::test]
async fn u13_reading_a_switch_is_an_error() -> TestResult {
    assert!(Body::upgrade("echo", echo).buffer(1024).await.is_err());
    assert!(Body::upgrade("echo", echo).bytes().await.is_err());
    let app = app_fn(async |_, start_response: StartResponse| {
        start_response.start(101, [("x", "1")])?;
        Ok(Body::upgrade("echo", echo).buffer(1024).await?)
    });
    assert_eq!(ask(app, offer()).await?.status(), 500);
    Ok(())
}

#[tokio::test]
async fn u13_a_switch_passes_through_respond_and_hooks() -> TestResult {
    let inner = Arc::new(switching("echo"));
    let app = app_fn(move |environ: Environ, start_response: StartResponse| {
        let inner = inner.clone();
        async move {
            let start_response = start_response.wrap(|status, headers| {
                assert_eq!(*status, 101);
                headers.insert("x-hook", http::HeaderValue::from_static("1"));
            });
            start_response.send(inner.respond(environ).await?)
        }
    });
    let mut response = ask(app, offer()).await?;
    assert_eq!(response.status(), 101);
    assert_eq!(response.headers()["x-hook"], "1");
    let (client, running) = run(&mut response)?;
    drop(client);
    assert!(running.await);
    Ok(())
}

/// Notes what happens, in order.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn note(&self, what: impl Into<String>) {
        if let Ok(mut notes) = self.0.lock() {
            notes.push(what.into());
        }
    }

    fn take(&self) -> Vec<String> {
        self.0
            .lock()
            .map(|mut notes| std::mem::take(&mut *notes))
            .unwrap_or_default()
    }
}

/// An app whose switch ends as `run` does, in a gateway that notes what becomes of it.
fn noted<F, Fut>(notes: &Notes, run: F) -> Gateway<impl App>
where
    F: Fn(Duplex) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Error>> + Send + 'static,
{
    let (closed, observed) = (notes.clone(), notes.clone());
    let app = view(move |_: Environ| {
        let (closed, run) = (closed.clone(), run.clone());
        async move { Body::upgrade("echo", run).on_close(move || closed.note("closed")) }
    });
    Gateway::new(app).with_observer(move |_: &RequestSummary, outcome: &Outcome| {
        let status = outcome.status().map_or(0, |status| status.as_u16());
        observed.note(format!(
            "{status} {:?} {:?}",
            outcome.ended(),
            outcome.clause()
        ));
    })
}

#[tokio::test]
async fn u14_callbacks_and_observers_wait_for_the_end() -> TestResult {
    let notes = Notes::default();
    let gateway = noted(&notes, echo);
    let mut response = gateway.handle(environ(&gateway, offer())?).await;
    let (client, running) = run(&mut response)?;
    drop(response);
    assert_eq!(notes.take(), [""; 0]);
    drop(client);
    assert!(running.await);
    assert_eq!(
        notes.take(),
        [
            "closed".to_owned(),
            format!("101 {:?} None", Ended::Completed)
        ]
    );
    Ok(())
}

#[tokio::test]
async fn u9_an_error_and_a_panic_are_told() -> TestResult {
    let fails = |_| async { Err(Error::msg("broken")) };
    let panics = |stream: Duplex| async move { if true { panic!("{stream:?}") } else { Ok(()) } };
    let notes = Notes::default();
    let aborted = |clause| {
        let ended = Ended::Aborted;
        vec![
            "closed".to_owned(),
            format!("101 {ended:?} {:?}", Some(clause)),
        ]
    };

    let gateway = noted(&notes, fails);
    let mut response = gateway.handle(environ(&gateway, offer())?).await;
    assert!(!run(&mut response)?.1.await);
    assert_eq!(notes.take(), aborted("U9"));

    let gateway = noted(&notes, panics);
    let mut response = gateway.handle(environ(&gateway, offer())?).await;
    assert!(!run(&mut response)?.1.await);
    assert_eq!(notes.take(), aborted("B9"));
    Ok(())
}

#[tokio::test]
async fn l3_a_client_that_resets_is_no_fault_of_the_app() -> TestResult {
    let reset = |_| async {
        let error = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        Err(std::io::Error::other(error).into())
    };
    let notes = Notes::default();
    let gateway = noted(&notes, reset);
    let mut response = gateway.handle(environ(&gateway, offer())?).await;
    assert!(!run(&mut response)?.1.await);
    let expected = [
        "closed".to_owned(),
        format!("101 {:?} None", Ended::ClientGone),
    ];
    assert_eq!(notes.take(), expected);
    Ok(())
}

#[tokio::test]
async fn l1_a_switch_that_is_not_run_is_closed() -> TestResult {
    let notes = Notes::default();
    let gateway = noted(&notes, echo);
    drop(gateway.handle(environ(&gateway, offer())?).await);
    let gone = [
        "closed".to_owned(),
        format!("101 {:?} None", Ended::ClientGone),
    ];
    assert_eq!(notes.take(), gone);
    // Nor is one that is dropped while it runs.
    let mut response = gateway.handle(environ(&gateway, offer())?).await;
    let (_client, running) = run(&mut response)?;
    let mut running = Box::pin(running);
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(running.as_mut().poll(&mut cx).is_pending());
    gateway.begin_cutting();
    drop(running);
    assert_eq!(
        notes.take(),
        ["closed".to_owned(), format!("101 {:?} None", Ended::Cut)]
    );
    Ok(())
}

#[tokio::test]
async fn u12_the_app_hears_of_a_shutdown() -> TestResult {
    let farewell = |mut stream: Duplex| async move {
        stream.closing().await;
        stream.write_all(b"bye").await?;
        Ok(())
    };
    let gateway = noted(&Notes::default(), farewell);
    let mut response = gateway.handle(environ(&gateway, offer())?).await;
    let (mut client, running) = run(&mut response)?;
    let mut heard = String::new();
    let listen = async { client.read_to_string(&mut heard).await };
    let shut_down = async { gateway.shutdown_signal().begin() };
    let (is_ok, listened, ()) = tokio::join!(running, listen, shut_down);
    assert!(is_ok);
    assert_eq!(listened?, 3);
    assert_eq!(heard, "bye");
    Ok(())
}

#[tokio::test]
async fn l4_an_app_hears_of_a_shutdown_before_it_answers() -> TestResult {
    let app = view(async |mut environ: Environ| {
        environ.closing().await;
        "closing"
    });
    let gateway = Gateway::new(app);
    let handled = gateway.handle(environ(&gateway, Request::get("/").header("host", "a"))?);
    gateway.shutdown_signal().begin();
    assert_eq!(text(handled.await).await?, "closing");
    Ok(())
}

#[tokio::test]
async fn u14_nothing_of_the_environ_is_used_again_while_it_runs() -> TestResult {
    let runs = Arc::new(AtomicUsize::new(0));
    let count = runs.clone();
    let app = view(move |environ: Environ| {
        let count = count.clone();
        async move {
            Body::upgrade("echo", move |_| async move {
                assert_eq!(environ.path_info(), "/kept");
                count.fetch_add(1, SeqCst);
                Ok(())
            })
        }
    });
    let gateway = Gateway::new(app);
    let mut response = gateway
        .handle(environ(&gateway, offer().uri("/kept"))?)
        .await;
    for _ in 0..3 {
        drop(
            gateway
                .handle(environ(&gateway, offer().uri("/other"))?)
                .await,
        );
    }
    assert!(run(&mut response)?.1.await);
    assert_eq!(runs.load(SeqCst), 1);
    Ok(())
}

#[tokio::test]
async fn l5_the_offers_of_one_request_are_not_those_of_the_next() -> TestResult {
    let gateway = Gateway::new(switching("echo"));
    drop(gateway.handle(environ(&gateway, offer())?).await);
    let plain = environ(&gateway, Request::get("/").header("host", "a"))?;
    assert_eq!(names(&plain).len(), 0);
    assert_eq!(gateway.handle(plain).await.status(), 500);
    Ok(())
}

#[tokio::test]
async fn a_switch_is_taken_out_of_a_body_in_process() -> TestResult {
    let response = switching("echo")
        .respond(Environ::from_request(offer().body(())?))
        .await?;
    let upgrade = Upgrade::from_body(response.into_body()).map_err(|_| "no switch")?;
    assert_eq!(upgrade.protocol(), "echo");
    let (client, server) = tokio::io::duplex(64);
    drop(client);
    upgrade.run(Duplex::from_tokio(server)).await?;
    assert!(Upgrade::from_body(Body::new(Full::new(Bytes::from("bytes")))).is_err());
    Ok(())
}

#[tokio::test]
async fn u8_a_stream_that_the_app_drops_ends_before_the_app_s_part() -> TestResult {
    let (go, wait) = tokio::sync::oneshot::channel::<()>();
    let wait = Arc::new(Mutex::new(Some(wait)));
    let app = view(move |_: Environ| {
        let wait = wait.clone();
        async move {
            Body::upgrade("echo", move |stream: Duplex| async move {
                drop(stream);
                let wait = wait.lock().ok().and_then(|mut wait| wait.take());
                Ok(wait.ok_or_else(|| Error::msg("it was run twice"))?.await?)
            })
        }
    });
    let mut response = ask(app, offer()).await?;
    let (mut client, running) = run(&mut response)?;
    let running = tokio::spawn(running);
    assert_eq!(client.read(&mut [0; 1]).await?, 0);
    assert!(!running.is_finished());
    assert!(go.send(()).is_ok());
    assert!(running.await?);
    Ok(())
}
