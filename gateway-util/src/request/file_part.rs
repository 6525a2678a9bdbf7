//! An uploaded file.

use std::fmt;
use std::io::{self, Cursor};
use std::path::Path;

use bytes::{Bytes, BytesMut};
use gateway_core::HttpError;
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

use crate::tokio_context;

/// What needs the runtime, in its errors.
const ON_DISK: &str = "a multipart file on disk (`FilePart`)";

/// A file of a multipart form: Werkzeug's `FileStorage`. A small one is in memory, a large one in a
/// file that has no name and is gone with this value.
///
/// A file on disk needs a tokio runtime, for its threads, and none of its drivers: to be written while
/// the form is read, and to be read. Outside of a runtime that is an error that says so (L7).
///
/// Name and type are what the client says; neither is to be trusted.
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
    name: String,
    file_name: String,
    content_type: Option<String>,
    length: u64,
    content: Content,
}

enum Content {
    Memory(BytesMut),
    Disk(File),
}

impl FilePart {
    pub(super) fn new(name: String, file_name: String, content_type: Option<String>) -> Self {
        Self {
            name,
            file_name,
            content_type,
            length: 0,
            content: Content::Memory(BytesMut::new()),
        }
    }

    /// The name of the field.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of the file on the client, without the directories that some clients send, `.` and
    /// `..` among them; empty where none was chosen. It may still be any name: do not write under it.
    #[must_use]
    pub fn file_name(&self) -> &str {
        let last = self.file_name.rsplit(['/', '\\']).next();
        last.filter(|name| !matches!(*name, "." | ".."))
            .unwrap_or_default()
    }

    /// The type of the file as the client names it.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// How many bytes it has.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.length
    }

    /// True if it has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// True if it went to disk.
    #[must_use]
    pub fn is_on_disk(&self) -> bool {
        matches!(self.content, Content::Disk(_))
    }

    /// The content as a reader. One of a file on disk panics outside of a tokio runtime, as tokio's
    /// own readers do.
    #[must_use]
    pub fn into_reader(self) -> Box<dyn AsyncRead + Send + Unpin> {
        match self.content {
            Content::Memory(bytes) => Box::new(Cursor::new(bytes)),
            Content::Disk(file) => Box::new(file),
        }
    }

    /// The content in memory, at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// 413 beyond the limit, 500 when the disk fails, and for a file on disk outside of a tokio runtime.
    pub async fn bytes(self, limit: u64) -> Result<Bytes, HttpError> {
        if self.length > limit {
            return Err(HttpError::payload_too_large());
        }
        match self.content {
            Content::Memory(bytes) => Ok(bytes.freeze()),
            Content::Disk(mut file) => {
                tokio_context::handle(ON_DISK)?;
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes).await.map_err(from_io)?;
                Ok(bytes.into())
            }
        }
    }

    /// Writes the content to a new file.
    ///
    /// # Errors
    ///
    /// When there is a file of that name (`AlreadyExists`), the disk fails, or there is no tokio
    /// runtime.
    pub async fn save(self, path: impl AsRef<Path>) -> io::Result<()> {
        tokio_context::handle("`FilePart::save`").map_err(io::Error::other)?;
        let mut target = File::create_new(path).await?;
        tokio::io::copy(&mut self.into_reader(), &mut target).await?;
        target.flush().await
    }

    pub(super) async fn append(&mut self, chunk: &[u8], room: &mut u64) -> Result<(), HttpError> {
        let length = chunk.len() as u64;
        self.length += length;
        match &mut self.content {
            Content::Memory(bytes) if length <= *room => {
                *room -= length;
                bytes.extend_from_slice(chunk);
            }
            Content::Memory(bytes) => {
                let runtime = tokio_context::handle(ON_DISK)?;
                let file = runtime
                    .spawn_blocking(tempfile::tempfile)
                    .await
                    .map_err(|error| HttpError::internal_server_error().with_source(error))?;
                let mut file = File::from_std(file.map_err(from_io)?);
                file.write_all(bytes).await.map_err(from_io)?;
                file.write_all(chunk).await.map_err(from_io)?;
                // What it held is free for others.
                *room += bytes.len() as u64;
                self.content = Content::Disk(file);
            }
            Content::Disk(file) => {
                tokio_context::handle(ON_DISK)?;
                file.write_all(chunk).await.map_err(from_io)?;
            }
        }
        Ok(())
    }

    /// The part has been read: its content is read from the start now.
    pub(super) async fn finish(&mut self) -> Result<(), HttpError> {
        if let Content::Disk(file) = &mut self.content {
            file.flush().await.map_err(from_io)?;
            file.rewind().await.map_err(from_io)?;
        }
        Ok(())
    }
}

fn from_io(error: io::Error) -> HttpError {
    HttpError::internal_server_error().with_source(error)
}

impl fmt::Debug for FilePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FilePart")
            .field("name", &self.name)
            .field("file_name", &self.file_name)
            .field("content_type", &self.content_type)
            .field("length", &self.length)
            .field("is_on_disk", &self.is_on_disk())
            .finish()
    }
}
