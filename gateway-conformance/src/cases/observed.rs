//! Observers in cases.

use std::sync::Arc;

use gateway_core::{Environ, Outcome, RequestSummary};

use crate::check::Failure;
use crate::client::Client;
use crate::facts::Run;

/// The last fact that an observer notes.
pub(super) const TOLD: &str = "told";

/// Registers an observer, which notes what it is told: `END STATUS BYTES CLAUSE`, where what is not
/// known is a dash, and then that it was told.
pub(super) fn observe(environ: &mut Environ) -> Run {
    let run = Run::of(environ);
    let noting = run.clone();
    environ.observe(Arc::new(move |_: &RequestSummary, outcome: &Outcome| {
        let status = outcome.status();
        let status = status.as_ref().map_or("-", |status| status.as_str());
        let clause = outcome.clause().unwrap_or("-");
        let (ended, bytes) = (outcome.ended(), outcome.body_bytes());
        noting.note(format!("{ended} {status} {bytes} {clause}"));
        noting.note(TOLD);
    }));
    run
}

/// What the observer was told, which must be one thing.
pub(super) async fn told(client: &Client) -> Result<String, Failure> {
    client.wait(TOLD).await?;
    let mut facts = client.facts().await?;
    facts.retain(|fact| fact != "called" && fact != "closed");
    match facts.as_slice() {
        [outcome, last] if last == TOLD => Ok(outcome.clone()),
        facts => Err(Failure::new(format!("the observer was told {facts:?}"))),
    }
}
