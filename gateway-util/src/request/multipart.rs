//! Multipart forms, read in bounded memory.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use gateway_core::{HttpError, Input, InputError};
use mime::Mime;
use multer::{Constraints, Field, Multipart, SizeLimit};

use super::{FilePart, Form, FormLimits};

/// How much may be read without a part or a chunk of one coming out: the head of a part.
const MAX_HEAD: u64 = 64 * 1024;

/// Reads a form; what it holds in memory is bounded by the limits, not by what is sent.
pub(super) async fn read(
    mut input: Input,
    mime: &Mime,
    limits: &FormLimits,
) -> Result<Form, HttpError> {
    let boundary = mime
        .get_param(mime::BOUNDARY)
        .ok_or_else(|| HttpError::bad_request().with_source("a multipart form has no boundary"))?;
    input.limit(limits.body);
    let gate = Arc::<Gate>::default();
    let source = Gated {
        input: &mut input,
        gate: gate.clone(),
    };
    let constraints =
        Constraints::new().size_limit(SizeLimit::new().whole_stream(limits.body.saturating_add(1)));
    let mut multipart = Multipart::with_constraints(source, boundary.as_str(), constraints);

    let mut form = Form::default();
    let mut text_left = limits.text;
    let mut memory_left = limits.in_memory;
    let mut parts = 0;
    while let Some(mut field) = gate.pass(multipart.next_field()).await? {
        parts += 1;
        if parts > limits.parts {
            return Err(HttpError::payload_too_large());
        }
        let name = field
            .name()
            .ok_or_else(|| HttpError::bad_request().with_source("a part of a form has no name"))?
            .to_owned();
        let Some(file_name) = field.file_name().map(str::to_owned) else {
            let text = read_text(&gate, &mut field, &mut text_left).await?;
            form.fields.push(name, text);
            continue;
        };
        let content_type = field.content_type().map(ToString::to_string);
        let mut file = FilePart::new(name, file_name, content_type);
        while let Some(chunk) = gate.pass(field.chunk()).await? {
            file.append(&chunk, &mut memory_left).await?;
        }
        file.finish().await?;
        form.files.push(file);
    }
    drop(multipart);
    // What follows the last boundary says nothing, but a host closes a connection on which something
    // was left, be it the end of a chunked body (I5).
    while input.chunk().await?.is_some() {}
    Ok(form)
}

async fn read_text(
    gate: &Gate,
    field: &mut Field<'_>,
    left: &mut u64,
) -> Result<String, HttpError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = gate.pass(field.chunk()).await? {
        *left = left
            .checked_sub(chunk.len() as u64)
            .ok_or_else(HttpError::payload_too_large)?;
        bytes.extend_from_slice(&chunk);
    }
    // As in the other kind of form: what is not UTF-8 becomes U+FFFD.
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// Lets the parser have a chunk only when it cannot go on without one.
///
/// The parser takes all that its source has ready into one buffer before it parses, whatever it has
/// there already: a body that arrives faster than it is written to disk would end up in memory.
#[derive(Debug, Default)]
struct Gate {
    is_open: AtomicBool,
    /// What was let through since the last thing came out.
    unparsed: AtomicU64,
}

impl Gate {
    /// Polls with the gate closed first, and opens it for one chunk when nothing came out.
    async fn pass<T>(
        &self,
        step: impl Future<Output = Result<T, multer::Error>>,
    ) -> Result<T, HttpError> {
        let mut step = pin!(step);
        let outcome = std::future::poll_fn(|cx| {
            self.is_open.store(false, Ordering::Relaxed);
            if let Poll::Ready(outcome) = step.as_mut().poll(cx) {
                return Poll::Ready(outcome);
            }
            self.is_open.store(true, Ordering::Relaxed);
            step.as_mut().poll(cx)
        })
        .await;
        self.unparsed.store(0, Ordering::Relaxed);
        outcome.map_err(from_multer)
    }
}

struct Gated<'a> {
    input: &'a mut Input,
    gate: Arc<Gate>,
}

impl Stream for Gated<'_> {
    type Item = Result<Bytes, Failed>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if !self.gate.is_open.load(Ordering::Relaxed) {
            // Who closed it polls again with it open.
            return Poll::Pending;
        }
        if self.gate.unparsed.load(Ordering::Relaxed) > MAX_HEAD {
            return Poll::Ready(Some(Err(Failed::HeadTooLarge)));
        }
        let chunk = ready!(Pin::new(&mut *self.input).poll_next(cx));
        self.gate.is_open.store(false, Ordering::Relaxed);
        Poll::Ready(match chunk {
            None => None,
            Some(Ok(chunk)) => {
                let length = chunk.len() as u64;
                self.gate.unparsed.fetch_add(length, Ordering::Relaxed);
                // The parser asks for more at once and is told to wait: it has to be called again.
                cx.waker().wake_by_ref();
                Some(Ok(chunk))
            }
            Some(Err(error)) => Some(Err(Failed::Input(error))),
        })
    }
}

/// Why the source of the parser failed.
#[derive(Debug)]
enum Failed {
    Input(InputError),
    HeadTooLarge,
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Input(error) => error.fmt(f),
            Self::HeadTooLarge => f.write_str("the head of a part of a form is too large"),
        }
    }
}

impl std::error::Error for Failed {}

/// The answer to a form that could not be read.
fn from_multer(error: multer::Error) -> HttpError {
    if let multer::Error::StreamReadFailed(source) = &error {
        return match source.downcast_ref::<Failed>() {
            Some(Failed::Input(error)) => error.clone().into(),
            Some(Failed::HeadTooLarge) => HttpError::payload_too_large().with_source(error),
            None => HttpError::bad_request().with_source(error),
        };
    }
    match error {
        multer::Error::StreamSizeExceeded { .. } | multer::Error::FieldSizeExceeded { .. } => {
            HttpError::payload_too_large()
        }
        _ => HttpError::bad_request(),
    }
    .with_source(error)
}
