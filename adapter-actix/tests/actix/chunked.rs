//! The chunked coding that the adapter applies by itself, where actix announces it and does not.

use std::sync::{Arc, Mutex};

use actix_web::App;
use actix_web::body::{BodySize, MessageBody, to_bytes};
use actix_web::test::{TestRequest, call_service, init_service};
use bytes::Bytes;
use gateway_core::{Body, view};
use proptest::prelude::*;

/// RFC 9112 section 7.1, without extensions and trailers.
fn decoded(mut coded: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    loop {
        let line = coded.iter().position(|byte| *byte == b'\n')?;
        let size = std::str::from_utf8(coded[..line].strip_suffix(b"\r")?).ok()?;
        let size = usize::from_str_radix(size, 16).ok()?;
        let (chunk, rest) = coded[line + 1..].split_at_checked(size)?;
        content.extend_from_slice(chunk);
        coded = rest.strip_prefix(b"\r\n")?;
        if size == 0 {
            return coded.is_empty().then_some(content);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn b4_any_stream_after_a_declined_offer_is_framed(
        chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..20), 0..6),
    ) {
        let expected = chunks.concat();
        let chunks = Arc::new(Mutex::new(chunks));
        let (size, sent) = actix_web::rt::System::new().block_on(async {
            let app = adapter_actix::service(view(move |_| {
                let chunks = chunks.lock().unwrap().clone();
                async { Body::from_chunks(chunks.into_iter().map(Bytes::from)) }
            }));
            let service = init_service(App::new().default_service(app)).await;
            let offer = TestRequest::get()
                .insert_header(("host", "a.example"))
                .insert_header(("connection", "upgrade"))
                .insert_header(("upgrade", "websocket"));
            let response = call_service(&service, offer.to_request()).await;
            let size = response.response().body().size();
            (size, to_bytes(response.into_body()).await.unwrap())
        });
        if size == BodySize::Stream {
            prop_assert_eq!(decoded(&sent), Some(expected));
        } else {
            // What ends at its first look has a length.
            prop_assert_eq!(&*sent, &*expected);
        }
    }
}
