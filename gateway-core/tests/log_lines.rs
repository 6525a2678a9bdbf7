//! What the driver logs of a response, and how often.
#![cfg(feature = "tracing")]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use gateway_core::{
    App, Body, Environ, Error, Gateway, HttpError, Input, Observer, Outcome, RequestSummary, app_fn,
};
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

/// An observer that does something around each line of the log.
struct Around(fn(&mut dyn FnMut()));

impl Observer for Around {
    fn observe(&self, _: &RequestSummary, _: &Outcome) {}

    fn in_scope(&self, log: &mut dyn FnMut()) {
        (self.0)(log);
    }
}

/// What is logged of a failed app that has these observers.
async fn log_around(observers: &'static [fn(&mut dyn FnMut())]) -> String {
    log_of(app_fn(move |mut environ: Environ, _| async move {
        for around in observers {
            environ.observe(Arc::new(Around(*around)));
        }
        Err(Error::msg("the cause"))
    }))
    .await
}

#[tokio::test]
async fn l8_observers_surround_a_line_in_the_order_of_registration() {
    let log = log_around(&[
        |log| {
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

#[tokio::test]
async fn l8_an_observer_neither_loses_nor_doubles_a_line() {
    for around in [
        &[(|_| ()) as fn(&mut dyn FnMut())],
        &[|log: &mut dyn FnMut()| {
            log();
            log();
        }],
        &[|_: &mut dyn FnMut()| panic!("oh no")],
        &[|log: &mut dyn FnMut()| {
            log();
            panic!("oh no");
        }],
    ] as [&'static [_]; 4]
    {
        let log = log_around(around).await;
        assert_eq!(log.matches("the cause").count(), 1, "{log}");
        assert_eq!(log.matches("oh no").count(), log.matches("B9").count());
    }
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
