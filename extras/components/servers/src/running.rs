//! `Running`: an app on a stack, for tests.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};

use gateway_core::App;
use tokio::sync::oneshot;

use crate::stack::Stack;

/// A server on a thread of its own, on a free port of the loopback interface. Dropped, it ends.
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Running {
    /// Starts an app on a stack.
    ///
    /// # Errors
    ///
    /// When there is no free port, or no thread.
    pub fn start(stack: Stack, app: impl App) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let addr = listener.local_addr()?;
        let (end, ended) = oneshot::channel::<()>();
        let thread = thread::Builder::new().spawn(move || {
            // It ends in both cases: by a message, and when the sender is dropped.
            let ended = async move { drop(ended.await) };
            stack.serve(listener, app, ended)
        })?;
        Ok(Self {
            addr,
            end: Some(end),
            thread: Some(thread),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Tells the server to shut down, and does not wait for it.
    pub fn begin_shutdown(&mut self) {
        self.end = None;
    }

    /// Shuts the server down, and waits until its last exchange has ended.
    ///
    /// # Errors
    ///
    /// That of the server, or of the app's shutdown.
    pub async fn shutdown(mut self) -> io::Result<()> {
        self.begin_shutdown();
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        let joined = tokio::task::spawn_blocking(move || thread.join()).await?;
        joined.unwrap_or_else(|_| Err(io::Error::other("the server panicked")))
    }
}
