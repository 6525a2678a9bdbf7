//! What a CGI program and a FastCGI server have in common: the input goes one way, the response comes
//! the other, at the same time.

use std::error::Error as StdError;
use std::fmt;
use std::future::pending;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use gateway_core::{Body, Error, HttpError, Input, InputError, StartResponse};
use tokio::time::{Instant, sleep_until};

use crate::codec::cgi_head::{self, CgiHead, HeadError};

/// The response's side.
pub(super) trait Upstream: Send + 'static {
    /// The next bytes of the response; `None` at its end. It may be dropped at any await and called
    /// again.
    fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>, RelayError>> + Send;
}

/// The input's side: it ends when the input was handed over, or nobody takes it.
pub(super) type Feeding = Pin<Box<dyn Future<Output = Result<(), InputError>> + Send>>;

/// Both sides.
pub(super) struct Relay<U> {
    upstream: U,
    feeding: Option<Feeding>,
    watch: Watch,
    timeout: Duration,
}

/// When something has moved.
#[derive(Clone)]
pub(super) struct Watch(Arc<Mutex<State>>);

struct State {
    moved: Instant,
    /// It is the client that is waited for.
    waits_for_client: bool,
}

impl Watch {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            moved: Instant::now(),
            waits_for_client: false,
        })))
    }

    fn set(&self, waits_for_client: bool) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.moved = Instant::now();
        state.waits_for_client = waits_for_client;
    }

    /// The next chunk of the input. While it is waited for, the program is not at fault.
    pub(super) async fn chunk(&self, input: &mut Input) -> Result<Option<Bytes>, InputError> {
        self.set(true);
        let chunk = input.chunk().await;
        self.set(false);
        chunk
    }

    /// Something was taken or given.
    pub(super) fn moved(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.moved = Instant::now();
    }

    /// When something has moved; `None` while the client is waited for.
    fn since(&self) -> Option<Instant> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (!state.waits_for_client).then_some(state.moved)
    }

    /// Resolves when nothing has moved for this time.
    async fn stalls(&self, timeout: Duration) {
        loop {
            let since = self.since();
            match since.unwrap_or_else(Instant::now).checked_add(timeout) {
                Some(end) => sleep_until(end).await,
                // A limit beyond the clock is none.
                None => pending().await,
            }
            if since.is_some() && since == self.since() {
                return;
            }
        }
    }
}

impl<U: Upstream> Relay<U> {
    pub(super) fn new(upstream: U, feeding: Feeding, watch: Watch, timeout: Duration) -> Self {
        Self {
            upstream,
            feeding: Some(feeding),
            watch,
            timeout,
        }
    }

    /// Reads the head, starts the response with it, and gives the body.
    ///
    /// # Errors
    ///
    /// What is answered instead: 502, or 504, with the reason as the source.
    pub(super) async fn answer(
        mut self,
        max_head: usize,
        start_response: StartResponse,
    ) -> Result<Body, Error> {
        let mut buffer = BytesMut::new();
        let head = loop {
            match self.next().await? {
                Some(bytes) => buffer.extend_from_slice(&bytes),
                None => return Err(RelayError::Ended.into_page().into()),
            }
            let decoded = cgi_head::decode(&mut buffer, max_head).map_err(RelayError::Head);
            if let Some(head) = decoded.map_err(RelayError::into_page)? {
                break head;
            }
        };
        let CgiHead {
            status,
            mut headers,
        } = head;
        // S7: the connection to the client is not the program's.
        gateway_core::strip_connection_fields(&mut headers);
        start_response.start(status, headers)?;
        // The client sees the head when the program has sent it.
        Ok(self.into_body(buffer.freeze()).commit_early())
    }

    fn into_body(mut self, first: Bytes) -> Body {
        Body::from_producer(move |mut writer| async move {
            let mut chunk = first;
            loop {
                if !chunk.is_empty() {
                    let mut writing = std::pin::pin!(writer.write(chunk));
                    loop {
                        // The input goes on while the client does not take the response.
                        tokio::select! {
                            biased;
                            written = &mut writing => break written?,
                            fed = feed(&mut self.feeding) => fed?,
                        }
                    }
                }
                chunk = match self.read().await? {
                    Some(bytes) => bytes,
                    None => return Ok(()),
                };
            }
        })
    }

    /// As [`read`](Self::read), before the head: an error has a page.
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        self.read().await.map_err(|error| {
            match error.downcast::<RelayError>() {
                Ok(error) => error.into_page().into(),
                // That of the input: the driver knows its answer.
                Err(error) => error,
            }
        })
    }

    /// The next bytes of the response, while the input goes on.
    async fn read(&mut self) -> Result<Option<Bytes>, Error> {
        self.watch.moved();
        loop {
            tokio::select! {
                biased;
                bytes = self.upstream.next() => return Ok(bytes?),
                fed = feed(&mut self.feeding) => fed?,
                () = self.watch.stalls(self.timeout) => return Err(RelayError::Stalled.into()),
            }
        }
    }
}

/// Goes on with the input; never ends where that is at its end.
async fn feed(feeding: &mut Option<Feeding>) -> Result<(), InputError> {
    match feeding {
        Some(future) => {
            let fed = future.as_mut().await;
            *feeding = None;
            fed
        }
        None => std::future::pending().await,
    }
}

/// Why there is no response, or not a whole one.
#[derive(Debug)]
pub(super) enum RelayError {
    /// It cannot be started or reached.
    Unreachable(io::Error),
    Io(io::Error),
    Head(HeadError),
    /// It ended before its head.
    Ended,
    /// It does nothing.
    Stalled,
    /// It ended with this status.
    Failed(String),
    /// It does not keep to the protocol.
    Protocol(&'static str),
    /// It has too much to do.
    Overloaded,
}

impl RelayError {
    pub(super) fn into_page(self) -> HttpError {
        let page = match self {
            Self::Stalled => HttpError::gateway_timeout(),
            Self::Overloaded => HttpError::service_unavailable(),
            _ => HttpError::bad_gateway(),
        };
        page.with_source(self)
    }
}

impl fmt::Display for RelayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(_) => f.write_str("the program cannot be started or reached"),
            Self::Io(_) => f.write_str("the program's response cannot be read"),
            Self::Head(error) => write!(f, "the program's response is none: {error}"),
            Self::Ended => f.write_str("the program ended before the head of its response"),
            Self::Stalled => f.write_str("the program neither takes nor gives anything"),
            Self::Failed(status) => write!(f, "the program failed: {status}"),
            Self::Protocol(rule) => write!(f, "the server breaks the protocol: {rule}"),
            Self::Overloaded => f.write_str("the server has too much to do"),
        }
    }
}

impl StdError for RelayError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Unreachable(error) | Self::Io(error) => Some(error),
            _ => None,
        }
    }
}
