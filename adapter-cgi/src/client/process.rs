//! A child process that does not outlive its exchange.

use std::process::ExitStatus;

use tokio::process::Child;

/// A child, which leads a process group of its own. The group is killed when this is dropped before the
/// child has ended, and the runtime reaps the child.
pub(super) struct Process {
    child: Child,
}

impl Process {
    pub(super) fn new(child: Child) -> Self {
        Self { child }
    }

    /// Waits for the end.
    pub(super) async fn wait(&mut self) -> std::io::Result<ExitStatus> {
        self.child.wait().await
    }

    fn kill(&self) {
        // The id is gone once the child was reaped: its group is not killed by mistake then.
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = id.and_then(rustix::process::Pid::from_raw)
            && let Err(error) =
                rustix::process::kill_process_group(group, rustix::process::Signal::KILL)
        {
            tracing::debug!(target: "gateway", "a CGI program's group cannot be killed: {error}");
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
