//! How a stream ends, and what is told of it.

use std::sync::Arc;

use adapter_actix::ActixService;
use gateway_core::{App, Body, Duplex, Ended, Environ, Error, Outcome, RequestSummary, view};
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc::{self, UnboundedReceiver};

use crate::server::Server;

use super::client::{Client, Dropped, serve, soon};

/// An app that switches, noted: `run` ends, its body is closed, its exchange is observed.
fn noted<F, Fut>(run: F) -> (Server, UnboundedReceiver<String>)
where
    F: Fn(Duplex) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Error>> + Send + 'static,
{
    let (notes, noted) = mpsc::unbounded_channel();
    let observed = notes.clone();
    let app = view(move |_: Environ| {
        let (run, over, closed) = (run.clone(), notes.clone(), notes.clone());
        async move {
            let run = async move |stream| {
                let result = run(stream).await;
                let _ = over.send("over".to_owned());
                result
            };
            Body::upgrade("websocket", run).on_close(move || {
                let _ = closed.send("closed".to_owned());
            })
        }
    });
    let server = observed_by(app, move |outcome| {
        let status = outcome.status().map(|status| status.as_u16());
        let _ = observed.send(format!(
            "{status:?} {:?} {:?}",
            outcome.ended(),
            outcome.clause()
        ));
    });
    (server, noted)
}

fn observed_by(app: impl App, observe: impl Fn(&Outcome) + Send + Sync + 'static) -> Server {
    let service = ActixService::new(app)
        .with_observer(move |_: &RequestSummary, outcome: &Outcome| observe(outcome));
    Server::start(move |config| {
        config.service(service.clone().mount(""));
    })
}

async fn next(noted: &mut UnboundedReceiver<String>) -> String {
    soon(noted.recv()).await.unwrap()
}

fn told(ended: Ended, clause: Option<&str>) -> String {
    format!("{:?} {ended:?} {clause:?}", Some(101))
}

#[tokio::test]
async fn u8_u14_the_end_of_the_app_s_part_ends_the_stream() {
    let (server, mut noted) = noted(async |mut stream: Duplex| {
        stream.write_all(b"bye").await?;
        Ok(())
    });
    let mut client = Client::switched(&server).await;
    assert_eq!(client.rest().await, "bye");
    assert_eq!(next(&mut noted).await, "over");
    assert_eq!(next(&mut noted).await, "closed");
    assert_eq!(next(&mut noted).await, told(Ended::Completed, None));
    // Once: the next notes are those of the next exchange.
    let mut client = Client::switched(&server).await;
    assert_eq!(client.rest().await, "bye");
    assert_eq!(next(&mut noted).await, "over");
}

/// More than the slot, actix's buffer and the socket's hold at once.
#[tokio::test]
async fn u8_all_that_was_written_is_sent_before_the_end() {
    let server = serve(async |mut stream: Duplex| {
        for _ in 0..100 {
            stream.write_all(&[b'x'; 64 * 1024]).await?;
        }
        Ok(())
    });
    let mut client = Client::switched(&server).await;
    assert_eq!(client.rest().await.len(), 100 * 64 * 1024);
}

/// The app's end ends both directions: actix cannot close one of them.
#[tokio::test]
async fn u10_an_app_that_ends_its_direction_reads_the_end() {
    let (server, mut noted) = noted(async |mut stream: Duplex| {
        stream.write_all(b"bye").await?;
        stream.shutdown().await?;
        assert!(stream.write_all(b"late").await.is_err());
        let mut buffer = [0; 64];
        while stream.read(&mut buffer).await? > 0 {}
        Ok(())
    });
    let mut client = Client::switched(&server).await;
    client.send("hello").await;
    // The client leaves its own direction open.
    assert_eq!(client.rest().await, "bye");
    assert_eq!(next(&mut noted).await, "over");
    assert_eq!(next(&mut noted).await, "closed");
    assert_eq!(next(&mut noted).await, told(Ended::Completed, None));
}

/// A stream that is dropped is at its end, and what the app does then it does alone.
#[tokio::test]
async fn a_stream_that_is_dropped_ends_before_the_app_does() {
    let (go, wait) = tokio::sync::watch::channel(false);
    let (server, mut noted) = noted(move |stream: Duplex| {
        let mut wait = wait.clone();
        async move {
            drop(stream);
            wait.wait_for(|go| *go).await?;
            Ok(())
        }
    });
    let mut client = Client::switched(&server).await;
    assert_eq!(client.rest().await, "");
    assert!(noted.try_recv().is_err());
    go.send(true).unwrap();
    assert_eq!(next(&mut noted).await, "over");
    assert_eq!(next(&mut noted).await, "closed");
}

#[tokio::test]
async fn u9_an_error_and_a_panic_close_the_connection() {
    let (server, mut noted) = noted(async |mut stream: Duplex| {
        let mut kind = [0; 1];
        stream.read(&mut kind).await?;
        stream.write_all(b"before").await?;
        match &kind {
            b"e" => Err(Error::msg("it broke")),
            b"p" => panic!("it panics"),
            _ => Ok(()),
        }
    });
    let mut other = Client::switched(&server).await;
    for (kind, is_over, clause) in [("e", true, "U9"), ("p", false, "B9")] {
        let mut client = Client::switched(&server).await;
        client.send(kind).await;
        assert_eq!(client.rest().await, "before");
        if is_over {
            assert_eq!(next(&mut noted).await, "over");
        }
        assert_eq!(next(&mut noted).await, "closed");
        assert_eq!(next(&mut noted).await, told(Ended::Aborted, Some(clause)));
    }
    other.send("o").await;
    assert_eq!(other.rest().await, "before");
}

#[tokio::test]
async fn l3_a_client_that_vanishes_ends_the_app_s_read() {
    let (drops, mut dropped) = mpsc::unbounded_channel();
    let (server, mut noted) = noted(move |mut stream: Duplex| {
        let dropped = Dropped(drops.clone());
        async move {
            stream.write_all(b"here").await?;
            let mut buffer = [0; 64];
            let read = stream.read(&mut buffer).await?;
            drop(dropped);
            Err(Error::msg(format!(
                "{read} bytes of a client that sends none"
            )))
        }
    });
    let mut client = Client::switched(&server).await;
    client.expect("here").await;
    client.reset();
    assert_eq!(soon(dropped.recv()).await, Some("dropped"));
    assert_eq!(next(&mut noted).await, "closed");
    assert_eq!(next(&mut noted).await, told(Ended::ClientGone, None));
}

/// Also where the stream is read by another task, and on another thread.
#[tokio::test]
async fn l3_a_client_that_vanishes_ends_a_read_elsewhere() {
    let (results, mut read) = mpsc::unbounded_channel();
    let handle = tokio::runtime::Handle::current();
    let server = serve(move |mut stream: Duplex| {
        let (results, handle) = (results.clone(), handle.clone());
        async move {
            stream.write_all(b"here").await?;
            let task = handle.spawn(async move {
                let mut buffer = [0; 64];
                let read = stream.read(&mut buffer).await;
                let _ = results.send(read.map_err(|error| error.kind()));
                // It is written to nobody.
                let written = stream.write_all(b"x").await;
                let _ = results.send(written.map(|()| 1).map_err(|error| error.kind()));
            });
            Ok(task.await?)
        }
    });
    let mut client = Client::switched(&server).await;
    client.expect("here").await;
    client.reset();
    let aborted = std::io::ErrorKind::ConnectionAborted;
    assert_eq!(soon(read.recv()).await, Some(Err(aborted)));
    let broken = std::io::ErrorKind::BrokenPipe;
    assert_eq!(soon(read.recv()).await, Some(Err(broken)));
}

/// A client that leaves while the app writes ends the app's part, too.
#[tokio::test]
async fn l3_a_client_that_vanishes_ends_the_app_s_write() {
    let (drops, mut dropped) = mpsc::unbounded_channel();
    let server = serve(move |mut stream: Duplex| {
        let dropped = Dropped(drops.clone());
        async move {
            let _dropped = dropped;
            loop {
                stream.write_all(&[b'x'; 1024]).await?;
            }
        }
    });
    let mut client = Client::switched(&server).await;
    let mut some = [0; 4096];
    soon(client.0.read_exact(&mut some)).await.unwrap();
    client.reset();
    assert_eq!(soon(dropped.recv()).await, Some("dropped"));
}

/// U14: the environ is the app's as long as it holds it.
#[tokio::test]
async fn u14_what_the_app_s_part_holds_stays_its_own() {
    let server = Server::of(view(async |environ: Environ| {
        let environ = Arc::new(environ);
        Body::upgrade("websocket", async move |mut stream: Duplex| {
            let mut buffer = [0; 64];
            while stream.read(&mut buffer).await? > 0 {
                let text = format!("{} {}", environ.path_info(), environ.server_name());
                stream.write_all(text.as_bytes()).await?;
            }
            Ok(())
        })
    }));
    let mut client = Client::switched(&server).await;
    for _ in 0..3 {
        // Meanwhile the worker uses its memory for others.
        let mut other = Client::switched(&server).await;
        other.send("x").await;
        other.expect("/chat a.example").await;
        client.send("x").await;
        client.expect("/chat a.example").await;
    }
}
