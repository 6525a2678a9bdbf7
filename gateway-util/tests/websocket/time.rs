//! What happens when nothing happens. The clock is paused: it moves when nobody has anything to do.

use std::time::Duration;

use futures_util::SinkExt;
use gateway_util::websocket::Limits;
use tokio::io::AsyncReadExt;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use crate::peer::{PIPE, TestResult, connect, connect_raw, connect_with, echo};

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_sent_pings_and_stays() -> TestResult {
    let mut peer = connect(echo).await?;
    let begin = Instant::now();
    for n in 1..=10 {
        // Its pong goes out with the next read.
        assert_eq!(peer.recv().await?, Message::Ping("".into()));
        assert_eq!(begin.elapsed().as_secs(), 20 * n);
    }
    peer.send("still here").await?;
    assert_eq!(peer.recv_text().await?, "still here");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_client_that_has_gone_is_closed_as_idle() -> TestResult {
    let (mut pipe, running, _) = connect_raw(Limits::default(), async |mut socket| {
        let error = socket.recv().await.err();
        assert!(error.is_some_and(|error| error.is_idle()));
        Ok(())
    })
    .await?;
    let begin = Instant::now();
    // It reads, and answers nothing: two pings, and a Close with 1001.
    let mut all = Vec::new();
    pipe.read_to_end(&mut all).await?;
    assert_eq!(begin.elapsed().as_secs(), 60);
    assert_eq!(all.get(..4), Some(&[0x89, 0, 0x89, 0][..]));
    assert_eq!(all.get(4), Some(&0x88));
    assert_eq!(all.get(6..8), Some(&[3, 0xe9][..]));
    // It was told, and then its end is waited for.
    assert!(running.await?);
    assert_eq!(begin.elapsed().as_secs(), 65);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_is_cut() -> TestResult {
    let (pipe, running, _) = connect_raw(Limits::default(), async |mut socket| {
        loop {
            socket.send(vec![0; PIPE]).await?;
        }
    })
    .await?;
    let begin = Instant::now();
    assert!(!running.await?);
    assert_eq!(begin.elapsed().as_secs(), 65);
    drop(pipe);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_app_that_takes_its_time_does_not_make_the_client_idle() -> TestResult {
    let mut peer = connect(async |mut socket| {
        let message = socket.recv().await?;
        tokio::time::sleep(Duration::from_secs(600)).await;
        let next = socket.recv().await?;
        socket
            .send(message.ok_or_else(|| gateway_core::Error::msg("none"))?)
            .await?;
        socket
            .send(next.ok_or_else(|| gateway_core::Error::msg("none"))?)
            .await?;
        Ok(())
    })
    .await?;
    peer.send("a").await?;
    peer.send("b").await?;
    assert_eq!(peer.recv_text().await?, "a");
    assert_eq!(peer.recv_text().await?, "b");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_answer_a_close_is_not_waited_for() -> TestResult {
    let limits = Limits::default().close(Duration::from_secs(3));
    let peer = connect_with(limits, async |mut socket| {
        Ok(socket.close(1000, "").await?)
    })
    .await?;
    let begin = Instant::now();
    assert!(!peer.running.await?);
    assert_eq!(begin.elapsed().as_secs(), 3);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn without_limits_of_time_nothing_is_sent() -> TestResult {
    let limits = Limits::default().ping(None).idle(None);
    let mut peer = connect_with(limits, echo).await?;
    let silence = tokio::time::timeout(Duration::from_secs(86_400), peer.recv()).await;
    assert!(silence.is_err());
    peer.socket.send(Message::text("hello")).await?;
    assert_eq!(peer.recv_text().await?, "hello");
    Ok(())
}
