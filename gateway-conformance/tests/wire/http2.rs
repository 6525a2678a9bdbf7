use std::time::Duration;

use bytes::Bytes;
use gateway_conformance::wire::http2::{Direction, FrameKind, Http2Connection};
use gateway_conformance::wire::{End, Framing, Reason, WireRequest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;

use crate::http2_server::{
    DATA_0, DATA_2, EMPTY, END, OK, OK_END, RESET, begin, frames, h2_server,
};
use crate::server::serve;

#[tokio::test]
async fn the_log_shows_the_frames_the_engine_hides() {
    let address = frames(&[OK, DATA_2, DATA_0, END]).await;
    let mut connection = Http2Connection::open(address).await.unwrap();
    let response = connection.request(&WireRequest::get("/")).await.unwrap();
    assert_eq!(
        (response.status, response.framing, response.end),
        (200, Framing::Frames, End::Complete)
    );
    assert_eq!(response.text(), "ab");
    let received: Vec<_> = connection
        .frames_of(1)
        .into_iter()
        .filter(|frame| frame.direction == Direction::Received)
        .map(|frame| (frame.kind, frame.len, frame.is_end_stream()))
        .collect();
    let expected = [
        (FrameKind::Headers, 1, false),
        (FrameKind::Data, 2, false),
        (FrameKind::Data, 0, false),
        (FrameKind::Data, 0, true),
    ];
    assert_eq!(received, expected);
    connection.assert_clean(&response).await.unwrap();
}

#[tokio::test]
async fn unclean_ends_are_found() {
    for (answer, fault) in [
        (&[EMPTY, DATA_2, END][..], "DATA bytes"),
        (&[OK_END, RESET], "RST_STREAM"),
        (&[OK, DATA_2, RESET], "RST_STREAM"),
    ] {
        let address = frames(answer).await;
        let mut connection = Http2Connection::open(address).await.unwrap();
        let response = connection.request(&WireRequest::get("/")).await.unwrap();
        let error = connection.assert_clean(&response).await.unwrap_err();
        assert!(error.is_unclean(), "{error:?}");
        assert!(error.to_string().contains(fault), "{error}");
    }
}

#[tokio::test]
async fn a_response_without_a_body_is_clean_with_an_empty_frame() {
    let address = frames(&[EMPTY, END]).await;
    let mut connection = Http2Connection::open(address).await.unwrap();
    let response = connection.request(&WireRequest::get("/")).await.unwrap();
    assert_eq!((response.status, response.framing), (204, Framing::None));
    connection.assert_clean(&response).await.unwrap();
}

#[tokio::test]
async fn frames_after_the_end_are_found() {
    let address = frames(&[OK_END, DATA_2]).await;
    let mut connection = Http2Connection::open(address).await.unwrap();
    match connection.request(&WireRequest::get("/")).await {
        // The engine may have seen the violation before the response was taken.
        Err(error) => assert!(error.is_malformed(), "{error:?}"),
        Ok(response) => {
            let error = connection.assert_clean(&response).await.unwrap_err();
            assert!(error.is_unclean(), "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_reset_after_the_head_ends_the_response_and_before_it_is_an_error() {
    let address = frames(&[OK, DATA_2, RESET]).await;
    let mut connection = Http2Connection::open(address).await.unwrap();
    let response = connection.request(&WireRequest::get("/")).await.unwrap();
    assert_eq!(response.end, End::Reset(Some(Reason::INTERNAL_ERROR)));
    assert_eq!(response.text(), "ab");
    let reset = connection
        .frames_of(1)
        .into_iter()
        .find_map(|frame| frame.reason());
    assert_eq!(reset, Some(Reason::INTERNAL_ERROR));

    let address = frames(&[RESET]).await;
    let mut connection = Http2Connection::open(address).await.unwrap();
    let error = connection
        .request(&WireRequest::get("/"))
        .await
        .unwrap_err();
    assert!(error.is_reset());
    assert_eq!(error.reason(), Some(Reason::INTERNAL_ERROR));
}

#[tokio::test]
async fn a_connection_that_ends_truncates() {
    let address = serve(async |mut stream| {
        begin(&mut stream, &[OK, DATA_2]).await;
        stream.shutdown().await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let mut connection = Http2Connection::open(address).await.unwrap();
    let response = connection.request(&WireRequest::get("/")).await.unwrap();
    assert_eq!(
        (response.end, response.text().as_str()),
        (End::Truncated, "ab")
    );
    assert!(connection.closed().await);
}

#[tokio::test]
async fn a_length_that_the_frames_belie_is_malformed() {
    for (length, body) in [("1", "ab"), ("3", "ab")] {
        let address = h2_server(move |_, mut respond| async move {
            let head = http::Response::builder()
                .header("content-length", length)
                .body(())
                .unwrap();
            let mut stream = respond.send_response(head, false).unwrap();
            stream.send_data(Bytes::from(body), true).unwrap();
        })
        .await;
        let mut connection = Http2Connection::open(address).await.unwrap();
        let error = connection
            .request(&WireRequest::get("/"))
            .await
            .unwrap_err();
        assert!(error.is_malformed(), "{error:?}");
        assert_eq!(error.reason(), Some(Reason::PROTOCOL_ERROR));
    }
}

#[tokio::test]
async fn data_in_an_answer_to_head_is_malformed() {
    let address = frames(&[OK, DATA_2, END]).await;
    let mut connection = Http2Connection::open(address).await.unwrap();
    let error = connection
        .request(&WireRequest::head("/"))
        .await
        .unwrap_err();
    assert_eq!(error.reason(), Some(Reason::PROTOCOL_ERROR), "{error:?}");
}

#[tokio::test]
async fn a_stream_is_read_and_written_step_by_step() {
    let (go, gate) = oneshot::channel::<()>();
    let gate = std::sync::Mutex::new(Some(gate));
    let address = h2_server(move |mut request, mut respond| {
        let gate = gate.lock().unwrap().take().unwrap();
        async move {
            respond
                .send_informational(http::Response::builder().status(103).body(()).unwrap())
                .unwrap();
            let mut stream = respond
                .send_response(http::Response::new(()), false)
                .unwrap();
            let data = request.body_mut().data().await.unwrap().unwrap();
            stream.send_data(data, false).unwrap();
            gate.await.unwrap();
            // A body that is not read to its end would be answered with a reset.
            assert!(
                request
                    .body_mut()
                    .data()
                    .await
                    .is_none_or(|data| data.unwrap().is_empty())
            );
            assert!(request.body().is_end_stream());
            stream.send_data(Bytes::from("rest"), true).unwrap();
        }
    })
    .await;
    let mut connection = Http2Connection::open(address).await.unwrap();
    let mut stream = connection
        .open_stream(&WireRequest::post("/").streamed())
        .await
        .unwrap();
    assert_eq!(stream.head().await.unwrap().status, 200);
    stream.send("first").unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "first");
    stream.end().unwrap();
    go.send(()).unwrap();
    let response = stream.finish().await.unwrap();
    assert_eq!(response.chunks, ["first", "rest"]);
    assert_eq!(response.interim[0].status, 103);
    connection.assert_clean(&response).await.unwrap();
    assert!(stream.finish().await.unwrap_err().is_request());
}

#[tokio::test]
async fn the_window_stops_the_server_until_it_is_released() {
    let address = h2_server(async |_, mut respond| {
        let mut stream = respond
            .send_response(http::Response::new(()), false)
            .unwrap();
        stream.send_data(Bytes::from(vec![0; 250]), true).unwrap();
    })
    .await;
    let mut builder = h2::client::Builder::new();
    let mut connection = Http2Connection::open_with(address, builder.initial_window_size(100))
        .await
        .unwrap();
    let mut stream = connection
        .open_stream(&WireRequest::get("/"))
        .await
        .unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap().len(), 100);
    connection.ping().await.unwrap();
    let data: usize = connection
        .frames_of(stream.id())
        .iter()
        .map(|frame| frame.data_len())
        .sum();
    assert_eq!(data, 100);
    stream.release(100).unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap().len(), 100);
    assert_eq!(stream.finish().await.unwrap().body.len(), 250);
}

#[tokio::test]
async fn a_reset_and_a_drop_reach_the_server() {
    for (by_drop, reason) in [(false, Reason::INTERNAL_ERROR), (true, Reason::CANCEL)] {
        let (tell, told) = oneshot::channel();
        let tell = std::sync::Mutex::new(Some(tell));
        let address = h2_server(move |request, mut respond| {
            let tell = tell.lock().unwrap().take().unwrap();
            async move {
                let _request = request;
                let mut stream = respond
                    .send_response(http::Response::new(()), false)
                    .unwrap();
                let reset = std::future::poll_fn(|cx| stream.poll_reset(cx)).await;
                tell.send(reset.unwrap()).unwrap();
            }
        })
        .await;
        let mut connection = Http2Connection::open(address).await.unwrap();
        let mut stream = connection
            .open_stream(&WireRequest::get("/"))
            .await
            .unwrap();
        stream.head().await.unwrap();
        let id = stream.id();
        if by_drop {
            drop(stream);
        } else {
            stream.reset(reason);
        }
        assert_eq!(told.await.unwrap(), reason);
        let sent = connection.wait_for("RST_STREAM", |frame| {
            frame.stream == id && frame.kind == FrameKind::RstStream
        });
        let sent = sent.await.unwrap();
        assert_eq!(
            (sent.direction, sent.reason()),
            (Direction::Sent, Some(reason))
        );
    }
}

#[tokio::test]
async fn a_hang_says_what_was_awaited() {
    let address = frames(&[OK, DATA_2]).await;
    let mut connection = Http2Connection::open(address).await.unwrap();
    let mut stream = connection
        .open_stream(&WireRequest::get("/"))
        .await
        .unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "ab");
    stream.set_deadline(Duration::from_millis(10));
    let error = stream.finish().await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    assert!(error.to_string().contains("DATA"), "{error}");
    connection.set_deadline(Duration::from_millis(10));
    let never = connection
        .wait_for("GOAWAY", |frame| frame.kind == FrameKind::GoAway)
        .await;
    assert!(never.unwrap_err().is_timeout());
    assert!(!connection.closed().await);
}

#[tokio::test]
async fn an_abort_ends_the_connection() {
    let (tell, told) = oneshot::channel();
    let address = serve(async move |mut stream| {
        let _ = stream.read_to_end(&mut Vec::new()).await;
        tell.send(()).unwrap();
    })
    .await;
    Http2Connection::open(address).await.unwrap().abort();
    told.await.unwrap();
}
