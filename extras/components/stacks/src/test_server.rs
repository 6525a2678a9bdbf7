//! `TestServer`: a server on a thread of a test.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;

use gateway_conformance::wire::{Protocol, WireError, WireRequest, WireResponse, exchange};
use gateway_core::App;
use tokio::sync::oneshot;

use crate::Stack;

/// A server on a thread of its own, on a port of loopback that the system picks. It ends when it is
/// dropped.
#[derive(Debug)]
pub struct TestServer {
    stack: Stack,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl TestServer {
    /// Serves an app below a prefix.
    ///
    /// # Errors
    ///
    /// When there is no port.
    pub fn start(stack: Stack, prefix: &'static str, app: impl App) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let stop = async {
                // A sender that was dropped ends it as well.
                let _ = stopped.await;
            };
            stack.serve(listener, prefix, app, stop)
        });
        Ok(Self {
            stack,
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The server's stack.
    #[must_use]
    pub fn stack(&self) -> Stack {
        self.stack
    }

    /// The server's address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends a request over a connection of its own.
    ///
    /// # Errors
    ///
    /// What the client cannot read, and a hang.
    pub async fn send(
        &self,
        protocol: Protocol,
        request: &WireRequest,
    ) -> Result<WireResponse, WireError> {
        exchange(self.address, protocol, request).await
    }

    /// Tells the server to end, and does not wait.
    pub fn begin_stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have ended.
            let _ = stop.send(());
        }
    }

    /// Waits for the end.
    ///
    /// # Errors
    ///
    /// The server's own error; a panic of its thread.
    pub async fn end(mut self) -> io::Result<()> {
        self.begin_stop();
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        // Not on the test's own thread: its connections have to hear of the end.
        match tokio::task::spawn_blocking(|| thread.join()).await {
            Ok(Ok(served)) => served,
            _ => Err(io::Error::other("the server's thread panicked")),
        }
    }
}

/// Runs a check of an app on each stack, over HTTP/1.1 and HTTP/2.
///
/// # Errors
///
/// When there is no port, and when a server fails.
pub async fn on_each<A: App>(
    prefix: &'static str,
    app: impl Fn() -> A,
    check: impl AsyncFn(&TestServer, Protocol),
) -> io::Result<()> {
    for stack in Stack::ALL {
        let server = TestServer::start(stack, prefix, app())?;
        for protocol in Protocol::ALL {
            // Shown only if the test fails.
            eprintln!("{stack}, {protocol:?}");
            check(&server, protocol).await;
        }
        server.end().await?;
    }
    Ok(())
}
