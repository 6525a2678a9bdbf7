//! `Reporter`: the hub of one request, and what is reported of it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gateway_core::{Ended, Environ, Error, Observer, Outcome, RequestSummary};
use http::StatusCode;
use sentry_core::protocol::{Event, Exception, Mechanism, SpanStatus};
use sentry_core::{Client, Hub, Level, Transaction, TransactionContext, event_from_error};

use super::request;

/// The mechanism of Sentry's SDKs for panics.
const PANIC: &str = "panic";

pub(super) struct Reporter {
    hub: Arc<Hub>,
    transaction: Transaction,
    /// The fault of the exchange was reported.
    has_reported: AtomicBool,
    /// A panic was reported since this was last set to false.
    has_panicked: Arc<AtomicBool>,
}

impl Reporter {
    /// A hub above `top`, with the request on its scope.
    pub(super) fn new(top: &Arc<Hub>, client: &Client, environ: &Environ) -> Self {
        let hub = Arc::new(Hub::new_from_top(top));
        let request = request::of(environ, client.options().send_default_pii);
        let name = request::name(environ);
        let headers = environ.headers().iter();
        let headers =
            headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let context = TransactionContext::continue_from_headers(&name, "http.server", headers);
        let transaction = hub.start_transaction(context);
        transaction.set_origin("auto.http.gateway");
        transaction.set_request(request.clone());
        let has_panicked = Arc::<AtomicBool>::default();
        let panics = has_panicked.clone();
        hub.configure_scope(|scope| {
            scope.set_transaction(Some(&name));
            scope.set_span(Some(transaction.clone().into()));
            scope.add_event_processor(move |mut event| {
                event.request.get_or_insert_with(|| request.clone());
                if event.exception.iter().any(is_panic) {
                    panics.store(true, Ordering::Relaxed);
                }
                Some(event)
            });
        });
        Self {
            hub,
            transaction,
            has_reported: AtomicBool::new(false),
            has_panicked,
        }
    }

    /// Runs code of the app in the hub. A panic is reported and goes on.
    pub(super) fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        self.has_panicked.store(false, Ordering::Relaxed);
        // After a panic nothing of the app is used again.
        let outcome = Hub::run(self.hub.clone(), || catch_unwind(AssertUnwindSafe(f)));
        outcome.unwrap_or_else(|payload| {
            // The panic hook of `sentry-panic` runs in this hub, before the stack is unwound.
            if !self.has_panicked.load(Ordering::Relaxed) {
                self.capture(panicked(&*payload));
            }
            self.has_reported.store(true, Ordering::Relaxed);
            resume_unwind(payload)
        })
    }

    /// Reports an error, unless it is one of the client.
    pub(super) fn error(&self, error: &Error) {
        if error.status().is_server_error() {
            let mut event = event_from_error(error.as_dyn());
            if let Some(exception) = event.exception.last_mut() {
                exception.mechanism = Some(mechanism("gateway"));
            }
            self.capture(event);
        }
    }

    fn capture(&self, event: Event<'static>) {
        self.has_reported.store(true, Ordering::Relaxed);
        self.hub.capture_event(event);
    }
}

impl Observer for Reporter {
    fn observe(&self, _: &RequestSummary, outcome: &Outcome) {
        if let Some(clause) = outcome.clause()
            && !self.has_reported.load(Ordering::Relaxed)
        {
            self.capture(Event {
                message: Some(format!("the app broke {clause} of the gateway interface")),
                level: Level::Error,
                ..Event::default()
            });
        }
        let transaction = &self.transaction;
        if let Some(status) = outcome.status() {
            transaction.set_data("http.response.status_code", status.as_u16().into());
        }
        transaction.set_status(match (outcome.ended(), outcome.status()) {
            (Ended::Aborted, _) => SpanStatus::Aborted,
            (Ended::ClientGone | Ended::Cut, _) | (_, None) => SpanStatus::Cancelled,
            (_, Some(status)) => span_status(status),
        });
        transaction.clone().finish();
    }
}

fn panicked(payload: &(dyn Any + Send)) -> Event<'static> {
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let exception = Exception {
        ty: "panic".into(),
        value: message.map(str::to_owned),
        mechanism: Some(mechanism(PANIC)),
        ..Exception::default()
    };
    Event {
        exception: vec![exception].into(),
        level: Level::Fatal,
        ..Event::default()
    }
}

/// True for the panics of `sentry-panic`, and those of this crate.
fn is_panic(exception: &Exception) -> bool {
    let mechanism = exception.mechanism.as_ref();
    mechanism.is_some_and(|mechanism| mechanism.ty == PANIC)
}

fn mechanism(name: &str) -> Mechanism {
    Mechanism {
        ty: name.into(),
        handled: Some(false),
        ..Mechanism::default()
    }
}

/// The table of Sentry's documentation of span statuses.
fn span_status(status: StatusCode) -> SpanStatus {
    match status.as_u16() {
        401 => SpanStatus::Unauthenticated,
        403 => SpanStatus::PermissionDenied,
        404 => SpanStatus::NotFound,
        409 => SpanStatus::AlreadyExists,
        429 => SpanStatus::ResourceExhausted,
        400..=498 => SpanStatus::InvalidArgument,
        499 => SpanStatus::Cancelled,
        501 => SpanStatus::Unimplemented,
        503 => SpanStatus::Unavailable,
        504 => SpanStatus::DeadlineExceeded,
        500..=599 => SpanStatus::InternalError,
        _ => SpanStatus::Ok,
    }
}
