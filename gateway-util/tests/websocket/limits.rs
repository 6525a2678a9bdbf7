//! Clients that break the protocol or a limit, and apps that do.

use std::sync::{Arc, Mutex};

use gateway_util::websocket::{Limits, WebSocket, WebSocketError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::peer::{Peer, TestResult, connect, connect_raw, connect_with, echo};

/// What the app's `recv` has given.
type Heard = Arc<Mutex<Vec<&'static str>>>;

fn name(error: &WebSocketError) -> &'static str {
    match error {
        error if error.is_too_long() => "too long",
        error if error.is_protocol() => "protocol",
        error if error.is_idle() => "idle",
        error if error.is_lost() => "lost",
        error if error.is_closed() => "closed",
        _ => "other",
    }
}

/// Receives to the end, and passes the error on.
async fn listen(mut socket: WebSocket, heard: Heard) -> Result<(), gateway_core::Error> {
    let mut outcome = Ok(());
    loop {
        let (what, is_over) = match socket.recv().await {
            Ok(Some(_)) => ("message", false),
            Ok(None) => ("end", true),
            Err(error) => {
                let what = name(&error);
                outcome = Err(error.into());
                (what, false)
            }
        };
        if let Ok(mut heard) = heard.lock() {
            heard.push(what);
        }
        if is_over {
            return outcome;
        }
    }
}

async fn listening(limits: Limits) -> TestResult<(Peer, Heard)> {
    let heard = Heard::default();
    let hears = heard.clone();
    let peer = connect_with(limits, move |socket| listen(socket, hears)).await?;
    Ok((peer, heard))
}

fn heard(heard: &Heard) -> Vec<&'static str> {
    heard.lock().map(|heard| heard.clone()).unwrap_or_default()
}

fn data(data: Data, payload: &[u8], is_last: bool) -> Message {
    Message::Frame(Frame::message(
        payload.to_vec(),
        OpCode::Data(data),
        is_last,
    ))
}

#[tokio::test]
async fn a_message_that_is_too_long_is_a_1009() -> TestResult {
    let (mut peer, list) = listening(Limits::default().message(10)).await?;
    peer.send("1234567890").await?;
    peer.send("12345678901").await?;
    let reason = "a message is too long".to_owned();
    // The client was told: the connection is ended and not aborted.
    assert_eq!(peer.closed().await?, (1009, reason, true));
    assert_eq!(heard(&list), ["message", "too long", "end"]);
    Ok(())
}

#[tokio::test]
async fn the_fragments_of_a_message_count_together() -> TestResult {
    let (mut peer, list) = listening(Limits::default().message(10)).await?;
    peer.send(data(Data::Text, b"12345", false)).await?;
    peer.send(data(Data::Continue, b"67890", false)).await?;
    peer.send(data(Data::Continue, b"1", false)).await?;
    assert_eq!(peer.closed().await?.0, 1009);
    assert_eq!(heard(&list), ["too long", "end"]);
    Ok(())
}

#[tokio::test]
async fn a_frame_that_is_too_long_is_a_1009_before_its_content_is_read() -> TestResult {
    let heard = Heard::default();
    let (mut pipe, running, _) = connect_raw(Limits::default().frame(10), move |socket| {
        listen(socket, heard)
    })
    .await?;
    // The head of a masked frame of 2^40 bytes.
    pipe.write_all(&[0x82, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4])
        .await?;
    let mut head = [0; 4];
    pipe.read_exact(&mut head).await?;
    assert_eq!([head[0], head[2], head[3]], [0x88, 3, 0xf1]);
    drop(pipe);
    assert!(running.await?);
    Ok(())
}

#[tokio::test]
async fn rfc6455_8_1_text_that_is_not_utf8_is_a_1007() -> TestResult {
    let (mut peer, list) = listening(Limits::default()).await?;
    peer.send(data(Data::Text, b"a\xffb", true)).await?;
    assert_eq!(peer.closed().await?.0, 1007);
    assert_eq!(heard(&list), ["protocol", "end"]);

    // A character may be cut by a fragment, and is whole at the end.
    let (mut peer, list) = listening(Limits::default()).await?;
    peer.send(data(Data::Text, b"\xc3", false)).await?;
    peer.send(data(Data::Continue, b"\xa9", true)).await?;
    peer.send(data(Data::Text, b"\xc3", true)).await?;
    assert_eq!(peer.closed().await?.0, 1007);
    assert_eq!(heard(&list), ["message", "protocol", "end"]);
    Ok(())
}

#[tokio::test]
async fn rfc6455_5_what_breaks_the_protocol_is_a_1002() -> TestResult {
    let rows: [&[u8]; 4] = [
        // A frame that is not masked.
        &[0x81, 1, b'a'],
        // A reserved bit, a reserved opcode, and a continuation of nothing.
        &[0xc1, 0x81, 0, 0, 0, 0, b'a'],
        &[0x83, 0x81, 0, 0, 0, 0, b'a'],
        &[0x80, 0x81, 0, 0, 0, 0, b'a'],
    ];
    for row in rows {
        let list = Heard::default();
        let hears = list.clone();
        let (mut pipe, running, _) =
            connect_raw(Limits::default(), move |socket| listen(socket, hears)).await?;
        pipe.write_all(row).await?;
        // What comes behind it is read and dropped: unread, it would destroy the Close on its way.
        pipe.write_all(&[0; 512]).await?;
        let mut told = Vec::new();
        pipe.read_to_end(&mut told).await?;
        assert_eq!(told.get(2..4), Some(&[3, 0xea][..]), "{row:?}");
        pipe.write_all(&[0; 512]).await?;
        drop(pipe);
        assert!(running.await?);
        assert_eq!(heard(&list), ["protocol", "end"]);
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_sent_is_a_fault_of_the_app() -> TestResult {
    let peer = connect_with(Limits::default().sent(10), async |mut socket| {
        socket.send("1234567890").await?;
        let refused = socket.close(1005, "").await;
        assert!(refused.is_err_and(|error| error.is_unsendable()));
        socket.send("12345678901").await?;
        Ok(())
    })
    .await?;
    assert_eq!(
        peer.closed().await?,
        (1011, "the app failed".to_owned(), false)
    );
    Ok(())
}

#[tokio::test]
async fn l3_a_client_that_vanishes_is_lost() -> TestResult {
    let (peer, list) = listening(Limits::default()).await?;
    drop(peer.socket);
    // The host aborts what has ended without a Close.
    assert!(!peer.running.await?);
    assert_eq!(heard(&list), ["lost", "end"]);
    Ok(())
}

#[tokio::test]
async fn a_flood_of_pings_fills_no_memory() -> TestResult {
    let mut peer = connect_with(Limits::default().sent(100), echo).await?;
    // The client does not read: pongs wait up to the limit, and the latest takes the place of others
    // (RFC 6455 section 5.5.3).
    for _ in 0..1000 {
        peer.send(Message::Ping(vec![0; 100].into())).await?;
    }
    peer.send("the end").await?;
    let mut pongs = 0;
    while peer.recv().await? != Message::text("the end") {
        pongs += 1;
    }
    assert!((1..100).contains(&pongs), "{pongs}");
    Ok(())
}

#[tokio::test]
async fn an_app_that_handles_its_errors_ends_as_it_likes() -> TestResult {
    let mut peer = connect(async |mut socket| {
        while let Ok(Some(_)) = socket.recv().await {}
        let sent = socket.send("late").await;
        assert!(sent.is_err_and(|error| error.is_closed()));
        Ok(())
    })
    .await?;
    peer.send(data(Data::Text, b"\xff", true)).await?;
    let (code, _, is_ended) = peer.closed().await?;
    assert_eq!((code, is_ended), (1007, true));
    Ok(())
}
