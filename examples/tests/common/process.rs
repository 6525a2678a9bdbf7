//! A program as a child process.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

/// A program with these arguments and nothing of the test's own settings.
pub(crate) fn program(path: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(path);
    command.args(arguments);
    for variable in ["PORT", "RUST_LOG", "RUST_BACKTRACE"] {
        command.env_remove(variable);
    }
    command
}

/// A child that does not outlive a test that fails.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server that runs.
pub(crate) struct Running {
    child: Killed,
    log: JoinHandle<String>,
    // Kept open: the program may write to it.
    _stdout: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
}

impl Running {
    /// Starts the program and waits for its word that it listens.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map(Killed)
            .unwrap();
        let mut stderr = child.0.stderr.take().unwrap();
        // Read all the time: a full pipe would stop the program.
        let log = std::thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        let mut stdout = BufReader::new(child.0.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line
            .strip_prefix("listening on http")
            .and_then(|rest| rest.trim_start_matches('s').strip_prefix("://"))
            .and_then(|rest| rest.strip_suffix('\n'))
            .unwrap_or_else(|| panic!("{line:?}"));
        Self {
            address: address.parse().unwrap(),
            child,
            log,
            _stdout: stdout,
        }
    }

    /// Sends SIGTERM and waits for the end; gives the log as well.
    ///
    /// The test's runtime goes on: its connections have to hear of the end.
    pub(crate) async fn terminate(self) -> (ExitStatus, String) {
        let ending = tokio::task::spawn_blocking(move || self.terminate_blocking());
        ending.await.unwrap()
    }

    fn terminate_blocking(mut self) -> (ExitStatus, String) {
        let id = self.child.0.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(sent.success());
        let status = self.child.0.wait().unwrap();
        (status, self.log.join().unwrap())
    }
}
