//! `signals`: when a process is to end.

use std::io;

/// Two futures, for the `stop` and the `cut` of [`Runner::run`](crate::Runner::run): the first resolves on
/// the first SIGTERM or Ctrl-C, the second on the second. Signals are caught from now on, and no longer end
/// the process by themselves. Two signals of one kind count as one if the runtime has not run between them.
///
/// # Errors
///
/// When the process cannot listen for signals.
///
/// # Panics
///
/// If it is called outside a tokio runtime.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let (stop, cut) = gateway_server::signals()?;
/// # drop((stop, cut));
/// # Ok(())
/// # }
/// ```
pub fn signals() -> io::Result<(
    impl Future<Output = ()> + Send + use<>,
    impl Future<Output = ()> + Send + use<>,
)> {
    let (mut once, mut twice) = (Signals::listen()?, Signals::listen()?);
    let first = async move { once.next().await };
    let second = async move {
        // It receives the first signal as well.
        twice.next().await;
        twice.next().await;
    };
    Ok((first, second))
}

/// SIGTERM and Ctrl-C, received from the moment of [`listen`](Self::listen).
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Signals {
    #[cfg(unix)]
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    #[cfg(windows)]
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: tokio::signal::windows::ctrl_c()?,
        })
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    #[cfg(windows)]
    async fn next(&mut self) {
        self.interrupt.recv().await;
    }
}
