//! Apps by method.

use std::fmt;

use gateway_core::{App, Body, BoxApp, Environ, Error, HttpError, StartResponse, lifespan};
use http::Method;

/// Apps by the method of the request, as Flask routes them.
///
/// - HEAD goes to the app for GET unless it has one of its own; the gateway sends no body (B6). The
///   app sees the method HEAD: an app that refuses that goes behind [`HeadAsGet`](crate::HeadAsGet).
/// - OPTIONS is answered with an empty 200 and `Allow`, unless it has an app of its own.
/// - Any other method goes to the fallback if there is one, else it is a 405 with `Allow`.
///
/// `Allow` names the methods in the order in which they were added, HEAD behind GET, OPTIONS last.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{AppExt, Environ, HttpError, view};
/// use gateway_util::Methods;
///
/// let app = Methods::new().get(view(async |_| "got")).post(view(async |_| ("made", 201)));
/// let ask = async |method| {
///     let request = http::Request::builder().method(method).body(())?;
///     app.respond(Environ::from_request(request)).await
/// };
/// assert_eq!(ask("POST").await?.status(), 201);
/// assert_eq!(ask("OPTIONS").await?.headers()["allow"], "GET, HEAD, POST, OPTIONS");
/// let refused = ask("PUT").await.unwrap_err().downcast::<HttpError>()?;
/// assert_eq!(refused.status(), 405);
/// assert_eq!(refused.headers()["allow"], "GET, HEAD, POST, OPTIONS");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[doc(alias = "MethodView")]
#[doc(alias = "MethodRouter")]
pub struct Methods {
    apps: Vec<(Method, BoxApp)>,
    fallback: Option<BoxApp>,
    allow: String,
}

macro_rules! by_name {
    ($($name:ident, $method:ident;)*) => {$(
        #[doc = concat!("Sets the app for ", stringify!($method), ".")]
        #[must_use]
        pub fn $name(self, app: impl App) -> Self {
            self.on(Method::$method, app)
        }
    )*};
}

impl Methods {
    /// No methods but OPTIONS.
    #[must_use]
    pub fn new() -> Self {
        Self {
            apps: Vec::new(),
            fallback: None,
            allow: "OPTIONS".to_owned(),
        }
    }

    by_name! {
        get, GET;
        head, HEAD;
        post, POST;
        put, PUT;
        patch, PATCH;
        delete, DELETE;
        options, OPTIONS;
    }

    /// Sets the app for a method; one that was set for it before is replaced.
    #[must_use]
    pub fn on(mut self, method: Method, app: impl App) -> Self {
        self.apps.retain(|(known, _)| *known != method);
        self.apps.push((method, BoxApp::new(app)));
        self.allow = self.allowed();
        self
    }

    /// Sets the app for all other methods, in place of the 405.
    #[must_use]
    pub fn fallback(mut self, app: impl App) -> Self {
        self.fallback = Some(BoxApp::new(app));
        self
    }

    fn find(&self, method: &Method) -> Option<&BoxApp> {
        self.apps
            .iter()
            .find(|(known, _)| known == method)
            .map(|(_, app)| app)
    }

    /// The value of `Allow`.
    fn allowed(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for (method, _) in &self.apps {
            names.push(method.as_str());
            if *method == Method::GET && self.find(&Method::HEAD).is_none() {
                names.push("HEAD");
            }
        }
        if self.find(&Method::OPTIONS).is_none() {
            names.push("OPTIONS");
        }
        names.join(", ")
    }

    /// All apps, in the order in which they were given, and then the fallback.
    fn apps(&self) -> Vec<&BoxApp> {
        let apps = self.apps.iter().map(|(_, app)| app);
        apps.chain(&self.fallback).collect()
    }
}

impl Default for Methods {
    fn default() -> Self {
        Self::new()
    }
}

impl App for Methods {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let method = environ.request_method();
        let mut app = self.find(method);
        if app.is_none() && *method == Method::HEAD {
            app = self.find(&Method::GET);
        }
        if app.is_none() && *method == Method::OPTIONS {
            start_response.start(200, [("allow", self.allow.clone())])?;
            return Ok(Body::empty());
        }
        match app.or(self.fallback.as_ref()) {
            Some(app) => app.call(environ, start_response).await,
            // RFC 9110 section 15.5.6: a 405 says what is allowed.
            None => Err(HttpError::method_not_allowed()
                .with_headers([("allow", self.allow.clone())])?
                .into()),
        }
    }

    async fn startup(&self) -> Result<(), Error> {
        lifespan::startup_all(self.apps()).await
    }

    async fn shutdown(&self) -> Result<(), Error> {
        lifespan::shutdown_all(self.apps()).await
    }
}

impl fmt::Debug for Methods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Methods").field(&self.allow).finish()
    }
}
