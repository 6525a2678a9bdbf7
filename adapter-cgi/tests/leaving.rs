//! L3: a client that leaves in mid-stream ends the app's body, and what is behind an app.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests may fail like a test"
)]

mod support;

use adapter_cgi::{CgiProtocol, CgiService};
use support::{Connection, begin, endless, params, record, reports, within};
use tokio::io::AsyncReadExt;

const SCGI: &[u8] =
    b"69:CONTENT_LENGTH\x000\0SCGI\x001\0REQUEST_METHOD\0GET\0REQUEST_URI\0/\0HTTP_HOST\0a\0,";
const UWSGI: &[u8] = b"\0\x33\0\0\x0e\0REQUEST_METHOD\x03\0GET\x0b\0REQUEST_URI\x01\0/\
    \x09\0HTTP_HOST\x01\0a";

#[tokio::test]
async fn l3_a_front_end_that_leaves_in_mid_stream_ends_the_body() {
    for protocol in CgiProtocol::ALL {
        let (log, mut seen) = reports();
        let mut connection = Connection::open(CgiService::new(endless(log)), *protocol);
        match protocol {
            CgiProtocol::FastCgi => {
                let pairs = [
                    ("REQUEST_METHOD", "GET"),
                    ("REQUEST_URI", "/"),
                    ("HTTP_HOST", "a"),
                ];
                connection
                    .send(vec![
                        begin(1, 1, true),
                        record(4, 1, &params(&pairs)),
                        record(4, 1, b""),
                        record(5, 1, b""),
                    ])
                    .await;
            }
            CgiProtocol::Scgi => connection.write(SCGI).await,
            _ => connection.write(UWSGI).await,
        }
        let mut some = vec![0; 300_000];
        let read = connection.stream.read_exact(&mut some);
        within("a part of the response", read).await.unwrap();
        assert!(
            some.windows(9).any(|bytes| bytes == b"xxxxxxxxx"),
            "{protocol}"
        );
        // Whoever leaves is no error of the app.
        connection.ended().await.unwrap();
        assert_eq!(seen.next().await, "dropped", "{protocol}");
    }
}

#[tokio::test]
async fn l3_cgi_sees_at_a_write_that_nobody_takes_it() {
    let (log, mut seen) = reports();
    let service = CgiService::new(endless(log));
    let (mut front_end, output) = tokio::io::duplex(64 * 1024);
    let variables = [("REQUEST_METHOD", "GET"), ("SERVER_PROTOCOL", "HTTP/1.0")];
    let serving = service.serve_cgi(variables, tokio::io::empty(), output);
    let leaving = async {
        let mut some = vec![0; 300_000];
        front_end.read_exact(&mut some).await.unwrap();
        drop(front_end);
    };
    let (served, ()) = within("the end", async { tokio::join!(serving, leaving) }).await;
    assert!(served.unwrap_err().is_gone());
    assert_eq!(seen.next().await, "dropped");
}

#[cfg(unix)]
mod fastcgi_client {
    use adapter_cgi::FastCgiClient;
    use bytes::BytesMut;
    use gateway_core::{Gateway, Input};
    use http::Request;
    use http_body_util::BodyExt;
    use tokio::io::AsyncReadExt;
    use tokio::net::UnixListener;

    use super::support::{receive_from, record, send_to, within};

    /// php-fpm learns of it in this way, and ends the script at its next output.
    #[tokio::test]
    async fn l3_a_client_that_leaves_closes_the_connection_to_the_fastcgi_server() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        for leaves_after_head in [false, true] {
            let gateway = Gateway::new(FastCgiClient::unix(&path).root("/srv"));
            let (parts, input) = Request::get("/a.php")
                .body(Input::empty())
                .unwrap()
                .into_parts();
            let mut handled = Box::pin(gateway.handle(gateway.environ(parts, input)));
            let accepted = async {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut buffer = BytesMut::new();
                // The request is whole with the end of its input.
                loop {
                    let record = receive_from(&mut stream, &mut buffer).await.unwrap();
                    if record.kind == 5 && record.content.is_empty() {
                        return stream;
                    }
                }
            };
            let mut stream = tokio::select! {
                _ = &mut handled => panic!("there is no response"),
                stream = within("the request", accepted) => stream,
            };
            if leaves_after_head {
                let output = b"Content-Type: text/plain\r\n\r\nsome";
                send_to(&mut stream, vec![record(6, 1, output)]).await;
                let mut response = within("a response", handled).await;
                let first = within("a frame", response.body_mut().frame()).await;
                assert_eq!(first.unwrap().unwrap().into_data().unwrap(), "some");
                drop(response);
            } else {
                drop(handled);
            }
            let mut rest = Vec::new();
            // The end, or a reset.
            let read = within("the end", stream.read_to_end(&mut rest)).await;
            assert!(read.is_err() || rest.is_empty(), "{rest:?}");
        }
    }
}
