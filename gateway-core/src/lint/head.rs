//! The lint's checks of how the app starts its response (clauses S).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, HeaderName, Method, StatusCode, Version, header};

use super::offered::Offered;
use super::report::Report;
use crate::environ::Environ;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::headers;
use crate::http_error::HttpError;
use crate::start_error::StartError;
use crate::start_response::StartResponse;
use crate::status::IntoStatus;

/// The head of a response, as it passes the lint.
pub(super) struct HeadWatch {
    pub(super) report: Report,
    exchange: Arc<Exchange>,
    is_head: bool,
    pub(super) version: Version,
    pub(super) offered: Offered,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// The last head that the app handed over.
    head: Option<Head>,
    /// Clauses whose breach was reported; an exchange is refused once.
    reported: Vec<&'static str>,
    /// The response was started before the app was called.
    was_started: bool,
}

#[derive(Clone)]
struct Head {
    status: StatusCode,
    length: Option<u64>,
    trailers: Vec<HeaderName>,
}

impl HeadWatch {
    /// Puts the watcher between the app and the exchange.
    pub(super) fn wrap(
        start_response: &StartResponse,
        environ: &Environ,
        report: Report,
    ) -> (StartResponse, Arc<Self>) {
        let watch = Arc::new(Self {
            exchange: start_response.exchange().clone(),
            is_head: environ.request_method() == Method::HEAD,
            version: environ.version(),
            offered: Offered::check(environ, &report),
            report,
            seen: Mutex::default(),
        });
        watch.before_call(start_response);
        let hook = watch.clone();
        let wrapped =
            start_response.wrap(move |status, headers| hook.head_passes(*status, headers));
        (wrapped, watch)
    }

    fn before_call(&self, start_response: &StartResponse) {
        //= S1 app, middleware: a response MUST be started once. A second start, also after a
        //= refused one, is an error at the call, and the app MUST NOT go on after it: the response
        //= is then a 500. A restart with an error clears a refused start. A middleware MUST NOT
        //= call an app with a response that was started already.
        //= Reason: two heads mean that two parts of the app disagree, and neither can be trusted.
        //= After a restart the app can still respond.
        if start_response.is_started() {
            self.lock().was_started = true;
            self.report
                .gateway("S1", "the response was started before the app was called");
        }
    }

    /// Checks the app's head before middlewares outside the lint change it.
    fn head_passes(&self, status: StatusCode, headers: &HeaderMap) {
        //= S5 app, middleware: the status MUST be that of a final response, 200 to 999, or 101 with
        //= a body that switches the protocol (U4). `start` refuses other informational statuses.
        //= Reason: RFC 9110 section 15.2: an informational response is not the final one, and a
        //= client would wait for that. No host has an interface for them.
        if let Err(error) = status.into_status() {
            self.once("S5", || self.report.app("S5", error.to_string()));
        }

        //= S7 app, middleware: a head MUST NOT hold Connection, Keep-Alive, Proxy-Connection, TE,
        //= Transfer-Encoding or Upgrade. An app that wants the connection closed calls
        //= `close_connection`; one that switches the protocol returns a body that does (U4).
        //= `Trailer` declares the trailers that follow: it MAY be there and MUST name only fields
        //= that can be trailers. A bridge from another interface MUST strip or translate these
        //= fields first.
        //= Reason: they are about one connection (RFC 9110 section 7.6.1), which the app does not
        //= see, and HTTP/2 has none of them.

        //= S9 app, middleware: a Content-Length MUST be a number. Several of them MUST agree, and
        //= are sent as one.
        //= Reason: RFC 9110 section 8.6: anything else puts the connection out of step.
        let length = match headers::check(&mut headers.clone()) {
            Ok(length) => length,
            Err(error) => {
                let clause = error.clause();
                self.once(clause, || self.report.app(clause, error.to_string()));
                None
            }
        };

        let trailers = headers
            .get_all(header::TRAILER)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(|name| name.trim().parse().ok())
            .collect();
        self.lock().head = Some(Head {
            status,
            length,
            trailers,
        });
    }

    /// The app returned an error.
    pub(super) fn app_failed(&self, error: &Error) {
        self.refused();
        // An error with a response has a head, too.
        if let Some(error) = error.downcast_ref::<HttpError>()
            && let Err(refused) = headers::check(&mut error.headers().clone())
        {
            let clause = refused.clause();
            self.once(clause, || self.report.app(clause, refused.to_string()));
        }
    }

    /// Reports a start that was refused and not replaced.
    pub(super) fn refused(&self) {
        let Some(error) = self.exchange.refusal() else {
            return;
        };
        // After commit it may have been a restart, which got its error back.
        if error.is_committed() {
            return;
        }
        let clause = error.clause();
        let text = error.to_string();
        // The finding names the clause already.
        let text = text.trim_start_matches(clause).trim_start_matches(": ");
        match clause {
            // The middleware that started it was reported already.
            "S1" if self.lock().was_started => {}
            // The hook checks these. If they were right there, an outer middleware has changed
            // them.
            "S7" | "S9" => self.once(clause, || {
                self.report.gateway(
                    clause,
                    format!("a middleware outside of the lint changed the head: {text}"),
                );
            }),
            //= S6 app, middleware: header names MUST be tokens, and values MUST NOT hold a control
            //= character other than HTAB, in trailers too. That is checked in every build, at the
            //= call, and nothing is sent. White space around a value is not part of it and is
            //= removed.
            //= Reason: CR LF in a value that came from a client splits the response (RFC 9110
            //= section 5.5).
            "S6" => self.once("S6", || self.report.app("S6", text)),
            _ => self.once(clause, || self.report.app(clause, text)),
        }
    }

    /// The body went on although the app started again after commit.
    pub(super) fn went_on_after_commit(&self) {
        //= S2 app, gateway: a restart with an error before commit MUST replace the status and all
        //= headers. After commit it MUST return the error and abort the response. An app MUST then
        //= end its body with that error, and MUST NOT start again.
        //= Reason: it is PEP 3333's `exc_info`: an app can turn a late failure into a page while
        //= there is time, and is told when it is too late.
        if self
            .exchange
            .refusal()
            .as_ref()
            .is_some_and(StartError::is_committed)
        {
            self.once("S2", || {
                self.report.app(
                    "S2",
                    "the response was started again after its head was sent, and the body went on",
                );
            });
        }
    }

    /// The status of the last head that the app handed over.
    pub(super) fn status(&self) -> Option<StatusCode> {
        self.lock().head.as_ref().map(|head| head.status)
    }

    /// The body has data or has ended, so the response must be started.
    pub(super) fn must_be_started(&self, what: &str) {
        //= S3 app: a response MUST be started before its body has data or ends. Otherwise the
        //= gateway MUST answer 500 and log the clause.
        //= Reason: there is no head to send, and a default of 200 would hide the fault.

        //= S4 app: a response MAY be started as late as during the poll of the body that yields its first data
        //= or its end, and from another task or thread.
        //= Reason: apps that are generators, or that learn the status from their first chunk, need no buffer.
        if self.exchange.lacks_head() {
            self.once("S3", || {
                self.report
                    .app("S3", format!("{what}, and the response was not started"));
            });
        }
    }

    /// The declared length that the body is held to. `None` if no body is sent.
    pub(super) fn declared_length(&self) -> Option<u64> {
        let head = self.lock().head.clone()?;
        let is_bodyless = self.is_head
            || matches!(
                head.status,
                StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
            );
        head.length.filter(|_| !is_bodyless)
    }

    pub(super) fn declares_trailer(&self, name: &HeaderName) -> bool {
        self.lock()
            .head
            .as_ref()
            .is_some_and(|head| head.trailers.contains(name))
    }

    /// Reports a clause once per exchange. Nothing is locked while it reports, because a report may
    /// panic.
    pub(super) fn once(&self, clause: &'static str, report: impl FnOnce()) {
        let mut seen = self.lock();
        if seen.reported.contains(&clause) {
            return;
        }
        seen.reported.push(clause);
        drop(seen);
        report();
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//= S8 gateway, middleware: repeated response headers (Set-Cookie, WWW-Authenticate, Link, Vary)
//= MUST be sent as separate lines, in order.
//= Reason: a comma joins cookies into one that no client understands. (The lint cannot tell a
//= joined line from a single one.)
