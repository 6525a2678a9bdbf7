//! A TCP or Unix socket that one task reads and writes at once.

use std::io;
use std::net::SocketAddr;

use bytes::BytesMut;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

/// A socket that is read and written through a shared reference, so that one task
/// can do both at once.
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Socket {
    /// Reads what has arrived, at least a byte; 0 is the end.
    pub(super) async fn read(&self, buffer: &mut BytesMut) -> io::Result<usize> {
        const PIECE: usize = 64 * 1024;
        loop {
            buffer.reserve(PIECE);
            let read = match self {
                Self::Tcp(stream) => {
                    stream.readable().await?;
                    stream.try_read_buf(buffer)
                }
                #[cfg(unix)]
                Self::Unix(stream) => {
                    stream.readable().await?;
                    stream.try_read_buf(buffer)
                }
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                other => return other,
            }
        }
    }

    /// Writes everything.
    pub(super) async fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = match self {
                Self::Tcp(stream) => {
                    stream.writable().await?;
                    stream.try_write(bytes)
                }
                #[cfg(unix)]
                Self::Unix(stream) => {
                    stream.writable().await?;
                    stream.try_write(bytes)
                }
            };
            match written {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Closes the writing side.
    pub(super) async fn half_close(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.shutdown().await,
            #[cfg(unix)]
            Self::Unix(stream) => stream.shutdown().await,
        }
    }

    /// Makes a drop reset the connection instead of closing it, if the transport can.
    pub(super) fn reset_on_drop(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_zero_linger(),
            #[cfg(unix)]
            Self::Unix(_) => Ok(()),
        }
    }

    /// The address of this side, if it is an internet address.
    pub(super) fn local_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Tcp(stream) => stream.local_addr(),
            #[cfg(unix)]
            Self::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}
