//! `FilePart`: a file that was uploaded with a form.

use std::fmt;
use std::fs::File as StdFile;
use std::io::{self, Cursor};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use gateway_core::HttpError;
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

use super::multipart::{PartHead, last_segment};
use super::spool::{SpoolReader, from_io};
use crate::tokio_context;

/// A file of a multipart form: Werkzeug's `FileStorage`. A small one is in memory, a large one on
/// disk. All large files of a form share one file without a name, which is deleted with the last of
/// them.
///
/// A file on disk needs a tokio runtime, for its blocking threads, and none of its drivers: to be
/// written while the form is read, and to be read. Outside a runtime that is an error that says so
/// (L7).
///
/// The client chooses the name and the type. Trust neither.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::Environ;
/// use gateway_util::{EnvironExt, FormLimits};
///
/// let body = "--b\r\ncontent-disposition: form-data; name=\"f\"; filename=\"../a.txt\"\r\n\r\ntext\r\n--b--\r\n";
/// let request = http::Request::post("/").header("content-type", "multipart/form-data; boundary=b");
/// let mut environ = Environ::from_request(request.body(body)?);
/// let mut form = environ.form(FormLimits::default()).await?;
/// let file = form.take_file("f").ok_or_else(gateway_core::HttpError::bad_request)?;
/// assert_eq!((file.file_name(), file.len()), ("a.txt", 4));
/// assert_eq!(file.bytes(1000).await?, "text");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[doc(alias = "FileStorage")]
#[doc(alias = "TempFile")]
pub struct FilePart {
    head: PartHead,
    content: Content,
    /// The content that was too large for memory, of all files of the form.
    spool: Option<Arc<StdFile>>,
}

#[derive(Clone)]
pub(super) enum Content {
    Memory(Bytes),
    /// A part of the form's file.
    Disk(Range<u64>),
}

impl FilePart {
    pub(super) fn new(head: PartHead, content: Content, spool: Option<Arc<StdFile>>) -> Self {
        let spool = spool.filter(|_| matches!(content, Content::Disk(_)));
        Self {
            head,
            content,
            spool,
        }
    }

    /// The name of the field.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.head.name
    }

    /// The name of the file on the client, without the directories that some clients send, `.` and
    /// `..` among them. Empty if none was chosen. It may still be any name: do not write under it.
    #[must_use]
    pub fn file_name(&self) -> &str {
        last_segment(self.head.file_name.as_deref().unwrap_or_default())
    }

    /// The type of the file, as the client names it.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.head.content_type.as_deref()
    }

    /// How many bytes it has.
    #[must_use]
    pub fn len(&self) -> u64 {
        match &self.content {
            Content::Memory(bytes) => bytes.len() as u64,
            Content::Disk(range) => range.end - range.start,
        }
    }

    /// True if it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True if it is on disk.
    #[must_use]
    pub fn is_on_disk(&self) -> bool {
        matches!(self.content, Content::Disk(_))
    }

    /// The content as a reader. Reads of a file on disk fail outside a tokio runtime.
    #[must_use]
    pub fn into_reader(self) -> Box<dyn AsyncRead + Send + Unpin> {
        match (self.content, self.spool) {
            (Content::Memory(bytes), _) => Box::new(Cursor::new(bytes)),
            (Content::Disk(range), Some(spool)) => Box::new(SpoolReader::new(spool, range)),
            (Content::Disk(_), None) => Box::new(tokio::io::empty()),
        }
    }

    /// The content in memory, at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// 413 beyond the limit. 500 if the disk fails, and for a file on disk outside a tokio runtime.
    pub async fn bytes(self, limit: u64) -> Result<Bytes, HttpError> {
        if self.len() > limit {
            return Err(HttpError::payload_too_large());
        }
        if let Content::Memory(bytes) = &self.content {
            return Ok(bytes.clone());
        }
        let mut bytes = Vec::new();
        let mut reader = self.into_reader();
        reader.read_to_end(&mut bytes).await.map_err(from_io)?;
        Ok(bytes.into())
    }

    /// Writes the content to a new file.
    ///
    /// # Errors
    ///
    /// If there is a file of that name (`AlreadyExists`), the disk fails, or there is no tokio
    /// runtime.
    pub async fn save(self, path: impl AsRef<Path>) -> io::Result<()> {
        tokio_context::handle("`FilePart::save`").map_err(io::Error::other)?;
        let mut target = File::create_new(path).await?;
        tokio::io::copy(&mut self.into_reader(), &mut target).await?;
        target.flush().await
    }
}

impl fmt::Debug for FilePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FilePart")
            .field("name", &self.head.name)
            .field("file_name", &self.head.file_name)
            .field("content_type", &self.head.content_type)
            .field("length", &self.len())
            .field("is_on_disk", &self.is_on_disk())
            .finish()
    }
}
