//! Runs switches of protocols on hyper's own connections.

use std::pin::Pin;
use std::sync::Arc;

use gateway_core::{Duplex, Environ, Outgoing, Upgrade};
use http::Response;
use hyper::rt::Executor;
use hyper::upgrade::OnUpgrade;

/// The app's part of a switch, for an executor; see
/// [`HyperService::with_upgrades`](crate::HyperService::with_upgrades).
pub type UpgradeTask = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs tasks beside the connection.
pub(crate) type Spawner = Arc<dyn Executor<UpgradeTask> + Send + Sync>;

/// Offers what the request offers. An extended CONNECT is shown to the app as a GET.
#[cold]
pub(crate) fn offer(environ: &mut Environ) {
    if let Some(protocol) = extended_connect(environ) {
        environ.offer_extended_connect(&protocol);
    } else {
        // The stream belongs to the client and the app, whatever they speak.
        environ.offer_upgrades(|_| true);
    }
}

/// The `:protocol` of an extended CONNECT.
#[cfg(feature = "http2")]
fn extended_connect(environ: &Environ) -> Option<String> {
    let protocol = environ.extensions().get::<hyper::ext::Protocol>()?;
    Some(protocol.as_str().to_owned())
}

#[cfg(not(feature = "http2"))]
fn extended_connect(_: &Environ) -> Option<String> {
    None
}

/// The right to the stream of a connection, and the executor of the app's part.
pub(crate) struct Switchable {
    pub(crate) on_upgrade: OnUpgrade,
    pub(crate) spawner: Spawner,
}

impl Switchable {
    /// Runs the switch, if the response has one.
    pub(crate) fn switch(self, response: &mut Response<Outgoing>) {
        if let Some(upgrade) = response.body_mut().take_upgrade() {
            let task = Box::pin(run(upgrade, self.on_upgrade));
            self.spawner.execute(task);
        }
    }
}

/// Runs the app's part once hyper has sent the head (U6).
async fn run(upgrade: Upgrade, on_upgrade: OnUpgrade) {
    // The client has left, or the connection is served without upgrades. The app's part is dropped.
    let Ok(upgraded) = on_upgrade.await else {
        return;
    };
    // The error was logged already, and the stream was closed.
    let _ = upgrade.run(Duplex::from_hyper(upgraded)).await;
}
