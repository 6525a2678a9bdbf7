//! L11: the startup and the shutdown of the app.

use std::time::Duration;

use gateway_core::{App, AppExt as _, Body, BoxApp, Environ, Error, HttpError, StartResponse};

use super::check::Probe;
use crate::own_thread;
use crate::report::{CaseOutcome, Row};
use crate::via::Via;

const NAME: &str = "l11_startup_and_shutdown_pass";

/// What fails of the app.
#[derive(Clone, Copy, PartialEq)]
enum Fails {
    Nothing,
    Startup,
    Shutdown,
}

/// Demands that the app behind the middleware is started once and shut down once, and that its errors
/// come back.
pub(super) async fn check<A: App>(wrap: &impl Fn(BoxApp) -> A, deadline: Duration) -> Row {
    let mut outcome = CaseOutcome::Passed;
    for fails in [Fails::Nothing, Fails::Startup, Fails::Shutdown] {
        let probe = Probe::default();
        let app = Lifespan {
            probe: probe.clone(),
            fails,
        };
        let wrapped = wrap(app.boxed()).boxed();
        let run = own_thread::run(NAME, deadline, look(wrapped, probe, fails)).await;
        if let Err(message) = run.and_then(|looked| looked) {
            outcome = CaseOutcome::Failed(message);
        }
    }
    Row {
        name: NAME,
        clauses: &["M1", "L11"],
        via: Via::InProcess,
        needs: Vec::new(),
        outcome,
    }
}

async fn look(app: BoxApp, probe: Probe, fails: Fails) -> Result<(), String> {
    let mut must_be = vec!["startup"];
    if app.startup().await.is_err() != (fails == Fails::Startup) {
        return Err("the outcome of the startup is not the app's".to_owned());
    }
    // What was not started is not shut down (L10).
    if fails != Fails::Startup {
        must_be.push("shutdown");
        if app.shutdown().await.is_err() != (fails == Fails::Shutdown) {
            return Err("the outcome of the shutdown is not the app's".to_owned());
        }
    }
    let events = probe.events();
    if events == must_be {
        return Ok(());
    }
    Err(format!(
        "what happened: {events:?} behind the middleware, {must_be:?} without it"
    ))
}

/// Tells that it is started and shut down.
struct Lifespan {
    probe: Probe,
    fails: Fails,
}

impl Lifespan {
    fn tell(&self, event: &'static str, fails: Fails) -> Result<(), Error> {
        self.probe.tell(event);
        match self.fails == fails {
            true => Err(Error::msg("broken")),
            false => Ok(()),
        }
    }
}

impl App for Lifespan {
    async fn call(&self, _: Environ, _: StartResponse) -> Result<Body, Error> {
        Err(HttpError::not_found().into())
    }

    async fn startup(&self) -> Result<(), Error> {
        self.tell("startup", Fails::Startup)
    }

    async fn shutdown(&self) -> Result<(), Error> {
        self.tell("shutdown", Fails::Shutdown)
    }
}
