//! The writing half of a connection.

use std::pin::{Pin, pin};

use bytes::Bytes;
use gateway_core::Outgoing;
use http::{HeaderMap, Method, Version, request};
use http_body::{Body as _, Frame};
use tokio::io::AsyncWriteExt as _;
use tokio::net::tcp::OwnedWriteHalf;

use crate::fault::Fault;
use crate::middleware::{CARRIES, EMPTY_CHUNK};

/// What the writer has to know of the request.
#[derive(Clone, Copy)]
pub(crate) struct Request {
    is_head: bool,
    version: Version,
    closes: bool,
    takes_trailers: bool,
}

impl Request {
    pub(crate) fn of(parts: &request::Parts) -> Self {
        let has = |name: &str, wanted: &str| {
            let mut values = parts.headers.get_all(name).iter();
            values.any(|value| {
                value
                    .to_str()
                    .is_ok_and(|value| value.eq_ignore_ascii_case(wanted))
            })
        };
        Self {
            is_head: parts.method == Method::HEAD,
            version: parts.version,
            closes: parts.version == Version::HTTP_10 || has("connection", "close"),
            takes_trailers: has("te", "trailers"),
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Framing {
    None,
    Length,
    Chunked,
    Close,
}

/// Writes the answer and says whether the connection can take another request.
pub(crate) async fn send(
    writer: &mut OwnedWriteHalf,
    request: Request,
    answer: http::Response<Outgoing>,
    fault: Option<Fault>,
) -> bool {
    let (mut parts, body) = answer.into_parts();
    let carried = parts.headers.remove(CARRIES);
    let carried = carried.as_ref().and_then(|value| value.to_str().ok());
    if carried == Some("close") {
        return false;
    }
    let mut body = Box::pin(body);
    let mut status = parts.status.as_u16();
    if status == 299 && carried == Some("204") {
        status = 204;
    }
    if status == 299 && carried == Some("switch") {
        status = 101;
    }
    let framing = framing(
        request,
        parts.status.as_u16(),
        &parts.headers,
        &body,
        fault,
        carried,
    );
    let mut head = head_of(status, &parts.headers, fault);
    match carried {
        Some("split") => head.push_str("x-split: a\r\nset-cookie: evil=1\r\n"),
        Some("204" | "switch") | None => {}
        Some(length) => head.push_str(&format!("content-length: {length}\r\n")),
    }
    if fault == Some(Fault::LengthOn304) && status == 304 {
        head.push_str("content-length: 5\r\n");
    }
    if framing == Framing::Length
        && !parts.headers.contains_key("content-length")
        && carried.is_none_or(|carried| carried.parse::<u64>().is_err())
    {
        let length = body.size_hint().exact().unwrap_or_default();
        head.push_str(&format!("content-length: {length}\r\n"));
    }
    if framing == Framing::Chunked {
        head.push_str("transfer-encoding: chunked\r\n");
    }
    let asked = parts
        .headers
        .get("connection")
        .is_some_and(|value| value == "close");
    let closes = asked || request.closes || framing == Framing::Close;
    if closes && !asked {
        head.push_str("connection: close\r\n");
    }
    head.push_str("\r\n");
    let trailers = request.takes_trailers && parts.headers.contains_key("trailer");
    let trailers = trailers || fault == Some(Fault::SendsTrailersAlways);
    let mut held = Vec::new();
    if fault == Some(Fault::BuffersStreams) && framing == Framing::Chunked {
        while let Some(frame) = next(&mut body).await {
            held.push(frame);
            // There are streams without an end.
            if held.len() > 5000 {
                break;
            }
        }
    }
    if writer.write_all(&latin1(&head)).await.is_err() {
        return false;
    }
    let sent = send_body(writer, &mut body, held, framing, trailers, fault).await;
    if fault == Some(Fault::NeverClosesBodies) {
        std::mem::forget(body);
    }
    sent && !closes
}

/// Header values may hold bytes above ASCII; the head keeps them as characters of Latin-1.
pub(crate) fn latin1(head: &str) -> Vec<u8> {
    head.chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect()
}

pub(crate) fn head_of(status: u16, headers: &HeaderMap, fault: Option<Fault>) -> String {
    let mut head = format!("HTTP/1.1 {status} \r\n");
    let text = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| char::from(*byte))
            .collect::<String>()
    };
    let mut cookies = Vec::new();
    for (name, value) in headers {
        if fault == Some(Fault::JoinsSetCookie) && name == "set-cookie" {
            cookies.push(text(value.as_bytes()));
            continue;
        }
        head.push_str(&format!("{name}: {}\r\n", text(value.as_bytes())));
    }
    if !cookies.is_empty() {
        head.push_str(&format!("set-cookie: {}\r\n", cookies.join(", ")));
    }
    head
}

fn framing(
    request: Request,
    status: u16,
    headers: &HeaderMap,
    body: &Outgoing,
    fault: Option<Fault>,
    carried: Option<&str>,
) -> Framing {
    let is_head = request.is_head && fault != Some(Fault::BodyOnHead);
    let carries_length = carried.is_some_and(|carried| carried.parse::<u64>().is_ok());
    if is_head || matches!(status, 204 | 304) {
        return Framing::None;
    }
    if headers.contains_key("content-length")
        || body.size_hint().exact().is_some()
        || (carries_length && carried != Some("204"))
    {
        return Framing::Length;
    }
    match request.version {
        Version::HTTP_10 => Framing::Close,
        _ => Framing::Chunked,
    }
}

async fn next(body: &mut Pin<Box<Outgoing>>) -> Option<Result<Frame<Bytes>, gateway_core::Error>> {
    std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await
}

/// Writes the body and says whether it is whole.
async fn send_body(
    writer: &mut OwnedWriteHalf,
    body: &mut Pin<Box<Outgoing>>,
    held: Vec<Result<Frame<Bytes>, gateway_core::Error>>,
    framing: Framing,
    trailers: bool,
    fault: Option<Fault>,
) -> bool {
    if framing == Framing::None {
        return true;
    }
    let mut held = held.into_iter();
    let mut end = b"0\r\n\r\n".to_vec();
    loop {
        let frame = match held.next() {
            Some(frame) => Some(frame),
            None => next(body).await,
        };
        let data = match frame {
            None => break,
            Some(Err(_)) if fault == Some(Fault::EndsCleanlyOnErrors) => break,
            Some(Err(_)) => return false,
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => data,
                Err(frame) => {
                    if trailers {
                        end = b"0\r\n".to_vec();
                        for (name, value) in &frame.into_trailers().unwrap() {
                            end.extend_from_slice(format!("{name}: ").as_bytes());
                            end.extend_from_slice(value.as_bytes());
                            end.extend_from_slice(b"\r\n");
                        }
                        end.extend_from_slice(b"\r\n");
                    }
                    continue;
                }
            },
        };
        let data = match fault {
            Some(Fault::SendsEmptyChunks) if data == EMPTY_CHUNK => Bytes::new(),
            Some(Fault::ReplacesNulls) => data
                .iter()
                .map(|byte| if *byte == 0 { b' ' } else { *byte })
                .collect(),
            _ => data,
        };
        let mut out = Vec::with_capacity(data.len() + 16);
        if framing == Framing::Chunked {
            out.extend_from_slice(format!("{:x}\r\n", data.len()).as_bytes());
            out.extend_from_slice(&data);
            out.extend_from_slice(b"\r\n");
        } else {
            out.extend_from_slice(&data);
        }
        if pin!(writer.write_all(&out)).await.is_err() {
            return false;
        }
    }
    framing != Framing::Chunked || writer.write_all(&end).await.is_ok()
}
