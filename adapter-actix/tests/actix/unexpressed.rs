//! Requests that actix accepts and `http` 1 cannot express: the gateway refuses them.

use std::sync::mpsc;
use std::time::Duration;

use adapter_actix::ActixService;
use gateway_core::{Ended, Outcome, RequestSummary, view};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::server::Server;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// A frame (RFC 9113 section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// The header block of a GET (RFC 7541): two fields of the static table, and two literals. No client
/// of a library sends such a path.
fn get(path: &str) -> Vec<u8> {
    let (method, scheme, path_name, authority_name) = (0x82, 0x86, 0x04, 0x01);
    let mut block = vec![method, scheme];
    for (name, value) in [(path_name, path), (authority_name, "a.example")] {
        block.push(name);
        put_length(&mut block, value.len());
        block.extend_from_slice(value.as_bytes());
    }
    block
}

/// An integer with a prefix of seven bits (RFC 7541 section 5.1).
fn put_length(block: &mut Vec<u8>, length: usize) {
    let Some(mut left) = length.checked_sub(0x7f) else {
        return block.push(u8::try_from(length).unwrap());
    };
    block.push(0x7f);
    while left >= 0x80 {
        block.push(0x80 | u8::try_from(left & 0x7f).unwrap());
        left >>= 7;
    }
    block.push(u8::try_from(left).unwrap());
}

/// A request without a body on the first stream. No frame is longer than all servers take.
fn request(block: &[u8]) -> Vec<u8> {
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame(SETTINGS, 0, 0, b""));
    let parts: Vec<&[u8]> = block.chunks(16_384).collect();
    for (at, part) in parts.iter().enumerate() {
        let (kind, flags) = match at {
            0 => (HEADERS, END_STREAM),
            _ => (CONTINUATION, 0),
        };
        let is_last = at + 1 == parts.len();
        let end = if is_last { END_HEADERS } else { 0 };
        bytes.extend(frame(kind, flags | end, 1, part));
    }
    bytes
}

/// The first stream's header block, and its data.
async fn response(socket: &mut TcpStream) -> (Vec<u8>, String) {
    let (mut block, mut data) = (Vec::new(), Vec::new());
    loop {
        let mut head = [0; 9];
        socket.read_exact(&mut head).await.unwrap();
        let [_, a, b, kind, flags, _, _, _, stream] = head;
        let mut payload = vec![0; usize::from(u16::from_be_bytes([a, b]))];
        socket.read_exact(&mut payload).await.unwrap();
        if stream != 1 {
            continue;
        }
        match kind {
            HEADERS => block = payload,
            DATA => data.extend(payload),
            _ => {}
        }
        if matches!(kind, HEADERS | DATA) && flags & END_STREAM != 0 {
            return (block, String::from_utf8(data).unwrap());
        }
    }
}

/// `http` 0.2 limits the length of a target only where it parses a whole one, which HTTP/2 does not send.
#[tokio::test]
async fn e17_l8_a_path_over_64_kib_gets_the_gateways_page_over_http_2() {
    let (sender, told) = mpsc::channel();
    let observer = move |request: &RequestSummary, outcome: &Outcome| {
        let status = outcome.status().map(|status| status.as_u16());
        let entry = (request.target().len(), status, outcome.ended());
        let _ = sender.send(entry);
    };
    let service = ActixService::new(view(async |_| "called")).with_observer(observer);
    let server = Server::start(move |config| {
        config.service(service.clone().mount(""));
    });
    let longest = usize::from(u16::MAX) - 1;
    for (length, status, ended) in [
        (longest, 200, Ended::Completed),
        (longest + 1, 400, Ended::Refused),
        (70_000, 400, Ended::Refused),
    ] {
        let path = format!("/{}", "a".repeat(length - 1));
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        socket.write_all(&request(&get(&path))).await.unwrap();
        let (block, page) = response(&mut socket).await;
        // `:status` of the static table.
        let code = if status == 200 { 0x88 } else { 0x8c };
        assert_eq!(block[0], code, "{length}: {block:x?}");
        let is_page = page.contains("400 Bad Request");
        assert_eq!(is_page, status == 400, "{length}: {page}");
        let last = told.recv_timeout(Duration::from_secs(20));
        assert_eq!(last, Ok((length, Some(status), ended)));
    }
}
