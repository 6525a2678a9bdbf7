//! Methods that a form cannot send.

use gateway_core::{App, Body, Environ, Error, StartResponse};
use http::Method;

/// Lets a POST be another method, which it names in a header or in the query: Rack's
/// `MethodOverride`. Made by [`MiddlewareExt::method_override`](crate::MiddlewareExt).
///
/// - Only a POST is changed, and only into PUT, PATCH or DELETE, or what
///   [`allow`](Self::allow) says. Anything else is passed on as it is. A browser sends a POST across
///   sites no more freely than before.
/// - `X-HTTP-Method-Override` is looked at first, then the query's `_method`, each where it was
///   switched on: [`header`](Self::header), [`query`](Self::query). Names are compared without
///   regard to case. The body is not looked at: reading it here would take it from the app.
/// - The method that was sent is in the environ's extensions, as [`OverriddenMethod`].
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{AppExt, Environ, view};
/// use gateway_util::MiddlewareExt;
///
/// let method = view(async |environ: Environ| environ.request_method().to_string());
/// let app = method.method_override().query();
/// let request = http::Request::post("/item?_method=delete").body(())?;
/// let response = app.respond(Environ::from_request(request)).await?;
/// assert_eq!(response.into_body().bytes().await?, "DELETE");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct MethodOverride<A> {
    app: A,
    header: bool,
    query: bool,
    allowed: Vec<Method>,
}

/// In the environ's extensions: the method that was sent before [`MethodOverride`] changed it.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{AppExt, Environ, view};
/// use gateway_util::{MiddlewareExt, OverriddenMethod};
///
/// let app = view(async |environ: Environ| {
///     let sent = environ.extensions().get::<OverriddenMethod>()?;
///     Some(format!("{}, sent as {}", environ.request_method(), sent.0))
/// });
/// let request = http::Request::post("/").header("x-http-method-override", "PUT").body(())?;
/// let response = app.method_override().header().respond(Environ::from_request(request)).await?;
/// assert_eq!(response.into_body().bytes().await?, "PUT, sent as POST");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverriddenMethod(
    /// The method as sent.
    pub Method,
);

impl<A> MethodOverride<A> {
    /// Changes nothing until a source is switched on.
    pub fn new(app: A) -> Self {
        Self {
            app,
            header: false,
            query: false,
            allowed: vec![Method::PUT, Method::PATCH, Method::DELETE],
        }
    }

    /// Looks at the header `X-HTTP-Method-Override`.
    #[must_use]
    pub fn header(mut self) -> Self {
        self.header = true;
        self
    }

    /// Looks at the parameter `_method` of the query, the first one.
    #[must_use]
    pub fn query(mut self) -> Self {
        self.query = true;
        self
    }

    /// Sets which methods a POST may become. HEAD and CONNECT are left out: a gateway knows from the
    /// request as it was sent whether it has to send a body.
    #[must_use]
    pub fn allow(mut self, methods: impl IntoIterator<Item = Method>) -> Self {
        self.allowed = methods
            .into_iter()
            .filter(|method| !matches!(*method, Method::HEAD | Method::CONNECT))
            .collect();
        self
    }

    fn wanted(&self, environ: &Environ) -> Option<&Method> {
        let named = |name: &[u8]| {
            self.allowed
                .iter()
                .find(|method| method.as_str().as_bytes().eq_ignore_ascii_case(name))
        };
        if self.header
            && let Some(value) = environ.header("x-http-method-override")
        {
            return named(value.as_bytes());
        }
        if !self.query {
            return None;
        }
        let name = environ
            .query_string()
            .split('&')
            .find_map(|pair| pair.strip_prefix("_method="))?;
        named(name.as_bytes())
    }
}

impl<A: App> App for MethodOverride<A> {
    async fn call(
        &self,
        mut environ: Environ,
        start_response: StartResponse,
    ) -> Result<Body, Error> {
        if *environ.request_method() == Method::POST
            && let Some(method) = self.wanted(&environ).cloned()
        {
            environ.set_request_method(method);
            let sent = OverriddenMethod(Method::POST);
            environ.extensions_mut().insert(sent);
        }
        self.app.call(environ, start_response).await
    }

    gateway_core::forward_lifespan!(app);
}
