//! The app's startup and shutdown around the server (L9, L10).
#![cfg(feature = "server")]

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adapter_cgi::{CgiProtocol, CgiServer};
use gateway_core::{App, Body, Environ, Error, StartResponse};

/// An app that notes its lifespan, and fails where it is told.
#[derive(Clone, Default)]
struct Noted {
    notes: Arc<Mutex<Vec<&'static str>>>,
    fails: &'static str,
}

impl Noted {
    fn failing(at: &'static str) -> Self {
        Self {
            fails: at,
            ..Self::default()
        }
    }

    fn step(&self, step: &'static str) -> Result<(), Error> {
        if let Ok(mut notes) = self.notes.lock() {
            notes.push(step);
        }
        match self.fails {
            fails if fails == step => Err(Error::msg(format!("{step} failed"))),
            _ => Ok(()),
        }
    }

    fn notes(&self) -> Vec<&'static str> {
        self.notes
            .lock()
            .map(|notes| notes.clone())
            .unwrap_or_default()
    }
}

impl App for Noted {
    async fn call(&self, _: Environ, start_response: StartResponse) -> Result<Body, Error> {
        start_response.start(200, [("content-type", "text/plain")])?;
        Ok(Body::from("hello"))
    }

    async fn startup(&self) -> Result<(), Error> {
        self.step("startup")
    }

    async fn shutdown(&self) -> Result<(), Error> {
        self.step("shutdown")?;
        if self.fails == "never" {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

async fn serve(app: &Noted, deadline: Duration) -> io::Result<()> {
    let server = CgiServer::bind(CgiProtocol::FastCgi, "127.0.0.1:0").await?;
    let stop = async {
        // The startup has its turn first.
        tokio::task::yield_now().await;
    };
    server
        .shutdown_deadline(deadline)
        .serve_until(Arc::new(app.clone()), stop)
        .await
}

#[tokio::test]
async fn l9_l10_the_app_is_started_and_shut_down_once() -> io::Result<()> {
    let app = Noted::default();
    serve(&app, Duration::from_secs(60)).await?;
    assert_eq!(app.notes(), ["startup", "shutdown"]);
    Ok(())
}

#[tokio::test]
async fn l9_l10_an_error_of_the_app_is_the_server_s() {
    let app = Noted::failing("startup");
    let error = serve(&app, Duration::from_secs(60)).await.err();
    assert_eq!(
        error.map(|error| error.to_string()).as_deref(),
        Some("startup failed")
    );
    assert_eq!(app.notes(), ["startup"]);

    let app = Noted::failing("shutdown");
    let error = serve(&app, Duration::from_secs(60)).await.err();
    assert_eq!(
        error.map(|error| error.to_string()).as_deref(),
        Some("shutdown failed")
    );
}

#[tokio::test]
async fn l10_a_shutdown_that_does_not_end_is_dropped_at_the_deadline() {
    let app = Noted::failing("never");
    let error = serve(&app, Duration::from_millis(10)).await.err();
    assert_eq!(
        error.map(|error| error.kind()),
        Some(io::ErrorKind::TimedOut)
    );
}
