//! Who closes, with which code.

use std::sync::{Arc, Mutex};

use gateway_core::Error;
use gateway_util::websocket::{CloseCode, Limits};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::peer::{TestResult, connect, connect_with, echo};

#[tokio::test]
async fn the_app_sees_the_clients_code() -> TestResult {
    for (code, reason) in [(1000, ""), (1001, "left"), (3000, "x"), (4999, "bye")] {
        let seen = Arc::new(Mutex::new(None));
        let sees = seen.clone();
        let mut peer = connect(async move |mut socket| {
            assert!(socket.client_close().is_none());
            assert!(socket.recv().await?.is_none());
            assert!(socket.recv().await?.is_none());
            if let Ok(mut seen) = sees.lock() {
                *seen = socket.client_close();
            }
            Ok(())
        })
        .await?;
        let frame = CloseFrame {
            code: code.into(),
            reason: reason.into(),
        };
        peer.socket.close(Some(frame)).await?;
        // RFC 6455 section 5.5.1: the code comes back.
        let (echoed, _, is_ended) = peer.closed().await?;
        assert_eq!((echoed, is_ended), (code, true));
        let seen = seen.lock().ok().and_then(|seen| seen.clone());
        let seen = seen.ok_or("the app has seen no Close")?;
        assert_eq!((seen.code(), seen.reason()), (CloseCode::new(code), reason));
    }
    Ok(())
}

#[tokio::test]
async fn a_close_without_a_code_is_a_1005() -> TestResult {
    let seen = Arc::new(Mutex::new(None));
    let sees = seen.clone();
    let mut peer = connect(async move |mut socket| {
        while socket.recv().await?.is_some() {}
        if let Ok(mut seen) = sees.lock() {
            *seen = socket.client_close().map(|close| close.code());
        }
        Ok(())
    })
    .await?;
    peer.socket.close(None).await?;
    assert_eq!(peer.closed().await?.0, 1005);
    assert_eq!(
        seen.lock().ok().and_then(|seen| *seen),
        Some(CloseCode::NO_STATUS)
    );
    Ok(())
}

#[tokio::test]
async fn the_client_sees_the_apps_code() -> TestResult {
    let peer = connect(async |mut socket| {
        socket.close(4001, "enough").await?;
        // A second one changes nothing, and nothing can be sent behind it.
        socket.close(4002, "twice").await?;
        assert!(
            socket
                .send("late")
                .await
                .is_err_and(|error| error.is_closed())
        );
        Ok(())
    })
    .await?;
    assert_eq!(peer.closed().await?, (4001, "enough".to_owned(), true));
    Ok(())
}

#[tokio::test]
async fn messages_are_received_up_to_the_clients_close() -> TestResult {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sees = seen.clone();
    let mut peer = connect(async move |mut socket| {
        socket.close(CloseCode::NORMAL, "").await?;
        while let Some(message) = socket.recv().await? {
            if let Ok(mut seen) = sees.lock() {
                seen.push(message);
            }
        }
        Ok(())
    })
    .await?;
    peer.send("on the way").await?;
    assert_eq!(peer.closed().await?.0, 1000);
    let seen = seen.lock().map(|seen| seen.len()).unwrap_or_default();
    assert_eq!(seen, 1);
    Ok(())
}

#[tokio::test]
async fn what_the_app_returns_closes() -> TestResult {
    let done = connect(async |_| Ok(())).await?;
    assert_eq!(done.closed().await?, (1000, String::new(), true));

    // U9: it is logged, and the client learns no more than this.
    let failed = connect(async |_| Err(Error::msg("a secret"))).await?;
    assert_eq!(
        failed.closed().await?,
        (1011, "the app failed".to_owned(), false)
    );
    Ok(())
}

#[tokio::test]
async fn a_reason_that_is_too_long_ends_between_two_characters() -> TestResult {
    let peer = connect(async |mut socket| {
        socket.close(4000, &"\u{e9}".repeat(100)).await?;
        Ok(())
    })
    .await?;
    assert_eq!(peer.closed().await?, (4000, "\u{e9}".repeat(61), true));
    Ok(())
}

#[tokio::test]
async fn u12_a_shutdown_is_a_1001() -> TestResult {
    let peer = connect(echo).await?;
    peer.shutdown.begin();
    let reason = "the server is shutting down".to_owned();
    assert_eq!(peer.closed().await?, (1001, reason, true));
    Ok(())
}

#[tokio::test]
async fn u12_a_shutdown_that_has_begun_is_a_1001() -> TestResult {
    let mut peer = connect(async |mut socket| {
        // Nothing is received any more, and what is sent says why.
        socket.send("first").await?;
        while socket.recv().await?.is_some() {}
        let sent = socket.send("late").await;
        assert!(sent.is_err_and(|error| error.is_closed()));
        Ok(())
    })
    .await?;
    assert_eq!(peer.recv_text().await?, "first");
    peer.shutdown.begin();
    peer.send("too late").await?;
    assert_eq!(peer.closed().await?.0, 1001);
    Ok(())
}

#[tokio::test]
async fn u12_a_cut_ends_the_halves_that_are_elsewhere() -> TestResult {
    let (give, given) = tokio::sync::oneshot::channel();
    let peer = connect_with(Limits::default(), async move |socket| {
        let (sender, receiver) = socket.split();
        let _ = give.send((sender, receiver));
        std::future::pending().await
    })
    .await?;
    let (mut sender, mut receiver) = given.await?;
    let waiting = tokio::spawn(async move { receiver.recv().await.is_ok_and(|end| end.is_none()) });
    tokio::task::yield_now().await;
    peer.running.abort();
    assert!(waiting.await?);
    assert!(
        sender
            .send("late")
            .await
            .is_err_and(|error| error.is_closed())
    );
    Ok(())
}

#[tokio::test]
async fn a_close_of_both_at_once_is_one() -> TestResult {
    let mut peer = connect(async |mut socket| Ok(socket.close(4001, "").await?)).await?;
    // The client's own is on its way before it reads ours.
    futures_util::SinkExt::send(&mut peer.socket, Message::Close(None)).await?;
    while let Some(Ok(_)) = futures_util::StreamExt::next(&mut peer.socket).await {}
    assert!(peer.running.await?);
    Ok(())
}
