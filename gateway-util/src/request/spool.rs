//! The temporary file for uploads that are too large for memory.

use std::fs::File as StdFile;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use gateway_core::HttpError;
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};
use tokio::task::JoinHandle;

use crate::tokio_context;

/// The name of the feature in errors about a missing runtime.
const ON_DISK: &str = "a multipart file on disk (`FilePart`)";

/// How many bytes are read at a time.
const CHUNK: usize = 64 * 1024;

/// A file without a name, made at the first write. A form has one for all its files, so it takes
/// one descriptor.
#[derive(Default)]
pub(super) struct Spool {
    file: Option<File>,
    length: u64,
}

impl Spool {
    pub(super) fn len(&self) -> u64 {
        self.length
    }

    /// # Errors
    ///
    /// 500 if the disk fails.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), HttpError> {
        let runtime = tokio_context::handle(ON_DISK)?;
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let file = runtime
                    .spawn_blocking(tempfile::tempfile)
                    .await
                    .map_err(|error| HttpError::internal_server_error().with_source(error))?;
                self.file.insert(File::from_std(file.map_err(from_io)?))
            }
        };
        file.write_all(bytes).await.map_err(from_io)?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// The file, for readers. It is deleted when the last of them is dropped.
    pub(super) async fn finish(self) -> Result<Option<Arc<StdFile>>, HttpError> {
        let Some(mut file) = self.file else {
            return Ok(None);
        };
        file.flush().await.map_err(from_io)?;
        Ok(Some(Arc::new(file.into_std().await)))
    }
}

pub(super) fn from_io(error: io::Error) -> HttpError {
    HttpError::internal_server_error().with_source(error)
}

/// Reads a part of a file that others read, too.
pub(super) struct SpoolReader {
    file: Arc<StdFile>,
    range: Range<u64>,
    ready: Bytes,
    pending: Option<JoinHandle<io::Result<Bytes>>>,
}

impl SpoolReader {
    pub(super) fn new(file: Arc<StdFile>, range: Range<u64>) -> Self {
        Self {
            file,
            range,
            ready: Bytes::new(),
            pending: None,
        }
    }
}

impl AsyncRead for SpoolReader {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.ready.is_empty() && !this.range.is_empty() {
            let pending = match &mut this.pending {
                Some(pending) => pending,
                None => {
                    let runtime = tokio_context::handle(ON_DISK).map_err(io::Error::other)?;
                    let (file, range) = (this.file.clone(), this.range.clone());
                    let reading = runtime.spawn_blocking(move || read_at(&file, range));
                    this.pending.insert(reading)
                }
            };
            let read = ready!(Pin::new(pending).poll(cx));
            this.pending = None;
            this.ready = read.map_err(io::Error::other)??;
            if this.ready.is_empty() {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
            this.range.start += this.ready.len() as u64;
        }
        let length = this.ready.len().min(buffer.remaining());
        buffer.put_slice(this.ready.get(..length).unwrap_or_default());
        this.ready.advance(length);
        Poll::Ready(Ok(()))
    }
}

/// Reads from the start of a range. The position of other readers does not move.
fn read_at(file: &StdFile, range: Range<u64>) -> io::Result<Bytes> {
    let length = usize::try_from(range.end - range.start)
        .unwrap_or(CHUNK)
        .min(CHUNK);
    let mut bytes = vec![0; length];
    #[cfg(unix)]
    let read = std::os::unix::fs::FileExt::read_at(file, &mut bytes, range.start)?;
    #[cfg(windows)]
    let read = std::os::windows::fs::FileExt::seek_read(file, &mut bytes, range.start)?;
    bytes.truncate(read);
    Ok(bytes.into())
}
