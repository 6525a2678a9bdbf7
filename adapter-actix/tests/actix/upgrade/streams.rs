//! The head, and the bytes in both directions.

use gateway_conformance::wire::{Protocol, WireRequest, exchange};
use gateway_core::{Body, Duplex, Environ, view};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::server::Server;

use super::client::{Client, OFFER, echo, serve, soon};

#[tokio::test]
async fn u5_the_head_is_that_of_a_switch() {
    let server = Server::of(view(async |_: Environ| {
        (
            Body::upgrade("websocket", echo),
            [("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")],
        )
    }));
    let mut client = Client::connect(server.address).await;
    client.send(OFFER).await;
    let head = client.head().await.to_ascii_lowercase();
    let mut lines = head.lines();
    assert_eq!(lines.next(), Some("http/1.1 101 switching protocols"));
    let mut fields: Vec<_> = lines
        .filter(|line| !line.is_empty() && !line.starts_with("date: "))
        .collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "connection: upgrade",
            "sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=",
            "upgrade: websocket"
        ]
    );
    client.send("hello").await;
    client.expect("hello").await;
}

#[tokio::test]
async fn u6_bytes_that_come_early_are_read_first() {
    let server = serve(echo);
    // A request that is pipelined behind an offer is part of the stream, too.
    for early in ["early", "GET / HTTP/1.1\r\nhost: a.example\r\n\r\n"] {
        let mut client = Client::connect(server.address).await;
        client.send(format!("{OFFER}{early}")).await;
        assert!(client.head().await.starts_with("HTTP/1.1 101 "));
        client.expect(early).await;
        client.send("late").await;
        client.expect("late").await;
    }
}

#[tokio::test]
async fn a_connection_that_was_kept_alive_switches() {
    let server = Server::of(view(async |environ: Environ| {
        if environ.offers_upgrade("websocket") {
            Body::upgrade("websocket", echo)
        } else {
            Body::from("hello")
        }
    }));
    let mut client = Client::connect(server.address).await;
    for _ in 0..2 {
        client
            .send("GET / HTTP/1.1\r\nhost: a.example\r\n\r\n")
            .await;
        assert!(client.head().await.starts_with("HTTP/1.1 200 "));
        client.expect("hello").await;
    }
    client.send(OFFER).await;
    assert!(client.head().await.starts_with("HTTP/1.1 101 "));
    client.send("over").await;
    client.expect("over").await;
}

/// More than all buffers on the way hold, both ways at once, in pieces of a size of their own.
#[tokio::test]
async fn u8_all_bytes_come_back_in_order() {
    const SIZE: usize = 8 << 20;
    let server = serve(echo);
    let client = Client::switched(&server).await;
    let (mut reading, mut writing) = client.0.into_split();
    let sent: Vec<u8> = (0..SIZE).map(|n| (n % 251) as u8).collect();
    let expected = sent.clone();
    let write = async {
        for piece in sent.chunks(70_001) {
            writing.write_all(piece).await.unwrap();
        }
    };
    let read = async {
        let mut all = vec![0; SIZE];
        reading.read_exact(&mut all).await.unwrap();
        all
    };
    let ((), all) = soon(async { tokio::join!(write, read) }).await;
    assert!(all == expected, "the bytes are in order");
    // It may be more than actix keeps of a client that has ended its direction.
    soon(writing.shutdown()).await.unwrap();
    assert_eq!(soon(reading.read_to_end(&mut Vec::new())).await.unwrap(), 0);
}

#[tokio::test]
async fn u10_a_client_that_half_closes_gets_what_the_app_writes() {
    let server = serve(async |mut stream: Duplex| {
        let mut buffer = [0; 64];
        let mut all = Vec::new();
        loop {
            let read = stream.read(&mut buffer).await?;
            if read == 0 {
                break;
            }
            all.extend_from_slice(&buffer[..read]);
        }
        // The end is still the end.
        assert_eq!(stream.read(&mut buffer).await?, 0);
        stream.write_all(&all).await?;
        tokio::task::yield_now().await;
        stream.write_all(b", and bye").await?;
        Ok(())
    });
    let mut client = Client::switched(&server).await;
    client.send("all of it").await;
    client.half_close().await;
    assert_eq!(client.rest().await, "all of it, and bye");
}

/// SPEC's "Exceptions of hosts": actix drops what it has read and not passed on when a client ends its
/// direction. The test fails when it no longer does: the exception goes then.
#[tokio::test]
async fn the_exception_of_an_app_that_lags_behind_a_client_that_ends_is_still_there() {
    const PIECE: usize = 64 * 1024;
    let (go, wait) = tokio::sync::watch::channel(false);
    let server = Server::of(view(move |environ: Environ| {
        let mut wait = wait.clone();
        async move {
            if !environ.offers_upgrade("websocket") {
                return Body::from("hello");
            }
            Body::upgrade("websocket", async move |mut stream: Duplex| {
                wait.wait_for(|go| *go).await?;
                let mut buffer = vec![0; PIECE];
                let mut length = 0;
                loop {
                    match stream.read(&mut buffer).await? {
                        0 => break,
                        read => length += read,
                    }
                }
                stream.write_all(length.to_string().as_bytes()).await?;
                Ok(())
            })
        }
    }));
    // The worker has one thread: by then it has read what the client sent.
    let settle = async || {
        for _ in 0..10 {
            let answer = exchange(server.address, Protocol::Http1, &WireRequest::get("/")).await;
            assert_eq!(answer.unwrap().text(), "hello");
        }
    };
    let mut client = Client::switched(&server).await;
    client.send([b'x'; PIECE]).await;
    settle().await;
    client.send([b'x'; PIECE]).await;
    client.half_close().await;
    settle().await;
    go.send(true).unwrap();
    let length: usize = client.rest().await.parse().unwrap();
    // What was passed on by then is there.
    assert!((32 * 1024..2 * PIECE).contains(&length), "{length}");
}

/// A stream may be read and written on any thread.
#[tokio::test]
async fn the_stream_works_on_another_runtime() {
    let handle = tokio::runtime::Handle::current();
    let server = serve(move |stream| {
        let handle = handle.clone();
        async move { handle.spawn(echo(stream)).await? }
    });
    let mut client = Client::switched(&server).await;
    for n in 0..200 {
        let message = format!("message {n};");
        client.send(&message).await;
        client.expect(&message).await;
    }
    client.half_close().await;
    assert_eq!(client.rest().await, "");
}
