//! Flask in a process of its own.

use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running Flask; it ends with this value, or with the test's process.
pub(super) struct Flask {
    child: Child,
    addr: SocketAddr,
}

impl Flask {
    /// Starts it; `NotFound` where there is no Python.
    pub(super) fn start(files: &Path) -> io::Result<Self> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential");
        let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("flask");
        let mut child = Command::new("python3")
            .arg(here.join("serve.py"))
            .arg(environment)
            .arg(files)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let port = line
            .trim()
            .parse::<u16>()
            .map_err(|_| io::Error::other("Flask did not start: see the lines above"))?;
        Ok(Self {
            child,
            addr: ([127, 0, 0, 1], port).into(),
        })
    }

    pub(super) fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Flask {
    fn drop(&mut self) {
        // It ends with its standard input; the process is waited for, not left.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
