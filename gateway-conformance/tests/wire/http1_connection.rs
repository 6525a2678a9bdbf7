use std::time::Duration;

use gateway_conformance::wire::http1::Http1Connection;
use gateway_conformance::wire::{WireError, WireRequest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;

use crate::server::{answers, answers_and_closes, read_head, serve};

const EMPTY: &str = "HTTP/1.1 204 No Content\r\n\r\n";
const PROBED: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nprobe";

#[tokio::test]
async fn a_connection_in_step_answers_the_probe() {
    let address = answers([EMPTY, PROBED]).await;
    let mut connection = Http1Connection::open(address).await.unwrap();
    connection.request(&WireRequest::get("/")).await.unwrap();
    let probe = connection
        .assert_in_step(&WireRequest::get("/probe"))
        .await
        .unwrap();
    assert_eq!(probe.text(), "probe");
}

#[tokio::test]
async fn stray_bytes_after_a_response_are_found() {
    for answer in [
        "HTTP/1.1 204 No Content\r\n\r\nstray",
        "HTTP/1.1 204 No Content\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n\r\n",
    ] {
        let address = answers([answer, PROBED]).await;
        let mut connection = Http1Connection::open(address).await.unwrap();
        assert!(
            connection
                .request(&WireRequest::get("/"))
                .await
                .unwrap()
                .is_complete()
        );
        let error = connection
            .assert_in_step(&WireRequest::get("/probe"))
            .await
            .unwrap_err();
        assert!(error.is_stray(), "{answer:?}: {error:?}");
    }
}

#[tokio::test]
async fn stray_bytes_that_come_late_are_found() {
    let address = answers([EMPTY, "lateHTTP/1.1 204 No Content\r\n\r\n"]).await;
    let mut connection = Http1Connection::open(address).await.unwrap();
    connection.request(&WireRequest::get("/")).await.unwrap();
    let error = connection
        .assert_in_step(&WireRequest::get("/probe"))
        .await
        .unwrap_err();
    assert!(error.is_stray());
    assert!(error.to_string().contains("late"), "{error}");
}

#[tokio::test]
async fn a_second_answer_to_one_request_shows_as_the_probes() {
    let address = answers(["HTTP/1.1 204 No Content\r\n\r\n", PROBED]).await;
    let mut connection = Http1Connection::open(address).await.unwrap();
    connection.request(&WireRequest::get("/")).await.unwrap();
    let probe = connection
        .assert_in_step(&WireRequest::get("/probe"))
        .await
        .unwrap();
    assert_eq!(probe.status, 200);
}

#[tokio::test]
async fn what_follows_stays_until_it_is_asked_for() {
    let address = answers_and_closes("HTTP/1.1 204 No Content\r\n\r\nstray").await;
    let mut connection = Http1Connection::open(address).await.unwrap();
    connection.request(&WireRequest::get("/")).await.unwrap();
    assert!(connection.closed().await);
    assert_eq!(connection.rest().await.unwrap(), "stray");

    let address = answers(["HTTP/1.1 204 No Content\r\n\r\nstray"]).await;
    let mut connection = Http1Connection::open(address).await.unwrap();
    connection.request(&WireRequest::get("/")).await.unwrap();
    assert_eq!(
        connection.stray(Duration::from_millis(20)).await.unwrap(),
        "stray"
    );
    connection.set_deadline(Duration::from_millis(20));
    assert!(!connection.closed().await);
    assert!(connection.rest().await.unwrap_err().is_timeout());
}

#[tokio::test]
async fn a_hang_says_what_was_awaited_and_what_came() {
    let address = answers(["HTTP/1.1 200 O"]).await;
    let mut connection = Http1Connection::open(address).await.unwrap();
    connection
        .send_request(&WireRequest::get("/"))
        .await
        .unwrap();
    connection.set_deadline(Duration::from_millis(10));
    loop {
        let error = connection.read_head("GET").await.unwrap_err();
        assert!(error.is_timeout());
        let message = error.to_string();
        assert!(message.contains("response head"), "{message}");
        // The server may be slow; a call that timed out can be repeated.
        if message.contains("HTTP/1.1 200 O") {
            break;
        }
    }
}

#[tokio::test]
async fn a_body_is_sent_after_the_interim_response() {
    let address = serve(async |mut stream| {
        read_head(&mut stream).await;
        stream
            .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")
            .await
            .unwrap();
        let body = read_head(&mut stream).await;
        assert_eq!(body, b"2\r\nab\r\n0\r\n\r\n");
        stream.write_all(EMPTY.as_bytes()).await.unwrap();
    })
    .await;
    let mut connection = Http1Connection::open(address).await.unwrap();
    let request = WireRequest::post("/")
        .header("expect", "100-continue")
        .streamed();
    connection.send_request(&request).await.unwrap();
    assert_eq!(
        connection.read_interim().await.unwrap().unwrap().status,
        100
    );
    connection.send_chunk("ab").await.unwrap();
    connection.send_last_chunk().await.unwrap();
    assert!(connection.read_interim().await.unwrap().is_none());
    let response = connection.read_response("POST").await.unwrap();
    assert_eq!((response.status, response.interim.len()), (204, 1));
}

#[tokio::test]
async fn an_answer_that_comes_before_the_body_is_taken_is_read() {
    let (done, end) = oneshot::channel::<()>();
    let address = serve(async move |mut stream| {
        read_head(&mut stream).await;
        stream
            .write_all(b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n")
            .await
            .unwrap();
        let _ = end.await;
    })
    .await;
    let mut connection = Http1Connection::open(address).await.unwrap();
    let request = WireRequest::post("/").body(vec![0; 64 << 20]);
    assert_eq!(connection.request(&request).await.unwrap().status, 413);
    done.send(()).unwrap();
}

#[tokio::test]
async fn the_server_sees_a_half_close_and_a_reset() {
    let (tell, told) = oneshot::channel();
    let address = serve(async move |mut stream| {
        tell.send(
            stream
                .read_to_end(&mut Vec::new())
                .await
                .map_err(|error| error.kind()),
        )
        .unwrap();
    })
    .await;
    let mut connection = Http1Connection::open(address).await.unwrap();
    connection.send("abc").await.unwrap();
    connection.half_close().await.unwrap();
    assert_eq!(told.await.unwrap(), Ok(3));
    assert!(connection.closed().await);

    let (tell, told) = oneshot::channel();
    let address = serve(async move |mut stream| {
        tell.send(
            stream
                .read_to_end(&mut Vec::new())
                .await
                .map_err(|error| error.kind()),
        )
        .unwrap();
    })
    .await;
    Http1Connection::open(address)
        .await
        .unwrap()
        .reset()
        .unwrap();
    assert_eq!(
        told.await.unwrap(),
        Err(std::io::ErrorKind::ConnectionReset)
    );
}

#[tokio::test]
async fn any_bytes_can_be_the_target() {
    let (tell, told) = oneshot::channel();
    let address = serve(async move |mut stream| {
        tell.send(read_head(&mut stream).await).unwrap();
        stream.write_all(EMPTY.as_bytes()).await.unwrap();
    })
    .await;
    let mut connection = Http1Connection::open(address).await.unwrap();
    let request = WireRequest::get(b"/\xff%zz?\x01").http10().without_host();
    connection.request(&request).await.unwrap();
    assert_eq!(told.await.unwrap(), b"GET /\xff%zz?\x01 HTTP/1.0\r\n\r\n");
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_socket_is_spoken_to_alike() {
    let path = std::env::temp_dir().join(format!("wire-{}.sock", std::process::id()));
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let connection = Http1Connection::open_unix(&path).await;
    std::fs::remove_file(&path).unwrap();
    let mut connection = connection.unwrap();
    let (mut stream, _) = listener.accept().await.unwrap();
    stream.write_all(EMPTY.as_bytes()).await.unwrap();
    assert_eq!(
        connection
            .request(&WireRequest::get("/"))
            .await
            .unwrap()
            .status,
        204
    );
}

#[test]
fn errors_are_small_and_cross_threads() {
    fn is_send_and_sync<T: Send + Sync + 'static>() {}
    is_send_and_sync::<WireError>();
    assert_eq!(size_of::<WireError>(), size_of::<usize>());
}
