//! Apps by host.

use std::fmt;

use gateway_core::{App, Body, BoxApp, Environ, Error, HttpError, StartResponse, lifespan};

use super::host_names::{HostNames, LONGEST};

/// Apps by the host that the client asked for: the other half of Rack's `URLMap`.
///
/// - A name is compared without regard to case, without the port and without a dot at its end; an
///   IPv6 address keeps its brackets: `[::1]`.
/// - `*.example.org` stands for every name below `example.org`, at any depth, and not for
///   `example.org` itself. A name wins over a pattern, the longer pattern over the shorter.
/// - What matches none goes to the fallback. Without one it is a 404, raised as an error. That
///   includes a `Host` that is no name at all.
/// - A host longer than 255 bytes is no name (RFC 1035 section 2.3.4), and a 400.
///
/// The host is the client's word (E12), and behind a proxy the proxy's: put
/// [`ProxyFix`](crate::ProxyFix) around this. A request that names none is one for SERVER_NAME.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{AppExt, Environ, view};
/// use gateway_util::Hosts;
///
/// let site = Hosts::new()
///     .at("example.org", view(async |_| "main"))
///     .at("*.example.org", view(async |_| "below"));
/// let ask = async |host| {
///     let request = http::Request::get("/").header("host", host).body(())?;
///     site.respond(Environ::from_request(request)).await
/// };
/// assert_eq!(ask("Example.org:8000").await?.into_body().bytes().await?, "main");
/// assert_eq!(ask("a.b.example.org").await?.into_body().bytes().await?, "below");
/// assert_eq!(ask("example.com").await.unwrap_err().status(), 404);
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[doc(alias = "URLMap")]
pub struct Hosts {
    apps: HostNames<BoxApp>,
    /// Without one the answer is a 404 that is raised, so that error handlers around see it.
    fallback: Option<BoxApp>,
}

impl Hosts {
    /// No apps, and a 404 for everything.
    #[must_use]
    pub fn new() -> Self {
        Self {
            apps: HostNames::new(),
            fallback: None,
        }
    }

    /// Sets the app of a host, a name or a pattern `*.name`, without a port. An app that was set
    /// for it before is replaced.
    #[must_use]
    pub fn at(mut self, host: &str, app: impl App) -> Self {
        self.apps.insert(host, BoxApp::new(app));
        self
    }

    /// Sets the app for every other host.
    #[must_use]
    pub fn fallback(mut self, app: impl App) -> Self {
        self.fallback = Some(BoxApp::new(app));
        self
    }

    /// All apps, in the order of their hosts, and then the fallback.
    fn apps(&self) -> Vec<&BoxApp> {
        self.apps.values().chain(&self.fallback).collect()
    }
}

impl Default for Hosts {
    fn default() -> Self {
        Self::new()
    }
}

impl App for Hosts {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let app = {
            let host = environ.server_name();
            if host.len() > LONGEST {
                let too_long = "the host is longer than any name can be";
                return Err(HttpError::bad_request().with_source(too_long).into());
            }
            self.apps.find(&host).or(self.fallback.as_ref())
        };
        match app {
            Some(app) => app.call(environ, start_response).await,
            None => Err(HttpError::not_found().into()),
        }
    }

    async fn startup(&self) -> Result<(), Error> {
        lifespan::startup_all(self.apps()).await
    }

    async fn shutdown(&self) -> Result<(), Error> {
        lifespan::shutdown_all(self.apps()).await
    }
}

impl fmt::Debug for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hosts")
            .field("apps", &self.apps)
            .finish_non_exhaustive()
    }
}
