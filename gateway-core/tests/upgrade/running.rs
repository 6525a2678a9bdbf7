//! What happens while the app has the stream, and behind it (U8, U9, U12, U14).

use super::*;

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
