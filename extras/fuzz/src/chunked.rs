use std::sync::{Mutex, PoisonError};

use actix_web::body::{BodySize, MessageBody, to_bytes};
use actix_web::test::{TestRequest, call_service, init_service};
use bytes::Bytes;
use gateway_core::{Body, view};

static CHUNKS: Mutex<Vec<Bytes>> = Mutex::new(Vec::new());

/// The bytes are the chunks of a stream, each ended by LF. adapter-actix codes them by itself where a
/// client offers a WebSocket and none is taken.
pub fn chunked(data: &[u8]) {
    let chunks: Vec<_> = data.split(|byte| *byte == b'\n').map(Bytes::copy_from_slice).collect();
    *CHUNKS.lock().unwrap_or_else(PoisonError::into_inner) = chunks;
    let answer = async {
        let app = adapter_actix::service(view(async |_| {
            let chunks = CHUNKS.lock().unwrap_or_else(PoisonError::into_inner).clone();
            Body::from_chunks(chunks)
        }));
        let service = init_service(actix_web::App::new().default_service(app)).await;
        let request = TestRequest::get()
            .uri("/")
            .insert_header(("host", "a.example"))
            .insert_header(("connection", "upgrade"))
            .insert_header(("upgrade", "websocket"));
        let response = call_service(&service, request.to_request()).await;
        let size = response.response().body().size();
        (size, to_bytes(response.into_body()).await)
    };
    let (size, sent) = actix_web::rt::System::new().block_on(answer);
    let sent = sent.expect("a whole body");
    let expected: Vec<u8> = data.iter().copied().filter(|byte| *byte != b'\n').collect();
    match size {
        BodySize::Stream => assert_eq!(decoded(&sent), expected),
        // What ends with its first look has a length.
        _ => assert_eq!(sent, expected),
    }
}

/// RFC 9112 section 7.1, without extensions and trailers.
fn decoded(mut coded: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    loop {
        let (size, rest) = crate::cut(coded, b'\n');
        let size = size.strip_suffix(b"\r").expect("a line ends with CR LF");
        let size = std::str::from_utf8(size).expect("a size in ASCII");
        let size = usize::from_str_radix(size, 16).expect("a size in hexadecimal digits");
        let (chunk, rest) = rest.split_at(size);
        content.extend_from_slice(chunk);
        coded = rest.strip_prefix(b"\r\n").expect("data ends with CR LF");
        if size == 0 {
            assert!(coded.is_empty(), "nothing follows the last chunk");
            return content;
        }
    }
}
