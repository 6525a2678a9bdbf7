//! `GraphQL`: a schema as an app.

use std::fmt;
use std::sync::Arc;

use async_graphql::futures_util::future::BoxFuture;
use async_graphql::http::is_accept_multipart_mixed;
use async_graphql::{BatchRequest, Data, Executor, ParseRequestError};
use gateway_core::{
    App, Body, Environ, Error, HttpError, Response, StartResponse, TryIntoResponse,
};
use gateway_util::websocket::Acceptor;
use http::Method;

use crate::limits::Limits;
use crate::respond::Media;
use crate::{read, refusal, respond, subscription};

/// What fills the data of a request.
type Fill = Arc<dyn Fn(&Environ, &mut Data) -> Result<(), HttpError> + Send + Sync>;

/// What looks at the first message of a WebSocket.
pub(crate) type OnInit =
    Arc<dyn Fn(serde_json::Value) -> BoxFuture<'static, async_graphql::Result<Data>> + Send + Sync>;

/// A GraphQL endpoint over an [`Executor`]: a schema, static or dynamic, or what wraps one.
///
/// Only the path that it is mounted at is served, with or without a slash at its end. Any other is a 404.
///
/// # Errors
///
/// The pages are JSON, such as `{"errors":[{"message":"The query is missing."}]}`.
///
/// | status | when |
/// |---|---|
/// | 400 | the request is malformed; with `application/graphql-response+json` also if it cannot be executed |
/// | 404 | another path |
/// | 405, with `Allow` | another method; a mutation by GET |
/// | 406 | the client accepts neither media type |
/// | 413 | a limit |
/// | 415 | a body of another type, or in a content coding |
/// | 403, 426 | a WebSocket that the [`Acceptor`] refuses |
///
/// A panic of a resolver is a 500 (L5), and ends a WebSocket.
#[derive(Clone)]
#[must_use = "an app does nothing until it is served"]
pub struct GraphQL<E> {
    pub(crate) executor: E,
    pub(crate) limits: Limits,
    pub(crate) acceptor: Acceptor,
    pub(crate) on_init: Option<OnInit>,
    fill: Option<Fill>,
    uploads: Option<u64>,
    #[cfg(feature = "graphiql")]
    graphiql: bool,
}

impl<E: Executor> GraphQL<E> {
    /// An endpoint with the default limits, without uploads and without a page.
    pub fn new(executor: E) -> Self {
        Self {
            executor,
            limits: Limits::default(),
            acceptor: Acceptor::new(),
            on_init: None,
            fill: None,
            uploads: None,
            #[cfg(feature = "graphiql")]
            graphiql: false,
        }
    }

    /// Sets the limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Accepts multipart forms of at most that many bytes, with their files.
    ///
    /// A page of any site can make a browser send such a form, with the cookies of this server. So an app
    /// that knows its users by cookies needs a check of its own against forged requests before it calls
    /// this. JSON needs none, because a browser asks first.
    ///
    /// The files are in memory, or each in a file of its own with the feature `tempfile` of async-graphql.
    pub fn uploads(mut self, bytes: u64) -> Self {
        self.uploads = Some(bytes);
        self
    }

    /// Sets how WebSockets are accepted: by which origins, with which limits. The default is an
    /// [`Acceptor`] without settings: pages of the same origin. The subprotocols are set here.
    pub fn acceptor(mut self, acceptor: Acceptor) -> Self {
        self.acceptor = acceptor;
        self
    }

    /// Fills the data of each request, which resolvers get by `Context::data`; for a WebSocket that of the
    /// connection. An error is the response.
    ///
    /// # Examples
    ///
    /// ```
    /// use async_graphql::{Context, EmptyMutation, EmptySubscription, Object, Schema};
    /// use async_graphql_gateway::GraphQL;
    /// use gateway_core::HttpError;
    /// use gateway_util::EnvironExt;
    ///
    /// struct Language(String);
    /// struct Query;
    ///
    /// #[Object]
    /// impl Query {
    ///     async fn language<'c>(&self, ctx: &Context<'c>) -> async_graphql::Result<&'c str> {
    ///         Ok(&ctx.data::<Language>()?.0)
    ///     }
    /// }
    ///
    /// let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
    /// let app = GraphQL::new(schema).with(|environ, data| {
    ///     let language = environ.accept_language().best_language(&["en", "de"]);
    ///     data.insert(Language(language.ok_or_else(HttpError::not_acceptable)?.to_owned()));
    ///     Ok(())
    /// });
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let client = gateway_testing::Client::new(app);
    /// let request = client.get("/?query={language}").header("accept-language", "de");
    /// request.send().await.assert_text(r#"{"data":{"language":"de"}}"#).await;
    /// # });
    /// ```
    pub fn with<F>(mut self, fill: F) -> Self
    where
        F: Fn(&Environ, &mut Data) -> Result<(), HttpError> + Send + Sync + 'static,
    {
        self.fill = Some(Arc::new(fill));
        self
    }

    /// Looks at the first message of a WebSocket, such as a token in it. What it returns is added to the
    /// data of the connection. An error refuses the connection.
    pub fn on_connection_init<F, Fut>(mut self, init: F) -> Self
    where
        F: Fn(serde_json::Value) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = async_graphql::Result<Data>> + Send + 'static,
    {
        self.on_init = Some(Arc::new(move |payload| Box::pin(init(payload))));
        self
    }

    /// Serves the page GraphiQL to browsers that open the endpoint. The page loads its scripts from a public
    /// server, which async-graphql names.
    #[cfg(feature = "graphiql")]
    #[cfg_attr(docsrs, doc(cfg(feature = "graphiql")))]
    pub fn graphiql(mut self) -> Self {
        self.graphiql = true;
        self
    }

    /// The data of a request.
    pub(crate) fn data(&self, environ: &Environ) -> Result<Data, HttpError> {
        let mut data = Data::default();
        if let Some(fill) = &self.fill {
            fill(environ, &mut data)?;
        }
        Ok(data)
    }

    async fn respond(&self, mut environ: Environ) -> Result<Response, Error> {
        if !matches!(environ.raw_path_info(), "" | "/") {
            return Err(HttpError::not_found().into());
        }
        if environ.offers_upgrade("websocket") {
            return Ok(subscription::accept(self, &environ)?);
        }
        let is_read = match *environ.request_method() {
            Method::GET | Method::HEAD => true,
            Method::POST => false,
            Method::OPTIONS => return ("", 204, [("allow", ALLOWED)]).try_into_response(),
            _ => return Err(refusal::method_not_allowed(ALLOWED).into()),
        };
        #[cfg(feature = "graphiql")]
        if self.graphiql && is_read && crate::graphiql::is_asked_for(&environ) {
            return crate::graphiql::page(&environ);
        }
        let is_mixed = environ
            .header("accept")
            .and_then(|accept| String::from_utf8(accept.as_bytes().to_vec()).ok())
            .is_some_and(|accept| is_accept_multipart_mixed(&accept));
        // Before the request is read, because nothing may be executed that cannot be sent.
        let media = match is_mixed {
            true => Media::Json,
            false => Media::of(&environ)?,
        };
        let mut request = match is_read {
            true => BatchRequest::Single(read::query(&environ)?),
            false => read::body(&mut environ, &self.limits, self.uploads).await?,
        };
        for request in request.iter_mut() {
            request.data = self.data(&environ)?;
        }
        if !is_mixed {
            return respond::whole(self.executor.execute_batch(request).await, media);
        }
        let request = request.into_single().map_err(|error: ParseRequestError| {
            HttpError::bad_request().with_description(error.to_string())
        })?;
        let responses = self.executor.execute_stream(request, None);
        respond::stream(responses, environ.closing())
    }
}

const ALLOWED: &str = "GET, HEAD, POST, OPTIONS";

impl<E: Executor> App for GraphQL<E> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        match self.respond(environ).await {
            Ok(response) => start_response.send(response),
            Err(error) => Err(match error.downcast::<HttpError>() {
                Ok(error) => refusal::json(error).into(),
                Err(error) => error,
            }),
        }
    }
}

impl<E> fmt::Debug for GraphQL<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphQL")
            .field("limits", &self.limits)
            .field("uploads", &self.uploads)
            .finish_non_exhaustive()
    }
}
