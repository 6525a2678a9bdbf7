//! `Ending`: tells the tasks of a server that it is to end, and the server when they have.

use tokio::sync::watch;

/// How far a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(crate) enum Phase {
    /// The app is starting. Nothing is accepted.
    Starting,
    Serving,
    /// Nothing more is accepted; exchanges in flight may end (L4).
    Ending,
    /// What is left is dropped.
    Cutting,
}

/// Tells a connection that its server is to end.
///
/// The server waits until every clone is dropped. A task that outlives its connection, such as that of a
/// switched stream, holds one. When the server cuts what is left, it drops the future of the connection: such a
/// task must then be aborted, or the server does not end.
#[derive(Debug, Clone)]
pub struct Ending(watch::Receiver<Phase>);

impl Ending {
    pub(crate) fn new(phase: watch::Receiver<Phase>) -> Self {
        Self(phase)
    }

    /// True if the server is to end. A connection that begins so was waiting in the listener's queue.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        *self.0.borrow() >= Phase::Ending
    }

    /// Resolves when the server is to end. The connection then begins no exchange; the one in flight may
    /// end. A server that is gone is at its end, too.
    ///
    /// The future may be dropped and made again.
    pub async fn begun(&mut self) {
        // An error: the server's future was dropped.
        let _ = self.0.wait_for(|phase| *phase >= Phase::Ending).await;
    }
}
