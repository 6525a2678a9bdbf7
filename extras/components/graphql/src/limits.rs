//! `Limits`: the limits on a request.

use std::time::Duration;

/// The limits on a request.
///
/// async-graphql limits what a request may ask for: see `SchemaBuilder::limit_depth` and
/// `limit_complexity`.
///
/// # Examples
///
/// ```
/// use async_graphql_gateway::Limits;
///
/// let limits = Limits::default().body(64 << 10).batch(1);
/// # let _ = limits;
/// ```
#[derive(Debug, Clone)]
#[must_use = "limits do nothing until an app has them"]
pub struct Limits {
    pub(crate) body: u64,
    pub(crate) batch: usize,
    pub(crate) init: Duration,
    pub(crate) subscriptions: usize,
}

impl Limits {
    /// The bytes of a body of JSON; 1 MiB by default. Beyond it the response is a 413.
    pub fn body(mut self, bytes: u64) -> Self {
        self.body = bytes;
        self
    }

    /// How many requests a batch may have; 10 by default. Beyond it the response is a 413.
    pub fn batch(mut self, requests: usize) -> Self {
        self.batch = requests;
        self
    }

    /// How long the first message of a WebSocket may take, with the reply to it; 10 seconds by default.
    /// Then the socket is closed with 4408.
    pub fn init(mut self, after: Duration) -> Self {
        self.init = after;
        self
    }

    /// How many subscriptions a WebSocket may have at a time; 100 by default. Beyond it the socket is closed
    /// with 1008.
    pub fn subscriptions(mut self, subscriptions: usize) -> Self {
        self.subscriptions = subscriptions;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1 << 20,
            batch: 10,
            init: Duration::from_secs(10),
            subscriptions: 100,
        }
    }
}
