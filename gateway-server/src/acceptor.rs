//! `Acceptor`: accepts from a listener, and outlives its errors.

use std::io;
use std::time::Duration;

use gateway_core::Connection;
use tokio::time::{Instant, sleep_until};

use crate::listener::Listener;

/// The pauses after errors that are not about one client.
const MIN_PAUSE: Duration = Duration::from_millis(10);
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// More than the queue of any system holds, so that clients which keep connecting do not delay the end.
const MAX_QUEUE: usize = 4096;

/// A listener, and until when it pauses.
pub(crate) struct Acceptor<L> {
    listener: L,
    pause: Duration,
    paused_until: Option<Instant>,
}

impl<L: Listener> Acceptor<L> {
    pub(crate) fn new(listener: L) -> Self {
        Self {
            listener,
            pause: MIN_PAUSE,
            paused_until: None,
        }
    }

    /// The next connection. If the future is dropped, a pause goes on in the next one.
    pub(crate) async fn accept(&mut self) -> (L::Stream, Connection) {
        loop {
            if let Some(until) = self.paused_until {
                sleep_until(until).await;
                self.paused_until = None;
            }
            match self.listener.accept().await {
                Ok(accepted) => {
                    self.pause = MIN_PAUSE;
                    return accepted;
                }
                Err(error) if is_about_the_client(&error) => {
                    tracing::debug!(target: "gateway", "a client left before it was accepted: {error}");
                }
                Err(error) => {
                    tracing::error!(target: "gateway", "cannot accept connections: {error}");
                    self.paused_until = Some(Instant::now() + self.pause);
                    self.pause = (self.pause * 2).min(MAX_PAUSE);
                }
            }
        }
    }

    /// Accepts the connections in the queue, and at most as many as a queue holds. Afterwards nobody can
    /// connect here.
    ///
    /// A client that has connected expects a response, and would be reset.
    pub(crate) fn into_waiting(mut self) -> Vec<(L::Stream, Connection)> {
        let mut waiting = Vec::new();
        for _ in 0..MAX_QUEUE {
            match self.listener.accept_waiting() {
                Ok(accepted) => waiting.push(accepted),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if is_about_the_client(&error) => {}
                Err(error) => {
                    tracing::debug!(target: "gateway", "cannot accept the waiting connections: {error}");
                    break;
                }
            }
        }
        waiting
    }
}

fn is_about_the_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use tokio::io::DuplexStream;

    use super::*;

    /// Fails as it is told, and then gives a connection.
    struct Failing(VecDeque<io::ErrorKind>);

    impl Listener for Failing {
        type Stream = DuplexStream;

        async fn accept(&mut self) -> io::Result<(DuplexStream, Connection)> {
            self.accept_waiting()
        }

        fn accept_waiting(&mut self) -> io::Result<(DuplexStream, Connection)> {
            match self.0.pop_front() {
                Some(kind) => Err(kind.into()),
                None => Ok((tokio::io::duplex(1).0, Connection::new())),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_pause_grows_and_outlives_the_future() {
        let errors = [io::ErrorKind::OutOfMemory; 10];
        let mut acceptor = Acceptor::new(Failing(errors.into()));
        let begin = Instant::now();
        // Each time another branch of the server's loop is ready.
        for _ in 0..10 {
            tokio::select! {
                biased;
                _ = acceptor.accept() => panic!("accepted in a pause"),
                () = async {} => {}
            }
        }
        assert_eq!(acceptor.listener.0.len(), 9);
        acceptor.accept().await;
        // 10, 20, 40, .. 640, and then a second each.
        assert_eq!(begin.elapsed().as_millis(), 1270 + 3000);
        acceptor.listener.0.push_back(io::ErrorKind::OutOfMemory);
        let begin = Instant::now();
        acceptor.accept().await;
        assert_eq!(begin.elapsed().as_millis(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_about_a_client_pauses_nothing() {
        let errors = [io::ErrorKind::ConnectionAborted; 3];
        let mut acceptor = Acceptor::new(Failing(errors.into()));
        let begin = Instant::now();
        acceptor.accept().await;
        assert_eq!(begin.elapsed(), Duration::ZERO);
    }

    #[test]
    fn a_queue_that_never_ends_is_left() {
        let acceptor = Acceptor::new(Failing([io::ErrorKind::Interrupted].into()));
        assert_eq!(acceptor.into_waiting().len(), MAX_QUEUE - 1);
        let errors = [io::ErrorKind::WouldBlock];
        assert!(
            Acceptor::new(Failing(errors.into()))
                .into_waiting()
                .is_empty()
        );
    }
}
