//! The client: where requests start from, and what is kept between them.

use std::fmt;
use std::net::SocketAddr;

use gateway_core::{App, Gateway, Scheme};
use http::{Method, Version};

use crate::fail;
use crate::jar::Jar;
use crate::request::RequestBuilder;
use crate::session::Session;
use crate::witness::Witness;

/// A client of one app, in process; see [the crate](crate).
///
/// # Paths
///
/// A path is raw, as it stands in a request line, and may have a query. It begins with `/` and is
/// relative to the place where the app is [mounted](Self::mounted_at). What a response shows
/// ([`history`](crate::TestResponse::history), messages of failed assertions) is the whole target.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{Environ, view};
/// use gateway_testing::Client;
///
/// let app = view(async |environ: Environ| {
///     format!("{} {} {}", environ.script_name(), environ.path_info(), environ.scheme())
/// });
/// let client = Client::new(app).mounted_at("/shop").origin("https://shop.example");
/// client.get("/cart").send().await.assert_text("/shop /cart https").await;
/// # });
/// ```
pub struct Client {
    session: Session,
}

impl Client {
    /// A client of an app, at `http://localhost`, over HTTP/1.1, with the lint on.
    pub fn new(app: impl App) -> Self {
        Self {
            session: Session::new(Witness::new(app)),
        }
    }

    /// Mounts the app at a prefix, which is decoded text; a slash at its end does not count.
    ///
    /// Paths are relative to it: with `mounted_at("/shop")`, a `get("/cart")` asks for `/shop/cart`,
    /// and `get("")` for `/shop`. The app sees the prefix in SCRIPT_NAME and the rest in PATH_INFO. A
    /// redirect that leads out of the prefix cannot be followed.
    #[must_use]
    pub fn mounted_at(mut self, prefix: &str) -> Self {
        prefix
            .trim_end_matches('/')
            .clone_into(&mut self.session.prefix);
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
        self.session.connection = self.session.connection.with_scheme(scheme);
        self.session.authority = authority.to_ascii_lowercase();
        self
    }

    /// Sets the client's address; without it there is none.
    #[must_use]
    pub fn peer(mut self, addr: SocketAddr) -> Self {
        self.session.connection = self.session.connection.with_peer_addr(addr);
        self
    }

    /// Sets the version of HTTP that the requests are made in.
    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        self.session.version = version;
        self
    }

    /// Turns the lint off, for apps whose mistakes are what is tested.
    #[must_use]
    pub fn without_lint(mut self) -> Self {
        let app = self.session.gateway.app().without_lint();
        self.session.gateway = Gateway::new(app);
        self
    }

    /// A GET request.
    #[track_caller]
    pub fn get(&self, path: &str) -> RequestBuilder<'_> {
        self.request(Method::GET, path)
    }

    /// A HEAD request.
    #[track_caller]
    pub fn head(&self, path: &str) -> RequestBuilder<'_> {
        self.request(Method::HEAD, path)
    }

    /// A POST request.
    #[track_caller]
    pub fn post(&self, path: &str) -> RequestBuilder<'_> {
        self.request(Method::POST, path)
    }

    /// A PUT request.
    #[track_caller]
    pub fn put(&self, path: &str) -> RequestBuilder<'_> {
        self.request(Method::PUT, path)
    }

    /// A PATCH request.
    #[track_caller]
    pub fn patch(&self, path: &str) -> RequestBuilder<'_> {
        self.request(Method::PATCH, path)
    }

    /// A DELETE request.
    #[track_caller]
    pub fn delete(&self, path: &str) -> RequestBuilder<'_> {
        self.request(Method::DELETE, path)
    }

    /// A request with any method, for a path (see [above](Self#paths)) or for `*`.
    ///
    /// # Panics
    ///
    /// This and the methods named after a method: when the path does not begin with `/`. The empty
    /// path is one below a mount point only.
    #[track_caller]
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder<'_> {
        RequestBuilder::new(&self.session, method, path)
    }

    /// The handshake of a WebSocket, over the client's version: a GET that offers `websocket`, or on
    /// HTTP/2 an extended CONNECT (RFC 8441), which the app sees as the same. It has no Origin, as one of
    /// a program has none; a page's is added with [`header`](RequestBuilder::header), as is
    /// `Sec-WebSocket-Protocol`.
    ///
    /// [`connect`](RequestBuilder::connect) opens the connection. For an app that declines there is
    /// [`send`](RequestBuilder::send), as for any request.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// use gateway_core::{Environ, HttpError, Response, view};
    /// use gateway_testing::Client;
    /// use gateway_util::websocket;
    ///
    /// async fn echo(environ: Environ) -> Result<Response, HttpError> {
    ///     websocket::accept(&environ)?.run(async |mut socket| {
    ///         while let Some(message) = socket.recv().await? {
    ///             socket.send(message).await?;
    ///         }
    ///         Ok(())
    ///     })
    /// }
    ///
    /// let client = Client::new(view(echo));
    /// let mut socket = client.websocket("/").connect().await;
    /// socket.send_text("hello").await;
    /// assert_eq!(socket.recv_text().await, "hello");
    /// socket.close(1000, "").await;
    /// socket.assert_closed(1000).await;
    ///
    /// let foreign = client.websocket("/").header("origin", "https://evil.example");
    /// foreign.send().await.assert_status(403);
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// As [`request`](Self::request).
    #[cfg(feature = "websocket")]
    #[track_caller]
    pub fn websocket(&self, path: &str) -> RequestBuilder<'_> {
        self.get(path).offering_websocket()
    }

    /// The value of a cookie that is kept, of whatever path.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.session.jar().value(name)
    }

    /// Keeps a cookie, as if the app had set it with an answer to `/`.
    pub fn set_cookie<'c>(&self, cookie: impl Into<cookie::Cookie<'c>>) {
        let session = &self.session;
        let cookie = cookie.into().into_owned();
        session.jar().add(cookie, session.host(), "/");
    }

    /// Forgets all cookies.
    pub fn clear_cookies(&self) {
        *self.session.jar() = Jar::default();
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("scheme", &self.session.connection.scheme())
            .field("authority", &self.session.authority)
            .field("prefix", &self.session.prefix)
            .finish_non_exhaustive()
    }
}
