//! `read_body` and `read_exactly`: bodies from `AsyncRead`s.

use bytes::BytesMut;
use gateway_core::Body;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::part;

/// How many bytes are read at a time: the memory that one response takes.
const CHUNK: usize = 64 * 1024;

/// A body from a reader, read in chunks of at most about 64 KiB, each after the client has taken
/// the previous one (B3).
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_util::{read_body, read_exactly};
///
/// assert_eq!(read_body(&b"hello"[..]).bytes().await?, "hello");
/// assert_eq!(read_exactly(&b"hello"[..], 4).known_len(), Some(4));
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[doc(alias = "FileWrapper")]
#[doc(alias = "wrap_file")]
#[doc(alias = "ReaderStream")]
pub fn read_body<R>(reader: R) -> Body
where
    R: AsyncRead + Send + 'static,
{
    Body::from_producer(async move |mut writer| {
        let mut reader = std::pin::pin!(reader);
        let mut buffer = BytesMut::new();
        loop {
            buffer.reserve(CHUNK);
            if reader.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
            writer.write(buffer.split().freeze()).await?;
        }
    })
}

/// A body of `length` bytes from a reader, as [`read_body`]. Bytes after them are not read. The
/// response gets a `Content-Length`, and is aborted if the reader has fewer bytes.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_util::read_exactly;
///
/// assert_eq!(read_exactly(&b"hello"[..], 4).bytes().await?, "hell");
/// assert!(read_exactly(&b"hello"[..], 6).bytes().await.is_err());
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
pub fn read_exactly<R>(reader: R, length: u64) -> Body
where
    R: AsyncRead + Send + 'static,
{
    if length == 0 {
        return Body::empty();
    }
    part::sized(read_body(reader.take(length)), length)
}
