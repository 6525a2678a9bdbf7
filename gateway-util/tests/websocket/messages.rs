//! Messages, in both directions.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};

use futures_util::{FutureExt, SinkExt};
use gateway_core::{Duplex, DuplexIo};
use gateway_util::websocket::Limits;
use tokio::sync::{Notify, mpsc};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::peer::{PIPE, TestResult, connect, connect_over, echo};

#[tokio::test]
async fn messages_of_both_kinds_are_echoed() -> TestResult {
    let mut peer = connect(echo).await?;
    for text in ["", "hello", "\u{1f600}", &"x".repeat(10 * PIPE)] {
        let (socket, text) = (&mut peer.socket, Message::text(text));
        // Larger than the pipe: it is sent and received at once.
        let sent = text.clone();
        let (mut sink, mut stream) = futures_util::StreamExt::split(socket);
        let (sending, received) =
            tokio::join!(sink.send(sent), futures_util::StreamExt::next(&mut stream));
        sending?;
        assert_eq!(received.ok_or("no message")??, text);
    }
    peer.send(vec![0, 255]).await?;
    assert_eq!(peer.recv().await?, Message::binary(vec![0, 255]));
    peer.socket.close(None).await?;
    assert_eq!(peer.closed().await?, (1005, String::new(), true));
    Ok(())
}

/// A stream that counts how often it is asked for bytes.
struct Counted(Duplex, Arc<AtomicUsize>);

impl DuplexIo for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.1.fetch_add(1, SeqCst);
        self.0.poll_read(cx, buffer)
    }

    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_shutdown(cx)
    }
}

#[tokio::test]
async fn the_stream_is_asked_twice_for_each_message() -> TestResult {
    let reads = Arc::new(AtomicUsize::new(0));
    let host = |server| Duplex::new(Counted(Duplex::from_tokio(server), reads.clone()));
    let (pipe, ..) = connect_over(host, Limits::default(), echo).await?;
    let mut socket = WebSocketStream::from_raw_socket(pipe, Role::Client, None).await;
    let mut before = 0;
    for turn in 0..10 {
        socket.send(Message::text("hello")).await?;
        let echoed = futures_util::StreamExt::next(&mut socket).await;
        assert_eq!(echoed.ok_or("no message")??, Message::text("hello"));
        // For the message, and for the next one, which has not arrived.
        if turn > 0 {
            assert_eq!(reads.load(SeqCst) - before, 2);
        }
        before = reads.load(SeqCst);
    }
    Ok(())
}

#[tokio::test]
async fn a_ping_is_answered_while_the_app_does_something_else() -> TestResult {
    let done = Arc::new(Notify::new());
    let waits = done.clone();
    let mut peer = connect(async move |_socket| {
        waits.notified().await;
        Ok(())
    })
    .await?;
    peer.send(Message::Ping("are you there?".into())).await?;
    assert_eq!(peer.recv().await?, Message::Pong("are you there?".into()));
    done.notify_one();
    assert_eq!(peer.closed().await?.0, 1000);
    Ok(())
}

#[tokio::test]
async fn u16_an_app_waits_while_the_client_does_not_read() -> TestResult {
    let sent = Arc::new(AtomicUsize::new(0));
    let count = sent.clone();
    let mut peer = connect(async move |mut socket| {
        for _ in 0..100 {
            socket.send(vec![0; PIPE]).await?;
            count.fetch_add(1, SeqCst);
        }
        Ok(())
    })
    .await?;
    // Nothing else is there to be run.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(sent.load(SeqCst), 0);
    for n in 0..100 {
        assert_eq!(peer.recv().await?.len(), PIPE);
        assert!(sent.load(SeqCst) <= n + 2);
    }
    assert_eq!(peer.closed().await?.0, 1000);
    Ok(())
}

#[tokio::test]
async fn a_client_waits_while_the_app_does_not_receive() -> TestResult {
    let go_on = Arc::new(Notify::new());
    let waits = go_on.clone();
    let mut peer = connect(async move |mut socket| {
        waits.notified().await;
        while let Some(message) = socket.recv().await? {
            drop(message);
        }
        Ok(())
    })
    .await?;
    // One is read ahead, a part of another is in the buffer, and the pipe is full.
    let mut sent = 0;
    let message = Message::binary(vec![0; 2 * PIPE]);
    let mut sending = Box::pin(async {
        loop {
            peer.socket.send(message.clone()).await?;
            sent += 1;
            if sent == 20 {
                return TestResult::Ok(());
            }
        }
    });
    for _ in 0..100 {
        assert!((&mut sending).now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    go_on.notify_one();
    sending.await?;
    peer.socket.close(None).await?;
    assert_eq!(peer.closed().await?.0, 1005);
    Ok(())
}

#[tokio::test]
async fn the_halves_are_used_in_two_tasks() -> TestResult {
    let mut peer = connect(async |socket| {
        let (mut sender, mut receiver) = socket.split();
        let (queue, mut queued) = mpsc::channel(1);
        let sending = tokio::spawn(async move {
            while let Some(message) = queued.recv().await {
                sender.send(message).await?;
            }
            sender.close(4000, "done").await
        });
        let receiving = tokio::spawn(async move {
            while let Some(message) = receiver.recv().await? {
                if message.as_text() == Some("end") {
                    break;
                }
                if queue.send(message).await.is_err() {
                    break;
                }
            }
            Ok::<_, gateway_core::Error>(())
        });
        receiving.await??;
        sending.await??;
        Ok(())
    })
    .await?;
    for n in 0..50 {
        peer.send(format!("{n}")).await?;
        peer.send(Message::Ping("p".into())).await?;
        let mut heard = [peer.recv().await?, peer.recv().await?];
        heard.sort_by_key(Message::is_pong);
        assert_eq!(
            heard,
            [Message::text(format!("{n}")), Message::Pong("p".into())]
        );
    }
    peer.send("end").await?;
    assert_eq!(peer.closed().await?, (4000, "done".to_owned(), true));
    Ok(())
}

#[tokio::test]
async fn a_wait_that_is_dropped_loses_no_message() -> TestResult {
    let mut peer = connect(async |mut socket| {
        for _ in 0..3 {
            assert!(socket.recv().now_or_never().is_none());
        }
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
            let _ = socket.recv().now_or_never();
            // What it has read it has given: nothing was sent.
        }
        Ok(())
    })
    .await?;
    // The app's part begins.
    tokio::task::yield_now().await;
    for text in ["a", "b", "c"] {
        peer.send(text).await?;
        assert_eq!(peer.recv_text().await?, text);
    }
    Ok(())
}
