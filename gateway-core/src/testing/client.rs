//! The client: where requests start from, and what is kept between them.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{Method, Version};

use super::fail;
use super::jar::Jar;
use super::request::RequestBuilder;
use super::witness::Witness;
use crate::app::App;
use crate::connection::{Connection, Scheme};
use crate::gateway::Gateway;

/// A client of one app, in process; see [the module](super).
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::testing::Client;
/// use gateway_core::{Environ, view};
///
/// let app = view(async |environ: Environ| {
///     format!("{} {} {}", environ.script_name(), environ.path_info(), environ.scheme())
/// });
/// let client = Client::new(app).mounted_at("/shop").origin("https://shop.example");
/// client.get("/shop/cart").send().await.assert_text("/shop /cart https").await;
/// # });
/// ```
pub struct Client {
    pub(super) gateway: Gateway<Witness>,
    pub(super) connection: Connection,
    /// Host, with its port where the origin names one.
    pub(super) authority: String,
    pub(super) prefix: String,
    pub(super) version: Version,
    jar: Mutex<Jar>,
}

impl Client {
    /// A client of an app, at `http://localhost`, over HTTP/1.1, with the lint on.
    pub fn new(app: impl App) -> Self {
        Self {
            gateway: Gateway::new(Witness::new(app)),
            connection: Connection::new(),
            authority: "localhost".to_owned(),
            prefix: String::new(),
            version: Version::HTTP_11,
            jar: Mutex::default(),
        }
    }

    /// Mounts the app at a prefix. Paths stay as a browser would ask for them: with it.
    #[must_use]
    pub fn mounted_at(mut self, prefix: &str) -> Self {
        prefix.trim_end_matches('/').clone_into(&mut self.prefix);
        self
    }

    /// Sets the origin that the requests go to: `https://shop.example:8443`. It makes the host, the
    /// scheme, and what cookies and redirects are held against.
    ///
    /// # Panics
    ///
    /// When it is no origin.
    #[must_use]
    #[track_caller]
    pub fn origin(mut self, origin: &str) -> Self {
        let (scheme, authority) = match origin.split_once("://") {
            Some(("http", authority)) => (Scheme::Http, authority),
            Some(("https", authority)) => (Scheme::Https, authority),
            _ => fail(&format!("{origin:?} is no origin: `https://shop.example`")),
        };
        let authority = authority.trim_end_matches('/');
        if authority.parse::<http::uri::Authority>().is_err() {
            fail(&format!("{origin:?} names no host"));
        }
        self.connection = self.connection.with_scheme(scheme);
        self.authority = authority.to_ascii_lowercase();
        self
    }

    /// Sets the client's address; without it there is none.
    #[must_use]
    pub fn peer(mut self, addr: SocketAddr) -> Self {
        self.connection = self.connection.with_peer_addr(addr);
        self
    }

    /// Sets the version of HTTP that the requests are made in.
    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// Turns the lint off, for apps whose mistakes are what is tested.
    #[must_use]
    pub fn without_lint(mut self) -> Self {
        self.gateway = Gateway::new(self.gateway.app().without_lint());
        self
    }

    /// A GET request.
    pub fn get(&self, path: &str) -> RequestBuilder<'_> {
        self.request(Method::GET, path)
    }

    /// A HEAD request.
    pub fn head(&self, path: &str) -> RequestBuilder<'_> {
        self.request(Method::HEAD, path)
    }

    /// A POST request.
    pub fn post(&self, path: &str) -> RequestBuilder<'_> {
        self.request(Method::POST, path)
    }

    /// A PUT request.
    pub fn put(&self, path: &str) -> RequestBuilder<'_> {
        self.request(Method::PUT, path)
    }

    /// A PATCH request.
    pub fn patch(&self, path: &str) -> RequestBuilder<'_> {
        self.request(Method::PATCH, path)
    }

    /// A DELETE request.
    pub fn delete(&self, path: &str) -> RequestBuilder<'_> {
        self.request(Method::DELETE, path)
    }

    /// A request with any method. The path is the raw target, with its query if it has one.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder<'_> {
        RequestBuilder::new(self, method, path)
    }

    /// The value of a cookie that is kept, of whatever path.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.jar().value(name)
    }

    /// Keeps a cookie, as if the app had set it with an answer to `/`.
    pub fn set_cookie<'c>(&self, cookie: impl Into<cookie::Cookie<'c>>) {
        let host = self.host().to_owned();
        self.jar().add(cookie.into().into_owned(), &host, "/");
    }

    /// Forgets all cookies.
    pub fn clear_cookies(&self) {
        *self.jar() = Jar::default();
    }

    pub(super) fn jar(&self) -> MutexGuard<'_, Jar> {
        self.jar.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The host without its port.
    pub(super) fn host(&self) -> &str {
        match self.authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => host,
            _ => &self.authority,
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("scheme", &self.connection.scheme())
            .field("authority", &self.authority)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
