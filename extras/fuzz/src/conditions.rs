use std::time::{Duration, UNIX_EPOCH};

use futures_executor::block_on;
use gateway_core::{Environ, Response, TryIntoResponse};
use gateway_util::{Conditions, ETag, ResponseFields};
use http::{Method, Request};

const TEXT: &str = "0123456789";

/// The bytes are a method's first letter, and header lines: conditions and a range (RFC 9110 sections 13
/// and 14).
pub fn conditions(data: &[u8]) {
    let mut request = Request::new(());
    *request.headers_mut() = crate::headers(data.get(1..).unwrap_or_default());
    let method = match data.first() {
        Some(b'H') => Method::HEAD,
        Some(b'P') => Method::PUT,
        _ => Method::GET,
    };
    *request.method_mut() = method.clone();
    let is_ranged = request.headers().contains_key("range") && method == Method::GET;
    let conditions = Conditions::of(&Environ::from_request(request));
    let tag = ETag::strong("v1").expect("a tag");
    let modified = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let response = || -> Response {
        let mut response = TEXT.try_into_response().expect("a response");
        response.set_etag(&tag);
        response.set_last_modified(modified);
        response
    };
    let whole = conditions.apply(response());
    assert!([200, 304, 412].contains(&whole.status().as_u16()));
    let response = conditions.apply_with_ranges(response());
    match response.status().as_u16() {
        206 => {
            assert!(is_ranged);
            let range = response.headers()["content-range"].to_str().expect("text");
            let (first, last) = range
                .strip_prefix("bytes ")
                .and_then(|range| range.strip_suffix("/10"))
                .and_then(|range| range.split_once('-'))
                .expect("a range");
            let bounds = (first.parse::<usize>(), last.parse::<usize>());
            let (Ok(first), Ok(last)) = bounds else {
                panic!("{range}");
            };
            let body = block_on(response.into_body().bytes()).expect("a part");
            assert_eq!(body, TEXT.as_bytes()[first..=last]);
        }
        416 => {
            assert!(is_ranged);
            assert_eq!(response.headers()["content-range"], "bytes */10");
        }
        status => assert_eq!(status, whole.status().as_u16()),
    }
}
