//! One check: an app with a property that a careless middleware loses.

use std::sync::{Arc, Mutex, PoisonError};

use gateway_core::{AppExt as _, Body, BoxApp, Environ, Error, StartResponse, app_fn};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use tokio::sync::Notify;

/// An app, and the request to it.
pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) clauses: &'static [&'static str],
    pub(super) method: Method,
    pub(super) reading: Reading,
    pub(super) app: fn(Probe) -> BoxApp,
}

/// How much of the body the client reads.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Reading {
    /// All of it. The app is told to continue once the head has arrived.
    All,
    /// One chunk.
    OneChunk,
    /// Nothing: the response is dropped.
    Nothing,
    /// The request offers to switch the protocol. If the app takes the offer, the client speaks on the
    /// stream; otherwise it reads all of the body.
    Switched,
}

/// An extension that the host adds to the request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known(#[expect(dead_code, reason = "it is shown")] pub(super) u8);

/// The channel through which the app reports and is told to continue.
#[derive(Clone, Default)]
pub(super) struct Probe {
    events: Arc<Mutex<Vec<&'static str>>>,
    pub(super) go: Arc<Notify>,
}

impl Probe {
    pub(super) fn tell(&self, event: &'static str) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.push(event);
    }

    pub(super) fn events(&self) -> Vec<&'static str> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.clone()
    }

    /// The body, which reports when it is closed.
    pub(super) fn closing(&self, body: Body) -> Body {
        let probe = self.clone();
        body.on_close(move || probe.tell("closed"))
    }
}

pub(super) const TEXT: [(&str, &str); 1] = [("content-type", "text/plain")];

pub(super) fn app<F, Fut>(probe: Probe, f: F) -> BoxApp
where
    F: Fn(Probe, Environ, StartResponse) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Body, Error>> + Send + 'static,
{
    app_fn(move |environ, start| f(probe.clone(), environ, start)).boxed()
}

/// Responds with a status that has no body, and a body of known length.
pub(super) fn status(probe: Probe, code: u16) -> BoxApp {
    app(probe, move |probe, _, start| async move {
        start.start(code, [("x-kind", "bodyless")])?;
        Ok(probe.closing(Body::from("not sent")))
    })
}

pub(super) fn three_callbacks(probe: &Probe, body: Body) -> Body {
    ["first", "second", "third"]
        .into_iter()
        .fold(body, |body, event| {
            let probe = probe.clone();
            body.on_close(move || probe.tell(event))
        })
}

pub(super) fn trailers() -> HeaderMap {
    let sum = (
        HeaderName::from_static("x-sum"),
        HeaderValue::from_static("7"),
    );
    HeaderMap::from_iter([sum])
}
