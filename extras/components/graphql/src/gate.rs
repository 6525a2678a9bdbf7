//! `Gate`: admits the messages of a client, as `graphql-transport-ws` demands.

use std::collections::HashSet;

use async_graphql::http::{ClientMessage, WebSocketProtocols};
use serde::Deserialize;

/// What the core of async-graphql does not look at. The older protocol has no codes for it.
#[derive(Debug)]
pub(crate) struct Gate {
    is_new: bool,
    is_begun: bool,
    limit: usize,
    /// The subscriptions that have not ended.
    open: HashSet<String>,
    refusal: Option<(u16, String)>,
}

impl Gate {
    pub(crate) fn new(protocol: WebSocketProtocols, limit: usize) -> Self {
        Self {
            is_new: protocol == WebSocketProtocols::GraphQLWS,
            is_begun: false,
            limit,
            open: HashSet::new(),
            refusal: None,
        }
    }

    /// The message, or `None` if the socket is to be closed by [`refusal`](Self::refusal).
    pub(crate) fn admit(&mut self, message: &[u8]) -> Option<serde_json::Result<ClientMessage>> {
        let message = match ClientMessage::from_bytes(message) {
            Err(error) if self.is_new => {
                return self.refuse(4400, format!("Invalid message: {error}"));
            }
            Err(error) => return Some(Err(error)),
            Ok(message) => message,
        };
        match &message {
            // Nothing after it is read before it is answered.
            ClientMessage::ConnectionInit { .. } => self.is_begun = true,
            ClientMessage::Start { .. } if self.is_new && !self.is_begun => {
                return self.refuse(4401, "Unauthorized".to_owned());
            }
            ClientMessage::Start { id, .. } if self.is_new && self.open.contains(id) => {
                return self.refuse(4409, format!("Subscriber for {id} already exists"));
            }
            ClientMessage::Start { id, .. } => {
                self.open.insert(id.clone());
                if self.open.len() > self.limit {
                    return self.refuse(1008, "Too many subscriptions".to_owned());
                }
            }
            ClientMessage::Stop { id } => {
                self.open.remove(id);
            }
            _ => {}
        }
        Some(Ok(message))
    }

    fn refuse<T>(&mut self, code: u16, reason: String) -> Option<T> {
        self.refusal = Some((code, reason));
        None
    }

    /// Looks at what is sent to the client: a subscription may have ended.
    pub(crate) fn sent(&mut self, text: &str) {
        #[derive(Deserialize)]
        struct Complete {
            id: String,
        }

        // Not every event is parsed for it.
        if text.starts_with(r#"{"type":"complete""#)
            && let Ok(Complete { id }) = serde_json::from_str(text)
        {
            self.open.remove(&id);
        }
    }

    /// The code and the reason to close the socket with, if a message was not admitted.
    pub(crate) fn refusal(&mut self) -> Option<(u16, String)> {
        self.refusal.take()
    }

    /// The code for one of the core: it closes with 1002 if the first message is refused.
    pub(crate) fn code(&self, code: u16) -> u16 {
        match code {
            1002 if self.is_new => 4403,
            code => code,
        }
    }
}
