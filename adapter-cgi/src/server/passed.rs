//! The socket that a process manager passes as the standard input (FastCGI section 2.2).

use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixListener;

use super::listener::Listener;

/// The listening socket that is this process's standard input.
///
/// # Errors
///
/// When the standard input is none.
///
/// # Panics
///
/// When called outside of a tokio runtime.
pub(super) fn listener() -> io::Result<Listener> {
    of(std::io::stdin().as_fd().try_clone_to_owned()?)
}

fn of(socket: OwnedFd) -> io::Result<Listener> {
    // A socket that listens has no peer; that is how section 2.2 tells one.
    let stream = TcpStream::from(socket);
    match stream.peer_addr() {
        Err(error) if error.kind() == io::ErrorKind::NotConnected => {}
        _ => {
            let message = "the standard input is no listening socket";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
    }
    let socket = OwnedFd::from(stream);
    // The standard library tells the two families apart by their addresses.
    let listener = UnixListener::from(socket);
    if listener.local_addr().is_ok() {
        listener.set_nonblocking(true)?;
        return Ok(Listener::Passed(tokio::net::UnixListener::from_std(
            listener,
        )?));
    }
    let listener = TcpListener::from(OwnedFd::from(listener));
    listener.set_nonblocking(true)?;
    Ok(Listener::Tcp(tokio::net::TcpListener::from_std(listener)?))
}

#[cfg(test)]
mod tests {
    use std::os::fd::OwnedFd;

    use super::{Listener, of};

    #[tokio::test]
    async fn a_passed_socket_is_taken_for_what_it_is() {
        let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = tcp.local_addr().unwrap();
        let taken = of(OwnedFd::from(tcp)).unwrap();
        assert_eq!(taken.local_addr(), Some(addr));

        let directory = tempfile::tempdir().unwrap();
        let unix = std::os::unix::net::UnixListener::bind(directory.path().join("s")).unwrap();
        assert!(matches!(of(OwnedFd::from(unix)), Ok(Listener::Passed(_))));

        let stream = std::net::TcpStream::connect(addr).unwrap();
        assert!(of(OwnedFd::from(stream)).is_err());
        let file = tempfile::tempfile().unwrap();
        assert!(of(OwnedFd::from(file)).is_err());
    }
}
