//! What follows a response: nothing, unless the server is at fault.

use std::time::Duration;

use bytes::Bytes;

use crate::wire::deadline::Deadline;
use crate::wire::{WireError, WireRequest, WireResponse};

use super::connection::Http1Connection;

impl Http1Connection {
    /// Sends a probe and demands that the very next bytes are its status line: the way
    /// to detect stray bytes without waiting for them. Gives the probe's response, by
    /// which the test can tell that it is the probe's and not a second answer to the
    /// request before.
    ///
    /// # Errors
    ///
    /// * [`is_stray`](WireError::is_stray): something else came first.
    /// * Otherwise as for every method of this [`Http1Connection`].
    pub async fn assert_in_step(&mut self, probe: &WireRequest) -> Result<WireResponse, WireError> {
        const START: &[u8] = b"HTTP/1.";
        const PLACE: &str = "between two responses";
        if !self.receiver.buffer.is_empty() {
            return Err(WireError::stray(PLACE, &self.receiver.buffer));
        }
        self.send_request(probe).await?;
        let deadline = self.deadline();
        loop {
            let buffer = &self.receiver.buffer;
            if !buffer.iter().zip(START).all(|(have, want)| have == want) {
                return Err(WireError::stray(PLACE, buffer));
            }
            if buffer.len() >= START.len()
                || self
                    .receiver
                    .fill(&self.socket, deadline, "probe response")
                    .await?
                    .is_some()
            {
                return self.read_response(probe.method()).await;
            }
        }
    }

    /// Waits until the server closes and gives every byte that came before.
    ///
    /// # Errors
    ///
    /// [`is_timeout`](WireError::is_timeout) if it does not close.
    pub async fn rest(&mut self) -> Result<Bytes, WireError> {
        let deadline = self.deadline();
        while self
            .receiver
            .fill(&self.socket, deadline, "end of the connection")
            .await?
            .is_none()
        {}
        Ok(self.receiver.buffer.split().freeze())
    }

    /// Every byte that comes until the server closes or this long has passed.
    ///
    /// That nothing came in a while proves little: prefer
    /// [`assert_in_step`](Self::assert_in_step) for a connection that stays open and
    /// [`rest`](Self::rest) for one that does not.
    ///
    /// # Errors
    ///
    /// [`is_io`](WireError::is_io) if the system reports a failure other than a reset.
    pub async fn stray(&mut self, within: Duration) -> Result<Bytes, WireError> {
        let deadline = Deadline::after(within);
        loop {
            match self
                .receiver
                .fill(&self.socket, deadline, "end of the connection")
                .await
            {
                Ok(None) => {}
                Err(error) if !error.is_timeout() => return Err(error),
                Ok(Some(_)) | Err(_) => return Ok(self.receiver.buffer.split().freeze()),
            }
        }
    }

    /// Waits for the server to close or reset the connection; `false` if the deadline
    /// passes first. Bytes that come before stay for [`rest`](Self::rest).
    pub async fn closed(&mut self) -> bool {
        let deadline = self.deadline();
        loop {
            match self
                .receiver
                .fill(&self.socket, deadline, "end of the connection")
                .await
            {
                Ok(None) => {}
                Ok(Some(_)) => return true,
                Err(error) => return !error.is_timeout(),
            }
        }
    }
}
