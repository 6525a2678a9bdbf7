//! The app's startup and shutdown around a server (L9, L10).
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what the tests have in common may fail like a test"
)]

mod support;

use std::time::Duration;

use adapter_hyper::Server;
use gateway_conformance::wire::http1;
use gateway_core::{App, Body, Environ, Error, StartResponse};
use support::{reports, start_with, within};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

/// An app that tells what becomes of it.
struct Told {
    sender: UnboundedSender<&'static str>,
    /// Its startup waits for this.
    ready: watch::Receiver<bool>,
    fails: &'static str,
}

impl App for Told {
    async fn call(&self, _: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let sender = self.sender.clone();
        let _ = sender.send("called");
        start_response.start(200, [("content-type", "text/plain")])?;
        Ok(Body::from("hello").on_close(move || {
            let _ = sender.send("closed");
        }))
    }

    async fn startup(&self) -> Result<(), Error> {
        let _ = self.sender.send("startup");
        self.ready.clone().wait_for(|is_ready| *is_ready).await?;
        let _ = self.sender.send("started");
        if self.fails == "startup" {
            return Err(Error::msg("no database"));
        }
        Ok(())
    }

    async fn shutdown(&self) -> Result<(), Error> {
        let _ = self.sender.send("shutdown");
        match self.fails {
            "shutdown" => Err(Error::msg("not flushed")),
            "never" => std::future::pending().await,
            _ => Ok(()),
        }
    }
}

#[tokio::test]
async fn l9_no_request_is_served_before_the_startup_has_ended() {
    let (sender, mut told) = reports();
    let (be_ready, ready) = watch::channel(false);
    let app = Told {
        sender,
        ready,
        fails: "",
    };
    let mut server = start_with(app, |server| server).await;
    assert_eq!(told.next().await, "startup");
    // The client waits in the listener's queue.
    let mut client = http1::Http1Connection::open(server.addr).await.unwrap();
    client
        .send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .unwrap();
    be_ready.send(true).unwrap();
    let response = client.read_response("GET").await.unwrap();
    assert_eq!(response.text(), "hello");
    server.tell();
    server.ended().await;
    let rest = told.rest().await;
    assert_eq!(rest, ["started", "called", "closed", "shutdown"]);
}

async fn serve(fails: &'static str, deadline: Duration) -> std::io::Result<()> {
    let (sender, _told) = reports();
    let (_be_ready, ready) = watch::channel(true);
    let app = Told {
        sender,
        ready,
        fails,
    };
    let server = Server::bind("127.0.0.1:0")
        .await?
        .shutdown_deadline(deadline);
    let serving = server.serve_until(app, async {
        // The startup has its turn first.
        tokio::task::yield_now().await;
    });
    within("the end of the server", serving).await
}

#[tokio::test]
async fn l9_l10_an_error_of_the_app_is_the_server_s() {
    let long = Duration::from_secs(3600);
    assert!(serve("", long).await.is_ok());
    assert_eq!(
        serve("startup", long).await.unwrap_err().to_string(),
        "no database"
    );
    assert_eq!(
        serve("shutdown", long).await.unwrap_err().to_string(),
        "not flushed"
    );
}

#[tokio::test]
async fn l10_a_shutdown_that_does_not_end_is_dropped_at_the_deadline() {
    let error = serve("never", Duration::from_millis(10)).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
}

#[tokio::test]
async fn l10_the_shutdown_waits_for_the_last_exchange() {
    let (sender, mut told) = reports();
    let (_be_ready, ready) = watch::channel(true);
    let app = Told {
        sender,
        ready,
        fails: "",
    };
    let mut server = start_with(app, |server| server).await;
    let mut client = TcpStream::connect(server.addr).await.unwrap();
    client
        .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n")
        .await
        .unwrap();
    assert_eq!(told.next().await, "startup");
    assert_eq!(told.next().await, "started");
    server.tell();
    client.write_all(b"\r\n").await.unwrap();
    server.ended().await;
    assert_eq!(told.rest().await, ["called", "closed", "shutdown"]);
}
