//! `Methods`: calls an app by the method of the request.

use std::fmt;
use std::sync::Arc;

use gateway_core::{App, Body, BoxApp, Environ, Error, HttpError, StartResponse, lifespan};
use http::Method;

/// Apps by the method of the request, as Flask routes them.
///
/// - HEAD goes to the app for GET unless it has its own; the gateway sends no body (B6). The
///   app sees the method HEAD. Wrap an app that refuses HEAD in [`HeadAsGet`](crate::HeadAsGet).
/// - OPTIONS is answered with an empty 200 and `Allow`, unless it has an app of its own.
/// - Any other method goes to the fallback. Without a fallback it is a 405 with `Allow`.
///
/// Clones share the apps. `Allow` names the methods in the order in which they were added, HEAD after GET, OPTIONS last.
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
#[derive(Clone)]
pub struct Methods {
    apps: Arc<Vec<(Method, BoxApp)>>,
    fallback: Option<BoxApp>,
    allow: Arc<str>,
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
    /// No methods except OPTIONS.
    #[must_use]
    pub fn new() -> Self {
        Self {
            apps: Arc::default(),
            fallback: None,
            allow: "OPTIONS".into(),
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

    /// Sets the app for a method. It replaces an app that was set for it before.
    #[must_use]
    pub fn on(mut self, method: Method, app: impl App) -> Self {
        let apps = Arc::make_mut(&mut self.apps);
        apps.retain(|(known, _)| *known != method);
        apps.push((method, BoxApp::new(app)));
        self.allow = self.allowed().into();
        self
    }

    /// Sets the app for all other methods, instead of the 405.
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
        for (method, _) in &*self.apps {
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
            start_response.start(200, [("allow", &*self.allow)])?;
            return Ok(Body::empty());
        }
        match app.or(self.fallback.as_ref()) {
            Some(app) => app.call(environ, start_response).await,
            // RFC 9110 section 15.5.6: a 405 lists the allowed methods.
            None => Err(HttpError::method_not_allowed()
                .with_headers([("allow", &*self.allow)])?
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
