//! What the driver logs of a response, and how often.
#![cfg(feature = "tracing")]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::{self, Write};
use std::sync::{Arc, Mutex, mpsc};

use bytes::Bytes;
use gateway_core::{
    App, Body, Environ, Error, Gateway, HttpError, Input, Observer, Outcome, RequestSummary, app_fn,
};
use http::StatusCode;
use http_body_util::BodyExt;

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

/// The log lines of one GET, its body read to the end.
async fn log_of(app: impl App) -> String {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .with_max_level(tracing::Level::DEBUG)
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let gateway = Gateway::new(app);
    let (parts, ()) = http::Request::new(()).into_parts();
    let response = gateway.handle(gateway.environ(parts, Input::empty())).await;
    let _ = response.into_body().collect().await;
    drop(guard);
    String::from_utf8(std::mem::take(&mut *log.0.lock().unwrap())).unwrap()
}

#[tokio::test]
async fn b5_a_cut_is_logged_once() {
    let bodies: [fn() -> Body; 3] = [
        || Body::from("hello"),
        || Body::from_chunks(["hel", "lo"]),
        // A stream whose length is known beforehand.
        || Body::from("hello").on_close(|| ()),
    ];
    for body in bodies {
        let log = log_of(app_fn(move |_, start_response| async move {
            start_response.start(200, [("content-length", "2")])?;
            Ok(body())
        }))
        .await;
        assert_eq!(log.matches("clause=\"B5\"").count(), 1, "{log}");
    }
}

#[tokio::test]
async fn b8_an_error_in_mid_stream_is_logged_under_its_rule() {
    let log = log_of(app_fn(|_, start_response| async move {
        start_response.start(200, [("content-type", "text/plain")])?;
        Ok(Body::from_producer(async |mut writer| {
            writer.write("h").await?;
            Err(Error::msg("the cause"))
        }))
    }))
    .await;
    assert!(log.contains("the cause clause=\"B8\""), "{log}");
}

type InScope = fn(&mut dyn FnMut());

/// An observer that does something around each line of the log.
struct Around(InScope);

impl Observer for Around {
    fn observe(&self, _: &RequestSummary, _: &Outcome) {}

    fn in_scope(&self, log: &mut dyn FnMut()) {
        (self.0)(log);
    }
}

/// What is logged of a failed app that has these observers.
async fn log_around<const N: usize>(observers: [InScope; N]) -> String {
    log_of(app_fn(move |mut environ: Environ, _| async move {
        for around in observers {
            environ.observe(Arc::new(Around(around)));
        }
        Err(Error::msg("the cause"))
    }))
    .await
}

#[tokio::test]
async fn l8_observers_surround_a_line_in_the_order_of_registration() {
    let log = log_around([
        |log: &mut dyn FnMut()| {
            tracing::info!("outer begins");
            log();
            tracing::info!("outer ends");
        },
        |log| {
            tracing::info!("inner begins");
            log();
        },
    ])
    .await;
    let at = |text| log.find(text).unwrap_or_else(|| panic!("{text}: {log}"));
    let places = ["outer begins", "inner begins", "the cause", "outer ends"].map(at);
    assert!(places.is_sorted(), "{log}");
}

fn names_it(log: &mut dyn FnMut()) {
    tracing::info_span!("request").in_scope(log);
}

#[tokio::test]
async fn l8_an_observer_neither_loses_nor_doubles_a_line_nor_the_scope_of_another() {
    let careless: [(InScope, usize); 4] = [
        (|_| (), 0),
        (
            |log| {
                log();
                log();
            },
            0,
        ),
        (|_| panic!("oh no"), 1),
        (
            |log| {
                log();
                panic!("oh no");
            },
            1,
        ),
    ];
    for (careless, panics) in careless {
        for observers in [[careless, names_it], [names_it, careless]] {
            let log = log_around(observers).await;
            let lines: Vec<&str> = log.lines().collect();
            let told = lines.iter().filter(|line| line.contains("the cause"));
            let told: Vec<_> = told.collect();
            assert_eq!(told.len(), 1, "{log}");
            assert!(told[0].contains("request: gateway: "), "{log}");
            let panicked = lines.iter().filter(|line| line.contains("oh no"));
            assert_eq!(panicked.count(), panics, "{log}");
            assert_eq!(log.matches("clause=\"B9\"").count(), panics, "{log}");
        }
    }
}

/// An error whose own head must not be sent is a fault of the app.
#[tokio::test]
async fn l8_an_http_error_that_cannot_be_sent_is_told_with_its_clause() {
    let short = http::Response::builder()
        .status(418)
        .header("content-length", "9")
        .body(Bytes::from_static(b"short"))
        .unwrap();
    let error = HttpError::from_response(short);
    let (sender, outcomes) = mpsc::channel();
    let gateway =
        Gateway::new(error).with_observer(move |_: &RequestSummary, outcome: &Outcome| {
            let _ = sender.send((outcome.status(), outcome.clause()));
        });
    let (parts, ()) = http::Request::new(()).into_parts();
    drop(gateway.handle(gateway.environ(parts, Input::empty())).await);
    let outcome = outcomes.try_recv().unwrap();
    assert_eq!(
        outcome,
        (Some(StatusCode::INTERNAL_SERVER_ERROR), Some("B5"))
    );
}

/// The source of an error that a client can cause at will does not fill the log.
#[tokio::test]
async fn n6_the_level_of_a_source_is_that_of_its_status() {
    for (status, level) in [
        (400, "DEBUG"),
        (404, "DEBUG"),
        (500, "ERROR"),
        (503, "ERROR"),
    ] {
        let error = HttpError::new(status).with_source("the cause");
        let log = log_of(error).await;
        let line = log.lines().find(|line| line.contains("the cause"));
        let line = line.unwrap_or_else(|| panic!("{status}: no line in {log}"));
        assert!(line.contains(level), "{status}: {line}");
        assert!(line.contains("gateway: "), "{status}: {line}");
    }
}
