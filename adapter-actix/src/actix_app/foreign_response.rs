//! Converts a response of an actix application.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use actix_http::{ConnectionType, Response};
use actix_web::body::{BodySize, BoxBody, MessageBody as _};
use gateway_core::Error;
use http::{HeaderValue, StatusCode, header};
use tokio::sync::mpsc;

use super::foreign_body::{ForeignBody, Part, body_error};
use crate::request::header_map;

/// The rest of a body that is not in memory, and where it goes.
pub(crate) type Rest = Option<(BoxBody, mpsc::Sender<Part>)>;

/// The response, and what must be sent of its body, which is nothing for HEAD.
///
/// # Errors
///
/// When the body fails before its first chunk (B1).
pub(crate) async fn foreign_response(
    response: Response<BoxBody>,
    is_head: bool,
) -> Result<(http::Response<ForeignBody>, Rest), Error> {
    let (mut head, body) = response.into_parts();
    let size = body.size();
    let mut made = http::Response::new(ForeignBody::default());
    *made.status_mut() = StatusCode::from_u16(head.status().as_u16())?;
    // As actix's own encoder has it: the length is that of the body, with two exceptions.
    let keeps_length = *made.status_mut() == StatusCode::NOT_MODIFIED
        || (size == BodySize::Stream && !head.head().chunked());
    *made.headers_mut() = header_map(head.headers().iter());
    if !keeps_length {
        made.headers_mut().remove(header::CONTENT_LENGTH);
    }
    if head.head().connection_type() == ConnectionType::Close {
        let close = HeaderValue::from_static("close");
        made.headers_mut().append(header::CONNECTION, close);
    }
    if let Some(extensions) = head.extensions_mut().remove::<http::Extensions>() {
        *made.extensions_mut() = extensions;
    }
    if is_head {
        // The body is not run. A handler may have removed it itself, so 0 tells nothing (B6).
        if let BodySize::Sized(length @ 1..) = size {
            let headers = made.headers_mut();
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        return Ok((made, None));
    }
    let (body, rest) = split(body, size).await?;
    *made.body_mut() = body;
    Ok((made, rest))
}

/// The part of a body that is there at once, and the rest.
async fn split(body: BoxBody, size: BodySize) -> Result<(ForeignBody, Rest), Error> {
    let length = match size {
        BodySize::None => return Ok((ForeignBody::default(), None)),
        BodySize::Sized(length) => Some(length),
        BodySize::Stream => None,
    };
    let mut body = match body.try_into_bytes() {
        Ok(bytes) => return Ok((ForeignBody::full(bytes), None)),
        Err(body) => body,
    };
    let first = poll_fn(|cx| {
        Poll::Ready(match Pin::new(&mut body).poll_next(cx) {
            Poll::Ready(first) => Some(first),
            Poll::Pending => None,
        })
    });
    let first = match first.await {
        None => None,
        Some(None) if length.is_some_and(|length| length > 0) => {
            return Err(Error::msg(
                "the body of an actix response is empty, and its size is not 0",
            ));
        }
        Some(None) => return Ok((ForeignBody::full(bytes::Bytes::new()), None)),
        Some(Some(Ok(first))) => Some(first).filter(|first| !first.is_empty()),
        Some(Some(Err(error))) => return Err(body_error(&*error)),
    };
    let (sender, receiver) = mpsc::channel(1);
    let made = ForeignBody::streamed(first, receiver, length);
    Ok((made, Some((body, sender))))
}
