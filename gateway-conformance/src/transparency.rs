//! `check_middleware`: checks that a middleware passes on everything that it does not change (M1).

mod bodies;
mod check;
mod errors;
mod heads;
mod lifespan;
mod observed;
mod requests;
mod upgrades;

use std::time::Duration;

use gateway_core::{App, AppExt as _, BoxApp};
use http::{HeaderName, HeaderValue};

use crate::own_thread;
use crate::report::{CaseOutcome, Report, Row};
use crate::via::Via;
use crate::wire::DEFAULT_DEADLINE;

use check::{Check, Probe};
use observed::{Asking, observe};

/// Checks a middleware by M1: each check runs an app alone and in the middleware, and demands that
/// a host sees the same.
///
/// It is for middlewares that change nothing, or nothing of these requests. A
/// [`MiddlewareCheck`] can be told what a middleware adds by its purpose.
///
/// # Examples
///
/// ```
/// use gateway_conformance::check_middleware;
/// use gateway_core::{App, Body, Environ, Error, StartResponse};
///
/// struct Mine<A>(A);
///
/// impl<A: App> App for Mine<A> {
///     async fn call(&self, environ: Environ, start: StartResponse) -> Result<Body, Error> {
///         let start = start.wrap(|_status, _headers| {});
///         self.0.call(environ, start).await
///     }
///
///     gateway_core::forward_lifespan!(0);
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let report = check_middleware(|app| Mine(app)).await;
/// report.assert_passed();
/// assert_eq!(report.failed(), 0);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn check_middleware<A: App>(wrap: impl Fn(BoxApp) -> A) -> Report {
    MiddlewareCheck::new().run(wrap).await
}

/// [`check_middleware`] for a middleware that needs or adds something.
///
/// # Examples
///
/// ```
/// use gateway_conformance::MiddlewareCheck;
/// use gateway_core::{App, Body, Environ, Error, StartResponse};
/// use http::{HeaderName, HeaderValue};
///
/// struct Stamp<A>(A);
///
/// impl<A: App> App for Stamp<A> {
///     async fn call(&self, environ: Environ, start: StartResponse) -> Result<Body, Error> {
///         let start = start.wrap(|_, headers| {
///             headers.insert("x-stamp", HeaderValue::from_static("1"));
///         });
///         self.0.call(environ, start).await
///     }
///
///     gateway_core::forward_lifespan!(0);
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let check = MiddlewareCheck::new().adds(HeaderName::from_static("x-stamp"));
/// check.run(|app| Stamp(app)).await.assert_passed();
/// assert!(!gateway_conformance::check_middleware(|app| Stamp(app)).await.has_passed());
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a check does nothing until it is run"]
pub struct MiddlewareCheck {
    deadline: Duration,
    sends: Vec<(HeaderName, HeaderValue)>,
    adds: Vec<HeaderName>,
    buffers: bool,
    excuses: Vec<(String, String)>,
}

impl Default for MiddlewareCheck {
    fn default() -> Self {
        Self::new()
    }
}

impl MiddlewareCheck {
    /// A check of a middleware that changes nothing.
    pub fn new() -> Self {
        Self {
            deadline: DEFAULT_DEADLINE,
            sends: Vec::new(),
            adds: Vec::new(),
            buffers: false,
            excuses: Vec::new(),
        }
    }

    /// Adds this header to every request, because the middleware needs it.
    pub fn sends(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.sends.push((name, value));
        self
    }

    /// The middleware adds this response header by its purpose. It is not compared.
    pub fn adds(mut self, name: HeaderName) -> Self {
        self.adds.push(name);
        self
    }

    /// The middleware reads whole bodies by its purpose, to sign or to compress them, say.
    ///
    /// Each check compares the joined data of a body, not its chunks, and accepts a length that has
    /// become known. Trailers, callbacks, closing and a declared length are compared as ever. What
    /// no buffering middleware can pass is reported as excused: a body that fails late, because its
    /// error comes before the head, and a body that never ends.
    ///
    /// An early commit, the response to HEAD and a switch of protocols are still checked: a
    /// middleware that buffers passes these on unread (see [`Body::buffer`]).
    ///
    /// [`Body::buffer`]: gateway_core::Body::buffer
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_conformance::MiddlewareCheck;
    /// use gateway_core::{App, AppExt, Body, Environ, Error, StartResponse};
    /// use http::Method;
    ///
    /// struct Buffers<A>(A);
    ///
    /// impl<A: App> App for Buffers<A> {
    ///     async fn call(&self, environ: Environ, start: StartResponse) -> Result<Body, Error> {
    ///         if environ.request_method() == Method::HEAD {
    ///             return self.0.call(environ, start).await;
    ///         }
    ///         let (parts, mut body) = self.0.respond(environ).await?.into_parts();
    ///         if !body.commits_early() && body.upgrade_protocol().is_none() {
    ///             body = body.buffer(1 << 20).await?;
    ///         }
    ///         start.send(http::Response::from_parts(parts, body))
    ///     }
    ///
    ///     gateway_core::forward_lifespan!(0);
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// MiddlewareCheck::new().buffers().run(Buffers).await.assert_passed();
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn buffers(mut self) -> Self {
        self.buffers = true;
        self
    }

    /// Excuses the check of this name, because it fails by the middleware's purpose. It runs
    /// nevertheless: an excuse that names no check, or whose check passes, is a problem of the
    /// report.
    ///
    /// A middleware that reads whole bodies needs no excuses: see [`buffers`](Self::buffers).
    pub fn excuses(mut self, name: impl Into<String>, reason: impl Into<String>) -> Self {
        self.excuses.push((name.into(), reason.into()));
        self
    }

    /// Sets how long one check may take; [`DEFAULT_DEADLINE`] by default. A middleware that neither
    /// ends nor waits is then given up, and its thread is left behind.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Runs every check. `wrap` is called once for each that is run.
    ///
    /// The rows of the report have [`Via::InProcess`]. A failed row says what differs.
    ///
    /// # Panics
    ///
    /// As [`tokio::time::timeout`] does, if there is no tokio runtime with timers.
    pub async fn run<A: App>(&self, wrap: impl Fn(BoxApp) -> A) -> Report {
        let mut report = Report::default();
        let parts = [
            requests::CHECKS,
            heads::CHECKS,
            bodies::CHECKS,
            errors::CHECKS,
            upgrades::CHECKS,
        ];
        for check in parts.into_iter().flatten() {
            let outcome = match bodies::why_not_buffered(check.name) {
                Some(reason) if self.buffers => CaseOutcome::Excused(reason.to_owned()),
                _ => {
                    let behind = Probe::default();
                    let wrapped = wrap((check.app)(behind.clone())).boxed();
                    self.compare(check, Probe::default(), behind, wrapped).await
                }
            };
            report.push(Row {
                name: check.name,
                clauses: check.clauses,
                via: Via::InProcess,
                needs: Vec::new(),
                outcome,
            });
        }
        report.push(lifespan::check(&wrap, self.deadline * 2).await);
        self.judge(&mut report);
        report
    }

    fn judge(&self, report: &mut Report) {
        for (name, reason) in &self.excuses {
            let row = report.rows_mut().iter_mut().find(|row| row.name == name);
            let problem = match row.map(|row| &mut row.outcome) {
                None => format!("{name} is excused, and there is no check of this name"),
                Some(CaseOutcome::Failed(message)) => {
                    let excused = format!("{reason} (it fails: {message})");
                    if let Some(row) = report.rows_mut().iter_mut().find(|row| row.name == name) {
                        row.outcome = CaseOutcome::Excused(excused);
                    }
                    continue;
                }
                Some(_) => format!("{name} passes: its excuse is to be taken away"),
            };
            report.push_problem(problem);
        }
    }

    async fn compare(
        &self,
        check: &'static Check,
        alone: Probe,
        behind: Probe,
        wrapped: BoxApp,
    ) -> CaseOutcome {
        let this = self.clone();
        let comparing = async move {
            let asking = Asking {
                method: check.method.clone(),
                reading: check.reading,
                sends: &this.sends,
                adds: &this.adds,
                trailers: check.clauses.contains(&"B11"),
                buffers: this.buffers,
            };
            let alone = observe((check.app)(alone.clone()), alone, &asking).await;
            let behind = observe(wrapped, behind, &asking);
            match tokio::time::timeout(this.deadline, behind).await {
                Ok(behind) => behind.difference(&alone).map_or(Ok(()), Err),
                Err(_) => Err(format!("no end within {:?}", this.deadline)),
            }
        };
        let limit = self.deadline * 2;
        match own_thread::run(check.name, limit, comparing).await {
            Ok(Ok(())) => CaseOutcome::Passed,
            Ok(Err(message)) | Err(message) => CaseOutcome::Failed(message),
        }
    }
}
