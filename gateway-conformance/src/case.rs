//! One case of the table.

use std::fmt;
use std::pin::Pin;

use gateway_core::{App, AppExt, BoxApp, Environ, StartResponse, TryIntoResponse, app_fn, view};
use gateway_core::{Body, Error};

use crate::capability::Capability;
use crate::check::Seen;
use crate::client::Client;
use crate::via::Via;

type Looking = Pin<Box<dyn Future<Output = Seen> + Send>>;

/// A case: its name, the clauses it covers, its app, and an exchange with what must be seen.
pub struct Case {
    name: &'static str,
    clauses: &'static [&'static str],
    via: &'static [Via],
    needs: Vec<Capability>,
    app: Option<BoxApp>,
    look: Box<dyn Fn(Client) -> Looking + Send + Sync>,
}

impl Case {
    /// A case that applies on every way. It needs an app and something to see.
    pub(crate) fn new(name: &'static str, clauses: &'static [&'static str]) -> Self {
        Self {
            name,
            clauses,
            via: Via::ALL,
            needs: Vec::new(),
            app: None,
            look: Box::new(|_| Box::pin(async { Ok(()) })),
        }
    }

    /// Applies on these ways only.
    pub(crate) fn only(mut self, via: &'static [Via]) -> Self {
        self.via = via;
        self
    }

    /// Needs this of the host.
    pub(crate) fn needs(mut self, capability: Capability) -> Self {
        self.needs.push(capability);
        self
    }

    /// The app, as a closure.
    pub(crate) fn app<F, Fut>(self, f: F) -> Self
    where
        F: Fn(Environ, StartResponse) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Body, Error>> + Send + 'static,
    {
        self.serves(app_fn(f))
    }

    /// The app, as a view.
    pub(crate) fn view<F, Fut>(self, f: F) -> Self
    where
        F: Fn(Environ) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: TryIntoResponse> + Send + 'static,
    {
        self.serves(view(f))
    }

    /// The app.
    pub(crate) fn serves(mut self, app: impl App) -> Self {
        self.app = Some(app.boxed());
        self
    }

    /// The exchange, and what must be seen in it.
    pub(crate) fn sees<F, Fut>(mut self, look: F) -> Self
    where
        F: Fn(Client) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Seen> + Send + 'static,
    {
        self.look = Box::new(move |client| Box::pin(look(client)));
        self
    }

    /// The name, such as `b7_204_has_no_body_and_no_length`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The clauses that the case covers, such as `B7`.
    #[must_use]
    pub fn clauses(&self) -> &'static [&'static str] {
        self.clauses
    }

    /// The ways on which it applies.
    #[must_use]
    pub fn via(&self) -> &'static [Via] {
        self.via
    }

    /// What it needs that a host may lack.
    #[must_use]
    pub fn needed(&self) -> &[Capability] {
        &self.needs
    }

    pub(crate) fn take_app(self) -> Option<BoxApp> {
        self.app
    }

    pub(crate) fn look(&self, client: Client) -> impl Future<Output = Seen> + Send + use<> {
        (self.look)(client)
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("name", &self.name)
            .field("clauses", &self.clauses)
            .field("via", &self.via)
            .field("needs", &self.needs)
            .finish_non_exhaustive()
    }
}
