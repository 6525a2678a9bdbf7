//! A switched stream with no socket.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use gateway_core::{Duplex, Upgrade};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::task::JoinHandle;

use super::in_process::within;
use crate::check::{Failure, Seen};
use crate::wire::End;

/// What the stream holds in each direction, as the buffers of a socket would.
const ROOM: usize = 256 * 1024;

/// The client's end. The app's part runs in a task, as it does on a server (U16).
pub(crate) struct Switched {
    stream: DuplexStream,
    running: JoinHandle<bool>,
    deadline: Duration,
}

impl Switched {
    pub(super) fn run(upgrade: Upgrade, deadline: Duration) -> Self {
        let (stream, theirs) = tokio::io::duplex(ROOM);
        let running = async { upgrade.run(Duplex::from_tokio(theirs)).await.is_ok() };
        Self {
            stream,
            running: tokio::spawn(running),
            deadline,
        }
    }

    pub(super) async fn send(&mut self, bytes: &[u8]) -> Seen {
        Ok(within(self.deadline, "room to send", self.stream.write_all(bytes)).await??)
    }

    pub(super) async fn end(&mut self) -> Seen {
        Ok(self.stream.shutdown().await?)
    }

    /// The next bytes, or how the stream ended.
    pub(super) async fn read(&mut self) -> Result<Result<Bytes, End>, Failure> {
        let mut bytes = BytesMut::new();
        let reading = self.stream.read_buf(&mut bytes);
        if within(self.deadline, "next bytes of the stream", reading).await?? > 0 {
            return Ok(Ok(bytes.freeze()));
        }
        // A failed part of the app is what a server aborts at (U9). One that runs has ended its own
        // direction.
        let has_failed =
            self.running.is_finished() && !matches!((&mut self.running).await, Ok(true));
        let end = if has_failed {
            End::Reset(None)
        } else {
            End::Complete
        };
        Ok(Err(end))
    }
}
