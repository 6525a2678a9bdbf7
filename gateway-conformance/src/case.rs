//! `Case`: one case of the table.

use std::fmt;
use std::pin::Pin;

use gateway_core::{App, AppExt, BoxApp, Environ, StartResponse, TryIntoResponse, app_fn, view};
use gateway_core::{Body, Error};

use crate::capability::Capability;
use crate::check::Seen;
use crate::client::Client;
use crate::via::Via;

type Looking = Pin<Box<dyn Future<Output = Seen> + Send>>;

/// A case: its name, the clauses it covers, its app, and an exchange with what the client must see.
///
/// `Case::new` begins a draft. Only a draft with an app can say what must be seen, and only that
/// makes it a case. So a case that checks nothing cannot be written.
pub struct Case {
    about: About,
    app: BoxApp,
    look: Box<dyn Fn(Client) -> Looking + Send + Sync>,
}

/// What is known of a case before it runs.
struct About {
    name: &'static str,
    clauses: &'static [&'static str],
    via: &'static [Via],
    needs: Vec<Capability>,
    partly_needs: Vec<Capability>,
}

/// A case that is not complete yet. `A` is `()` until it has an app.
#[must_use = "a draft becomes a case by `sees`"]
pub(crate) struct Draft<A> {
    about: About,
    app: A,
}

impl Case {
    /// Begins a case that runs in every way.
    #[expect(
        clippy::new_ret_no_self,
        reason = "what must be seen is given last, and makes the case"
    )]
    pub(crate) fn new(name: &'static str, clauses: &'static [&'static str]) -> Draft<()> {
        Draft {
            about: About {
                name,
                clauses,
                via: Via::ALL,
                needs: Vec::new(),
                partly_needs: Vec::new(),
            },
            app: (),
        }
    }
}

impl<A> Draft<A> {
    /// Limits the case to these ways.
    pub(crate) fn only(mut self, via: &'static [Via]) -> Self {
        self.about.via = via;
        self
    }

    /// The case needs this capability of the host.
    pub(crate) fn needs(mut self, capability: Capability) -> Self {
        self.about.needs.push(capability);
        self
    }

    /// A step of the case needs this capability. The case leaves that step out where the host
    /// [lacks](Client::lacks) it.
    pub(crate) fn partly_needs(mut self, capability: Capability) -> Self {
        self.about.partly_needs.push(capability);
        self
    }
}

impl Draft<()> {
    /// The app, as a closure.
    pub(crate) fn app<F, Fut>(self, f: F) -> Draft<BoxApp>
    where
        F: Fn(Environ, StartResponse) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Body, Error>> + Send + 'static,
    {
        self.serves(app_fn(f))
    }

    /// The app, as a view.
    pub(crate) fn view<F, Fut>(self, f: F) -> Draft<BoxApp>
    where
        F: Fn(Environ) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: TryIntoResponse> + Send + 'static,
    {
        self.serves(view(f))
    }

    /// The app.
    pub(crate) fn serves(self, app: impl App) -> Draft<BoxApp> {
        Draft {
            about: self.about,
            app: app.boxed(),
        }
    }
}

impl Draft<BoxApp> {
    /// The exchange, and what the client must see.
    pub(crate) fn sees<F, Fut>(self, look: F) -> Case
    where
        F: Fn(Client) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Seen> + Send + 'static,
    {
        Case {
            about: self.about,
            app: self.app,
            look: Box::new(move |client| Box::pin(look(client))),
        }
    }
}

impl Case {
    /// The name, such as `b7_204_has_no_body_and_no_length`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.about.name
    }

    /// The clauses that the case covers, such as `B7`.
    #[must_use]
    #[doc(alias = "rules")]
    pub fn clauses(&self) -> &'static [&'static str] {
        self.about.clauses
    }

    /// The ways in which it runs.
    #[must_use]
    pub fn via(&self) -> &'static [Via] {
        self.about.via
    }

    /// What it needs that a host may lack.
    #[must_use]
    pub fn needed(&self) -> &[Capability] {
        &self.about.needs
    }

    /// What a part of it needs that a host may lack. The case runs without that part where the host
    /// lacks it.
    #[must_use]
    pub fn partly_needed(&self) -> &[Capability] {
        &self.about.partly_needs
    }

    /// The case, which needs this capability, too.
    pub(crate) fn also_needs(mut self, capability: Capability) -> Self {
        self.about.needs.push(capability);
        self
    }

    pub(crate) fn into_app(self) -> BoxApp {
        self.app
    }

    pub(crate) fn look(&self, client: Client) -> impl Future<Output = Seen> + Send + use<> {
        (self.look)(client)
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("name", &self.about.name)
            .field("clauses", &self.about.clauses)
            .field("via", &self.about.via)
            .field("needs", &self.about.needs)
            .field("partly_needs", &self.about.partly_needs)
            .finish_non_exhaustive()
    }
}
