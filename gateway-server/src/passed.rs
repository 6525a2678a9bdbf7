//! `passed_sockets`: the listening sockets that the parent process has passed.

use std::ffi::OsStr;
use std::io;

use listenfd::ListenFd;

use crate::socket::Socket;

/// No parent passes more: beyond it, the number is a mistake.
const MOST: usize = 4096;

/// A listening socket that the parent process has passed, with its name.
#[derive(Debug)]
pub struct PassedSocket {
    name: Option<String>,
    socket: Socket,
}

impl PassedSocket {
    /// Its name in LISTEN_FDNAMES: `FileDescriptorName=` of a systemd unit, which is by default the name of
    /// the `.socket` unit. `None` if the parent has passed no names.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The socket.
    #[must_use]
    pub fn into_socket(self) -> Socket {
        self.socket
    }
}

/// Takes the listening sockets that the parent process has passed, in its order: systemd
/// (`LISTEN_FDS`, `LISTEN_PID`, `LISTEN_FDNAMES`; see `sd_listen_fds(3)`), or a supervisor with the convention
/// of the [`listenfd`](https://docs.rs/listenfd) crate, such as `systemfd`, which may leave `LISTEN_PID` out and say
/// `LISTEN_FDS_FIRST_FD`. They are TCP or Unix sockets. Programs that this one starts do not inherit them.
///
/// The list is empty if nothing was passed, if it was passed to another process, and when it is called
/// for the second time: the sockets are taken, and `LISTEN_FDS` and `LISTEN_PID` are removed from the environment.
/// Call it at the beginning of `main`, before anything in C reads the environment on another thread.
///
/// The socket outlives the process if the parent keeps it, as systemd does. So a restart refuses no client:
/// who connects meanwhile waits in the queue.
///
/// # Errors
///
/// - `InvalidInput` if `LISTEN_FDS` is no number, or one over 4096.
/// - `InvalidInput` if a descriptor is no listening stream socket. The text says which. That one and those behind it stay
///   open, and programs that this one starts inherit them: end the process.
///
/// # Examples
///
/// ```
/// use gateway_server::{Socket, passed_sockets};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let socket = match passed_sockets()?.into_iter().next() {
///     Some(passed) => passed.into_socket(),
///     None => Socket::bind("127.0.0.1:0").await?,
/// };
/// # drop(socket);
/// # Ok(())
/// # }
/// ```
pub fn passed_sockets() -> io::Result<Vec<PassedSocket>> {
    check_number()?;
    let names = std::env::var_os("LISTEN_FDNAMES");
    let mut passed = ListenFd::from_env();
    let mut names = split(names.as_deref());
    let mut sockets = Vec::new();
    for index in 0..passed.len() {
        let socket = take(&mut passed, index).map_err(|error| {
            let message = format!("passed socket {}: {error}", index + 1);
            io::Error::new(io::ErrorKind::InvalidInput, message)
        })?;
        let name = names.next();
        sockets.push(PassedSocket { name, socket });
    }
    Ok(sockets)
}

/// The number of descriptors is one, where it is meant for this process. `listenfd` takes another text for
/// none, and the server would listen elsewhere.
fn check_number() -> io::Result<()> {
    let Some(number) = std::env::var_os("LISTEN_FDS") else {
        return Ok(());
    };
    let is_other = std::env::var_os("LISTEN_PID")
        .is_some_and(|pid| !pid.is_empty() && pid != *std::process::id().to_string());
    let is_number = number
        .to_str()
        .and_then(|number| number.parse::<usize>().ok())
        .is_some_and(|number| number <= MOST);
    if is_other || is_number {
        return Ok(());
    }
    let message = format!("LISTEN_FDS is {number:?}, and not a number up to {MOST}");
    Err(io::Error::new(io::ErrorKind::InvalidInput, message))
}

fn take(passed: &mut ListenFd, index: usize) -> io::Result<Socket> {
    // It looks at the family before it takes.
    let socket = match passed.take_unix_listener(index) {
        Ok(Some(listener)) => socket2::Socket::from(listener),
        _ => match passed.take_tcp_listener(index)? {
            Some(listener) => socket2::Socket::from(listener),
            None => return Err(io::ErrorKind::NotFound.into()),
        },
    };
    Socket::from_passed(socket)
}

/// The names, which are separated by colons.
fn split(names: Option<&OsStr>) -> impl Iterator<Item = String> {
    let names = names.map(|names| names.to_string_lossy().into_owned());
    let names: Vec<String> = match names {
        Some(names) => names.split(':').map(str::to_owned).collect(),
        None => Vec::new(),
    };
    names.into_iter()
}
