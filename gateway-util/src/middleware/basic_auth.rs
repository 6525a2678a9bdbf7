//! Names and passwords.

use std::any::type_name;
use std::fmt;
use std::hint::black_box;
use std::sync::Arc;

use gateway_core::{App, Body, Environ, Error, HttpError, StartResponse, VarName};
use http::{HeaderValue, header};
use sha2::{Digest, Sha256};

use crate::field;
use crate::request::{Authorization, BasicCredentials, EnvironExt};

/// Lets those in who know a name and its password (RFC 7617): Rack's `Auth::Basic`. Made by
/// [`MiddlewareExt::basic_auth`](crate::MiddlewareExt::basic_auth).
///
/// - Who is let in is REMOTE_USER for the app, with AUTH_TYPE `Basic`.
/// - Everyone else gets a 401 with `WWW-Authenticate`, and the app is not called. That goes for
///   malformed credentials too: other schemes, bad base64, text that is not UTF-8, a name with a
///   control character.
/// - [`user`](Self::user) compares in constant time: how long it takes tells nothing of what was
///   right. [`check`](Self::check) asks a function, which has to see to that itself.
///
/// The password travels as it is: over TLS only.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{AppExt, Environ, HttpError, view};
/// use gateway_util::MiddlewareExt;
///
/// let app = view(async |environ: Environ| environ.get("REMOTE_USER").map(|user| user.to_string()));
/// let app = app.basic_auth("the shop").user("Aladdin", "open sesame");
/// let request = http::Request::get("/").header("authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
/// let response = app.respond(Environ::from_request(request.body(())?)).await?;
/// assert_eq!(response.into_body().bytes().await?, "Aladdin");
///
/// let refused = app.respond(Environ::from_request(http::Request::new(()))).await.unwrap_err();
/// let refused = refused.downcast::<HttpError>()?;
/// assert_eq!(refused.status(), 401);
/// assert_eq!(refused.headers()["www-authenticate"], "Basic realm=\"the shop\", charset=\"UTF-8\"");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct BasicAuth<A> {
    app: A,
    challenge: HeaderValue,
    users: Vec<Digests>,
    check: Option<Arc<Check>>,
}

type Check = dyn Fn(&str, &str) -> bool + Send + Sync;

/// Name and password, hashed: texts of any length are compared in the same time.
type Digests = [[u8; 32]; 2];

impl<A> BasicAuth<A> {
    /// Lets nobody in yet. The realm is shown by browsers; controls in it are left out.
    pub fn new(app: A, realm: &str) -> Self {
        let challenge = format!("Basic realm={}, charset=\"UTF-8\"", field::quote(realm));
        Self {
            app,
            challenge: HeaderValue::from_bytes(challenge.as_bytes())
                .unwrap_or(HeaderValue::from_static("Basic")),
            users: Vec::new(),
            check: None,
        }
    }

    /// Lets a user in.
    #[must_use]
    pub fn user(mut self, name: &str, password: &str) -> Self {
        self.users.push(digests(name, password));
        self
    }

    /// Lets those in whom a function knows, besides the users named here. It is called with name and
    /// password, on the server's thread: it must not block.
    #[must_use]
    pub fn check(mut self, check: impl Fn(&str, &str) -> bool + Send + Sync + 'static) -> Self {
        self.check = Some(Arc::new(check));
        self
    }

    fn knows(&self, name: &str, password: &str) -> bool {
        let given = digests(name, password);
        // Every user is looked at, found or not.
        let is_known = self
            .users
            .iter()
            .fold(false, |found, known| found | is_same(known, &given));
        is_known
            || self
                .check
                .as_ref()
                .is_some_and(|check| check(name, password))
    }
}

fn digests(name: &str, password: &str) -> Digests {
    [name, password].map(|text| Sha256::digest(text.as_bytes()).into())
}

/// Compares in a time that does not depend on where they differ.
fn is_same(left: &Digests, right: &Digests) -> bool {
    let pairs = left.as_flattened().iter().zip(right.as_flattened());
    black_box(pairs.fold(0, |differing, (left, right)| {
        black_box(differing | (left ^ right))
    })) == 0
}

/// Name and password, if they are well formed.
fn credentials(environ: &Environ) -> Option<BasicCredentials> {
    match environ.authorization() {
        Ok(Some(Authorization::Basic(credentials))) => Some(credentials),
        _ => None,
    }
    .filter(|BasicCredentials { user, password }| {
        // RFC 7617 section 2: neither may hold a control; names end up in logs.
        !user.chars().chain(password.chars()).any(char::is_control)
    })
}

impl<A: App> App for BasicAuth<A> {
    async fn call(
        &self,
        mut environ: Environ,
        start_response: StartResponse,
    ) -> Result<Body, Error> {
        let known = credentials(&environ).filter(|known| self.knows(&known.user, &known.password));
        let Some(BasicCredentials { user: name, .. }) = known else {
            let challenge = [(header::WWW_AUTHENTICATE, self.challenge.clone())];
            return Err(HttpError::unauthorized().with_headers(challenge)?.into());
        };
        environ.set_var(const { VarName::new("REMOTE_USER") }, name);
        environ.set_var(const { VarName::new("AUTH_TYPE") }, "Basic");
        self.app.call(environ, start_response).await
    }

    gateway_core::forward_lifespan!(app);
}

impl<A: fmt::Debug> fmt::Debug for BasicAuth<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BasicAuth")
            .field("app", &self.app)
            .field("challenge", &self.challenge)
            .field("users", &self.users.len())
            .field("check", &self.check.as_ref().map(|_| type_name::<Check>()))
            .finish()
    }
}
