//! `Multipart`: reads a multipart form part by part, as it arrives.

mod charset;
mod head;
mod parser;

use std::fmt;

use bytes::Bytes;
use gateway_core::{Environ, HttpError, Input};

use super::{FormLimits, media_type};
use crate::field::MediaType;
use parser::{Parser, Step};

pub(super) use head::PartHead;

/// RFC 2046 section 5.1.1.
const LONGEST_BOUNDARY: usize = 70;

/// A multipart form (RFC 7578) as it arrives, part by part: for uploads that are passed on, or
/// stored elsewhere than in a temporary file. Made by
/// [`EnvironExt::multipart`](crate::EnvironExt::multipart).
///
/// It reads only what is asked for, so a client sends no faster than the app reads. It holds one
/// chunk of the input and the head of a part in memory.
///
/// - The limits are those of [`FormLimits`]: [`body`](FormLimits::body),
///   [`parts`](FormLimits::parts) and [`part_head`](FormLimits::part_head), and
///   [`text`](FormLimits::text) for [`Part::text`]. Beyond one the response is a 413.
/// - A part that is not read to its end is skipped by the next call of
///   [`next_part`](Self::next_part).
/// - After an error every later call is an error.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{Environ, HttpError};
/// use gateway_util::{EnvironExt, FormLimits};
///
/// async fn count(mut environ: Environ) -> Result<String, HttpError> {
///     let mut multipart = environ.multipart(FormLimits::default().body(1 << 30))?;
///     let mut length = 0;
///     while let Some(mut part) = multipart.next_part().await? {
///         while let Some(chunk) = part.chunk().await? {
///             length += chunk.len();
///         }
///     }
///     Ok(format!("{length} bytes"))
/// }
///
/// let body = "--b\r\ncontent-disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\ntext\r\n--b--\r\n";
/// let request = http::Request::post("/").header("content-type", "multipart/form-data; boundary=b");
/// assert_eq!(count(Environ::from_request(request.body(body)?)).await?, "4 bytes");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[doc(alias = "stream_parser")]
#[must_use = "a form is read part by part"]
pub struct Multipart {
    input: Input,
    parser: Parser,
    limits: FormLimits,
    parts: usize,
    text: u64,
    /// The charset that a field named `_charset_` sets (RFC 7578 section 4.6).
    charset: Option<Vec<u8>>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    BetweenParts,
    InPart,
    Over,
    /// Set after an error, and while a call is in progress: a call that was dropped counts as an
    /// error.
    Failed,
}

impl Multipart {
    /// The form of a request; see [`EnvironExt::multipart`](crate::EnvironExt::multipart).
    pub(super) fn of(environ: &mut Environ, limits: FormLimits) -> Result<Self, HttpError> {
        let is_form = |media_type: MediaType<'_>| {
            media_type::is_multipart_form(&media_type).then(|| {
                media_type
                    .parameter("boundary")
                    .map(|boundary| boundary.into_owned())
            })
        };
        let boundary =
            media_type::of(environ, is_form)?.ok_or_else(HttpError::unsupported_media_type)?;
        let boundary = boundary
            .filter(|boundary| (1..=LONGEST_BOUNDARY).contains(&boundary.len()))
            .ok_or_else(|| {
                HttpError::bad_request().with_source("a multipart form has no boundary")
            })?;
        media_type::check_length(environ, limits.body)?;
        let mut input = environ.take_input();
        input.limit(limits.body);
        Ok(Self {
            input,
            parser: Parser::new(&boundary, limits.part_head),
            parts: 0,
            text: limits.text,
            limits,
            charset: None,
            stage: Stage::BetweenParts,
        })
    }

    /// The next part, `None` at the end of the form.
    ///
    /// # Errors
    ///
    /// 413 beyond a limit, 400 for a broken form.
    pub async fn next_part(&mut self) -> Result<Option<Part<'_>>, HttpError> {
        while self.stage == Stage::InPart {
            self.chunk().await?;
        }
        if self.stage == Stage::Over {
            return Ok(None);
        }
        match self.step().await? {
            Step::Head(head) => {
                self.parts += 1;
                if self.parts > self.limits.parts {
                    self.stage = Stage::Failed;
                    return Err(HttpError::payload_too_large());
                }
                self.stage = Stage::InPart;
                Ok(Some(Part {
                    multipart: self,
                    head,
                }))
            }
            _ => {
                // The text after the last boundary has no meaning. It is read because a host closes
                // a connection with unread input, even if only the end of a chunked body is left
                // (I5).
                while self.input.chunk().await?.is_some() {}
                self.stage = Stage::Over;
                Ok(None)
            }
        }
    }

    /// A chunk of the part that is being read.
    async fn chunk(&mut self) -> Result<Option<Bytes>, HttpError> {
        if self.stage != Stage::InPart {
            return Ok(None);
        }
        if let Step::Data(data) = self.step().await? {
            return Ok(Some(data));
        }
        self.stage = Stage::BetweenParts;
        Ok(None)
    }

    async fn step(&mut self) -> Result<Step, HttpError> {
        if self.stage == Stage::Failed {
            return Err(HttpError::bad_request().with_source("the form was broken before"));
        }
        loop {
            let step = match self.parser.step() {
                Ok(Step::More) => {
                    self.input
                        .chunk()
                        .await
                        .map_err(HttpError::from)
                        .and_then(|chunk| {
                            chunk.ok_or_else(|| {
                                HttpError::bad_request().with_source("a multipart form has no end")
                            })
                        })
                }
                step => return step.inspect_err(|_| self.stage = Stage::Failed),
            };
            match step {
                Ok(chunk) => self.parser.feed(chunk),
                Err(error) => {
                    self.stage = Stage::Failed;
                    return Err(error);
                }
            }
        }
    }
}

impl fmt::Debug for Multipart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Multipart")
            .field("parts", &self.parts)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// A part of a [`Multipart`] form: a field, or a file. The client chooses names and types. Trust
/// none of them.
#[must_use = "a part is read by its chunks"]
pub struct Part<'a> {
    multipart: &'a mut Multipart,
    head: PartHead,
}

impl Part<'_> {
    /// The name of the field.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.head.name
    }

    /// The name of the file on the client, without directories. Empty if none was chosen. `None`
    /// for a field that is not a file. See [`FilePart::file_name`](crate::FilePart::file_name).
    #[must_use]
    pub fn file_name(&self) -> Option<&str> {
        self.head.file_name.as_deref().map(last_segment)
    }

    /// The type of the part, as the client names it.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.head.content_type.as_deref()
    }

    /// The next chunk of the content, `None` at its end.
    ///
    /// # Errors
    ///
    /// 413 beyond a limit, 400 for a broken form.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, HttpError> {
        self.multipart.chunk().await
    }

    /// The rest of the content in memory, at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// As [`chunk`](Self::chunk), and 413 beyond `limit`.
    pub async fn bytes(self, limit: u64) -> Result<Bytes, HttpError> {
        let mut limit = limit;
        self.multipart.rest(&mut limit).await.map(Bytes::from)
    }

    /// The rest of the content as text, in the charset that the part or the form names, or else
    /// UTF-8. Malformed bytes become U+FFFD. All parts that are read in this way share
    /// [`FormLimits::text`].
    ///
    /// # Errors
    ///
    /// As [`chunk`](Self::chunk), and 415 for an unknown charset.
    pub async fn text(self) -> Result<String, HttpError> {
        let mut left = self.multipart.text;
        let bytes = self.multipart.rest(&mut left).await?;
        self.multipart.text = left;
        let named = charset::named(&self.head);
        let charset = named.as_deref().or(self.multipart.charset.as_deref());
        let text = charset::decode(bytes, charset)?;
        if self.head.name == "_charset_" {
            self.multipart.charset = Some(text.clone().into_bytes());
        }
        Ok(text)
    }

    pub(super) fn into_head(self) -> PartHead {
        self.head
    }
}

impl Multipart {
    async fn rest(&mut self, left: &mut u64) -> Result<Vec<u8>, HttpError> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            *left = left
                .checked_sub(chunk.len() as u64)
                .ok_or_else(HttpError::payload_too_large)?;
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

/// The name of a file without the directories that some clients send, `.` and `..` among them. A
/// separator may be at its end, too: `a\` is a name on other systems.
pub(super) fn last_segment(name: &str) -> &str {
    let name = name.trim_end_matches(['/', '\\']);
    let last = name.rsplit(['/', '\\']).next();
    last.filter(|name| !matches!(*name, "." | ".."))
        .unwrap_or_default()
}

impl fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head.fmt(f)
    }
}
