//! Switches of protocols by apps under a host that is hyper.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use gateway_core::{Duplex, Environ, Outgoing, Upgrade};
use http::{Extensions, Response};
use hyper::ext::Protocol;
use hyper::rt::Executor;
use hyper::upgrade::OnUpgrade;
use tokio::runtime::Handle;

/// The app's part of a switch, for an executor; see
/// [`TowerService::with_upgrades`](crate::TowerService::with_upgrades).
pub type UpgradeTask = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs tasks beside the connection: an executor that was given, or the tokio runtime that there is.
#[derive(Clone, Default)]
pub(crate) struct Spawner(Option<Arc<dyn Executor<UpgradeTask> + Send + Sync>>);

impl Spawner {
    pub(crate) fn new<E>(executor: E) -> Self
    where
        E: Executor<UpgradeTask> + Send + Sync + 'static,
    {
        Self(Some(Arc::new(executor)))
    }

    /// The right to the stream, if the host gives it out and somebody can run what is done with it
    /// (U1).
    #[inline]
    pub(crate) fn take(&self, extensions: &mut Extensions) -> Option<Box<Switchable>> {
        if extensions.is_empty() {
            return None;
        }
        let on_upgrade = extensions.remove::<OnUpgrade>()?;
        let executor = match &self.0 {
            Some(executor) => executor.clone(),
            None => Arc::new(Tokio(Handle::try_current().ok()?)),
        };
        Some(Box::new(Switchable {
            on_upgrade,
            executor,
        }))
    }
}

impl fmt::Debug for Spawner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() {
            "executor"
        } else {
            "tokio"
        })
    }
}

struct Tokio(Handle);

impl Executor<UpgradeTask> for Tokio {
    fn execute(&self, task: UpgradeTask) {
        self.0.spawn(task);
    }
}

/// The right to the stream of a connection, and who runs what the app does with it.
pub(crate) struct Switchable {
    on_upgrade: OnUpgrade,
    executor: Arc<dyn Executor<UpgradeTask> + Send + Sync>,
}

impl Switchable {
    /// Offers what the request offers. An extended CONNECT is shown to the app as a GET.
    pub(crate) fn offer(environ: &mut Environ) {
        let protocol = environ.extensions().get::<Protocol>();
        match protocol.map(|protocol| protocol.as_str().to_owned()) {
            Some(protocol) => environ.offer_extended_connect(&protocol),
            // The stream is the client's and the app's alone, whatever they speak.
            None => environ.offer_upgrades(|_| true),
        }
    }

    /// Runs the switch, if the app has answered with one.
    pub(crate) fn switch(self, response: &mut Response<Outgoing>) {
        if let Some(upgrade) = response.body_mut().take_upgrade() {
            let task = Box::pin(run(upgrade, self.on_upgrade));
            self.executor.execute(task);
        }
    }
}

/// Runs the app's part once hyper has sent the head (U6).
async fn run(upgrade: Upgrade, on_upgrade: OnUpgrade) {
    // The client has left, or the connection is served without upgrades. The app's part is dropped.
    let Ok(upgraded) = on_upgrade.await else {
        return;
    };
    // What has failed is logged by now, and closed.
    let _ = upgrade.run(Duplex::from_hyper(upgraded)).await;
}
