//! U: switches of protocols.
//!
//! The suite's app switches to `websocket`, which is the only protocol of some hosts, and then speaks
//! plain bytes: what they mean is the app's.

mod declines;
mod ends;
mod flow;
mod head;
mod offers;
mod refusals;
mod stream;

use gateway_core::{Body, Duplex, Environ, Error};

use crate::capability::Capability;
use crate::case::{Case, Draft};
use crate::via::Via;

const WEBSOCKET: &str = "websocket";

/// Where an offer is two fields of the head.
const FIELDS: &[Via] = &[Via::Http1, Via::InProcess];

pub(super) fn cases() -> Vec<Case> {
    [
        offers::cases(),
        declines::cases(),
        refusals::cases(),
        head::cases(),
        stream::cases(),
        ends::cases(),
        flow::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Begins a case whose app takes an offer.
fn switches(name: &'static str, clauses: &'static [&'static str]) -> Draft<()> {
    Case::new(name, clauses)
        .needs(Capability::WebSocketUpgrade)
        .needs(Capability::ExtendedConnect)
}

/// The body of an app that takes the offer of WebSocket.
fn switch<F, Fut>(run: F) -> Body
where
    F: FnOnce(Duplex) -> Fut + Send + 'static,
    Fut: Future<Output = Result<(), Error>> + Send + 'static,
{
    Body::upgrade(WEBSOCKET, run)
}

/// Gives back what it reads, up to the client's end.
async fn echo(mut stream: Duplex) -> Result<(), Error> {
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        stream
            .write_all(buffer.get(..read).unwrap_or_default())
            .await?;
    }
}

/// The method that the app sees, and the protocols that are offered to it.
fn offered(environ: &Environ) -> String {
    let protocols: Vec<&str> = environ.upgrades().collect();
    format!("{} [{}]", environ.request_method(), protocols.join(" "))
}
