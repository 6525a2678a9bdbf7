//! The connection behind a switch of protocols, where bytes are no longer HTTP.

use bytes::Bytes;

use crate::wire::{End, WireError};

use super::connection::Http1Connection;

impl Http1Connection {
    /// Reads what has come behind the head of a 101, at least a byte. `None` is the end, and
    /// [`end`](Self::end) says which.
    ///
    /// Bytes go the other way by [`send`](Self::send), and their end by
    /// [`half_close`](Self::half_close).
    ///
    /// # Errors
    ///
    /// * [`is_request`](WireError::is_request) if the head that was read last is not one of 101.
    /// * Otherwise as for every method of this [`Http1Connection`].
    pub async fn read_switched(&mut self) -> Result<Option<Bytes>, WireError> {
        if !self.receiver.is_switched() {
            return Err(WireError::request("the connection was not switched"));
        }
        let deadline = self.deadline();
        if self.receiver.buffer.is_empty() {
            let what = "next bytes of the switched stream";
            self.receiver.fill(&self.socket, deadline, what).await?;
        }
        let bytes = self.receiver.buffer.split().freeze();
        Ok((!bytes.is_empty()).then_some(bytes))
    }

    /// How the connection ended, if its end was read: [`Truncated`](End::Truncated) if the server
    /// closed it, or [`Reset`](End::Reset).
    pub fn end(&self) -> Option<End> {
        self.receiver.ended()
    }
}
