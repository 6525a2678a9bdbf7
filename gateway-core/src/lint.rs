//! `Lint`: a middleware for tests and development. It reports where the app inside it, or the
//! server and adapter outside it, break the clauses of the specification.
//!
//! The comments that begin with `//=` are the clauses of [the specification](crate::spec). They
//! stand above the checks in this module, and a test copies them into SPEC.md. Clauses that no
//! check can see stand beside them in the same form.

mod body;
mod environ;
mod finding;
mod head;
mod input;
mod lifecycle;
mod normalisation;
mod offered;
mod report;
mod upgrade;

use crate::app::App;
use crate::body::Body;
use crate::environ::Environ;
use crate::error::Error;
use crate::start_response::StartResponse;

pub use finding::{Finding, Findings, OnFinding, Side};
use head::HeadWatch;
use report::Report;

/// Checks what the gateway gives to an app, and what the app does, as the lints of Rack and WSGI
/// do.
///
/// It wraps any app and changes nothing on the wire: lengths, trailers, early commits, late starts,
/// restarts and closing pass through it. Inside a middleware it checks that middleware as the
/// gateway of the inner app, so a stack can have one lint in each gap.
///
/// A [`Finding`] names the clause, the side that broke it and what was seen. By default the lint
/// panics; [`on_finding`](Self::on_finding) sets something else.
///
/// What the gateway normalises is not a finding: a body on 204, 304 or HEAD, an empty chunk, a body
/// that is dropped before its end.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::lint::{Findings, Lint, Side};
/// use gateway_core::{AppExt, Body, Environ, Error, StartResponse};
///
/// async fn forgetful(_: Environ, _: StartResponse) -> Result<Body, Error> {
///     Ok(Body::from("no start"))
/// }
///
/// let findings = Findings::new();
/// let app = Lint::new(forgetful).on_finding(&findings);
/// let answer = app.respond(Environ::from_request(http::Request::get("/").body(())?)).await;
/// assert!(answer.is_err());
///
/// let found = findings.take();
/// assert_eq!((found[0].clause(), found[0].side()), ("S3", Side::App));
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[doc(alias = "validator")]
#[derive(Debug, Clone)]
pub struct Lint<A> {
    app: A,
    on_finding: OnFinding,
}

impl<A: App> Lint<A> {
    /// Puts the lint around an app. It panics on a finding.
    pub fn new(app: A) -> Self {
        Self {
            app,
            on_finding: OnFinding::Panic,
        }
    }

    /// Sets what is done with a finding: an [`OnFinding`], or [`Findings`] to collect in.
    #[must_use]
    pub fn on_finding(mut self, on_finding: impl Into<OnFinding>) -> Self {
        self.on_finding = on_finding.into();
        self
    }
}

impl<A: App> App for Lint<A> {
    async fn call(
        &self,
        mut environ: Environ,
        start_response: StartResponse,
    ) -> Result<Body, Error> {
        let report = Report::new(&self.on_finding, &environ);
        environ::check(&environ, &report);
        input::watch(&mut environ, &report);
        let (start_response, watch) = HeadWatch::wrap(&start_response, &environ, report);
        match self.app.call(environ, start_response).await {
            Ok(body) => Ok(body::watch(body, watch)),
            Err(error) => {
                watch.app_failed(&error);
                Err(error)
            }
        }
    }

    crate::forward_lifespan!(app);
}
