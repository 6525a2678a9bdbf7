//! The file of a Unix socket: an old one is replaced, and ours is removed at the end.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use tokio::net::UnixStream;

/// The file of a socket, which is removed when this is dropped.
#[derive(Debug)]
pub(super) struct UnixFile {
    path: PathBuf,
    /// Device and inode: another server may have put its own file there since.
    file: (u64, u64),
}

/// Listens on a path.
pub(super) fn bind(path: &Path) -> io::Result<(UnixListener, UnixFile)> {
    let named = |error: io::Error| {
        let message = format!("cannot listen on {}: {error}", path.display());
        io::Error::new(error.kind(), message)
    };
    if is_socket(path).map_err(named)? {
        if is_listened_on(path) {
            let message = format!("another server listens on {}", path.display());
            return Err(io::Error::new(io::ErrorKind::AddrInUse, message));
        }
        fs::remove_file(path).map_err(named)?;
    }
    let listener = UnixListener::bind(path).map_err(named)?;
    listener.set_nonblocking(true)?;
    // The server may change its directory before it ends.
    let path = fs::canonicalize(path)?;
    let file = identity(&path)?;
    Ok((listener, UnixFile { path, file }))
}

impl Drop for UnixFile {
    fn drop(&mut self) {
        let is_ours = identity(&self.path).is_ok_and(|file| file == self.file);
        if is_ours && let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(target: "gateway", "cannot remove the socket: {error}");
        }
    }
}

/// True if the path is a socket. Any other file is not ours to remove.
fn is_socket(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(metadata.file_type().is_socket()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Only a socket that refuses connections was left by an earlier server. Connecting takes one poll:
/// if it must wait, a server is there.
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
