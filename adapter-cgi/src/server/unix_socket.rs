//! A listening Unix socket, with its file.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use tokio::net::{UnixListener, UnixStream};

/// A listener that removes its file when it is dropped.
#[derive(Debug)]
pub(super) struct UnixSocket {
    listener: UnixListener,
    path: PathBuf,
    /// Device and inode: another server may have put its own file there since.
    file: (u64, u64),
}

impl UnixSocket {
    pub(super) fn bind(path: &Path) -> io::Result<Self> {
        if is_socket(path)? {
            if is_listened_on(path) {
                let message = format!("another server listens on {}", path.display());
                return Err(io::Error::new(io::ErrorKind::AddrInUse, message));
            }
            fs::remove_file(path)?;
        }
        let listener = UnixListener::bind(path)?;
        // The server may change its directory before it ends.
        let path = fs::canonicalize(path)?;
        let file = identity(&path)?;
        Ok(Self {
            listener,
            path,
            file,
        })
    }

    pub(super) async fn accept(&self) -> io::Result<UnixStream> {
        Ok(self.listener.accept().await?.0)
    }
}

impl Drop for UnixSocket {
    fn drop(&mut self) {
        let is_ours = identity(&self.path).is_ok_and(|file| file == self.file);
        if is_ours && let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(target: "gateway", "cannot remove the socket: {error}");
        }
    }
}

/// Whether there is a socket; what else is there is not ours to remove.
fn is_socket(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(metadata.file_type().is_socket()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Only a socket that refuses is one that a server left behind. To connect takes one poll: whatever
/// has to wait, waits for a server.
fn is_listened_on(path: &Path) -> bool {
    let connect = pin!(UnixStream::connect(path));
    match connect.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Err(error)) => error.kind() != io::ErrorKind::ConnectionRefused,
        Poll::Ready(Ok(_)) | Poll::Pending => true,
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::symlink_metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}
