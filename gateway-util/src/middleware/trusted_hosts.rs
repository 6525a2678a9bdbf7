//! Hosts that are one's own.

use std::fmt;
use std::sync::Arc;

use gateway_core::{App, Body, Environ, Error, HttpError, StartResponse};

use super::host_names::{HostNames, LONGEST};

/// Serves only requests for hosts that are named: Flask's and Django's trusted hosts. Made by
/// [`MiddlewareExt::trusted_hosts`](crate::MiddlewareExt::trusted_hosts).
///
/// The host is the client's word (E12). An app that builds links from it, for a mail say, sends them
/// to wherever a stranger wants unless the host is checked.
///
/// - Names and patterns are those of [`Hosts`](crate::Hosts): `example.org`, `*.example.org`, without
///   a port.
/// - A request for another host is a 400, and the app is not called. A request that names none is one
///   for SERVER_NAME, the address of the server: name that where such requests are wanted.
/// - Behind a proxy put [`ProxyFix`](crate::ProxyFix) around this.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{AppExt, Environ, HttpError, view};
/// use gateway_util::MiddlewareExt;
///
/// let app = view(async |_| "hello").trusted_hosts(["example.org", "*.example.org"]);
/// let ask = async |host| {
///     let request = http::Request::get("/").header("host", host).body(())?;
///     app.respond(Environ::from_request(request)).await
/// };
/// assert_eq!(ask("www.example.org:8000").await?.status(), 200);
/// let refused = ask("evil.example").await.unwrap_err().downcast::<HttpError>()?;
/// assert_eq!(refused.status(), 400);
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[doc(alias = "ALLOWED_HOSTS")]
#[doc(alias = "TRUSTED_HOSTS")]
#[derive(Clone)]
pub struct TrustedHosts<A> {
    app: A,
    hosts: Arc<HostNames<()>>,
}

impl<A> TrustedHosts<A> {
    /// Trusts these hosts only.
    pub fn new(app: A, hosts: impl IntoIterator<Item: AsRef<str>>) -> Self {
        let mut names = HostNames::new();
        for host in hosts {
            names.insert(host.as_ref(), ());
        }
        Self {
            app,
            hosts: Arc::new(names),
        }
    }
}

impl<A: App> App for TrustedHosts<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let is_trusted = {
            let host = environ.server_name();
            host.len() <= LONGEST && self.hosts.find(&host).is_some()
        };
        if !is_trusted {
            let untrusted = "the request is for a host that is not trusted";
            return Err(HttpError::bad_request().with_source(untrusted).into());
        }
        self.app.call(environ, start_response).await
    }

    gateway_core::forward_lifespan!(app);
}

impl<A: fmt::Debug> fmt::Debug for TrustedHosts<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustedHosts")
            .field("app", &self.app)
            .field("hosts", &self.hosts)
            .finish()
    }
}
