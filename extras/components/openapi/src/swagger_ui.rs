//! `SwaggerUi`: the pages, and the specs that they show.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use gateway_core::{
    App, Body, Environ, Error, HttpError, Response, StartResponse, TryIntoResponse,
};
use gateway_util::redirect;
use http::Method;
use serde::Serialize;
use utoipa_swagger_ui::{Config, Url, oauth, serve};

use crate::asset::Asset;

/// What changes the configuration.
type Configure = Arc<dyn Fn(Config<'static>) -> Config<'static> + Send + Sync>;

/// Swagger UI with its files and specs.
///
/// - `/` is the page. A path without the slash is redirected to it, relative to itself.
/// - `/swagger-initializer.js` has the configuration, `/oauth2-redirect.html` is where an OAuth server sends
///   the browser back to: its address is that of the page, with that name, unless
///   [`configure`](Self::configure) sets another.
/// - Each spec is at its name.
/// - Files have an `ETag`, and conditions are answered (RFC 9110 section 13).
///
/// # Errors
///
/// 404 for another path, 405 with `Allow` for another method than GET, HEAD and OPTIONS, 412 for a
/// condition that fails. They are raised, so that error handlers outside see them.
///
/// # Examples
///
/// ```
/// use serde_json::json;
/// use utoipa_swagger_ui_gateway::SwaggerUi;
/// use utoipa_swagger_ui_gateway::utoipa_swagger_ui::oauth;
///
/// # fn main() -> Result<(), serde_json::Error> {
/// let docs = SwaggerUi::new()
///     .spec("shop.json", &json!({ "openapi": "3.1.0", "info": { "title": "Shop", "version": "1" } }))?
///     .spec("admin.json", &json!({ "openapi": "3.1.0", "info": { "title": "Admin", "version": "1" } }))?
///     .configure(|config| config.try_it_out_enabled(true))
///     .oauth(oauth::Config::new().client_id("docs"));
/// # let _ = docs;
/// # Ok(())
/// # }
/// ```
#[must_use = "an app does nothing until it is served"]
pub struct SwaggerUi {
    specs: Vec<(&'static str, Asset)>,
    configure: Option<Configure>,
    oauth: Option<oauth::Config>,
    /// The files that were asked for: their tags are made once.
    files: RwLock<BTreeMap<String, Asset>>,
}

impl SwaggerUi {
    /// Pages without a spec.
    pub fn new() -> Self {
        Self {
            specs: Vec::new(),
            configure: None,
            oauth: None,
            files: RwLock::default(),
        }
    }

    /// Adds a spec, by the name of its file: what utoipa makes, or any other value that is an OpenAPI
    /// document. With several, the page has a list of their names, and shows the first.
    ///
    /// # Errors
    ///
    /// When the value cannot be written as JSON.
    pub fn spec(mut self, name: &'static str, spec: &impl Serialize) -> serde_json::Result<Self> {
        let name = name.trim_start_matches('/');
        let asset = Asset::json(serde_json::to_vec(spec)?);
        self.specs.push((name, asset));
        Ok(self)
    }

    /// Changes the configuration of Swagger UI, which has the addresses of the specs already.
    ///
    /// Its `basic_auth` is not checked here, and would be sent to browsers: put
    /// `BasicAuth` of `gateway-util` around the app.
    pub fn configure<F>(mut self, configure: F) -> Self
    where
        F: Fn(Config<'static>) -> Config<'static> + Send + Sync + 'static,
    {
        self.configure = Some(Arc::new(configure));
        self
    }

    /// Sets what is filled in when a user logs in by OAuth.
    pub fn oauth(mut self, oauth: oauth::Config) -> Self {
        self.oauth = Some(oauth);
        self
    }

    fn config(&self) -> Config<'static> {
        let names = self.specs.iter().map(|(name, _)| *name);
        let urls: Vec<Url<'static>> = match names.len() {
            // One spec needs no list.
            1 => names.map(Url::from).collect(),
            _ => names.map(|name| Url::new(name, name)).collect(),
        };
        let config = match &self.oauth {
            Some(oauth) => Config::with_oauth_config(urls, oauth.clone()),
            None => Config::new(urls),
        };
        match &self.configure {
            Some(configure) => configure(config),
            None => config,
        }
    }

    /// A file of Swagger UI.
    fn file(&self, name: &str) -> Result<Option<Asset>, Error> {
        let known = self.files.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(asset) = known.get(name) {
            return Ok(Some(asset.clone()));
        }
        drop(known);
        let file = serve(name, Arc::new(self.config()))
            .map_err(|error| Error::msg(format!("the configuration of Swagger UI: {error}")))?;
        let Some(asset) = file.map(Asset::file).transpose()? else {
            return Ok(None);
        };
        let mut known = self.files.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(name.to_owned(), asset.clone());
        Ok(Some(asset))
    }

    fn respond(&self, environ: &Environ) -> Result<Response, Error> {
        match *environ.request_method() {
            Method::GET | Method::HEAD => {}
            Method::OPTIONS => return ("", 204, [("allow", ALLOWED)]).try_into_response(),
            _ => {
                let error = HttpError::method_not_allowed();
                return Err(error.with_headers([("allow", ALLOWED)])?.into());
            }
        }
        let path = environ.path_info();
        let path = std::str::from_utf8(path.as_bytes()).unwrap_or("//");
        let Some(name) = path.strip_prefix('/') else {
            return redirect(with_slash(environ))
                .permanent()
                .try_into_response();
        };
        let spec = self.specs.iter().find(|(known, _)| *known == name);
        let asset = match spec {
            Some((_, asset)) => Some(asset.clone()),
            // The core takes a slash for the page, whose links would then lead elsewhere.
            None if name == "/" => None,
            None => self.file(name)?,
        };
        asset.ok_or_else(HttpError::not_found)?.respond(environ)
    }
}

const ALLOWED: &str = "GET, HEAD, OPTIONS";

/// The address of the page, relative to that of the request: right behind a proxy that takes a prefix
/// away, too.
fn with_slash(environ: &Environ) -> String {
    let last = environ.raw_script_name().rsplit('/').next();
    let last = last.unwrap_or_default();
    match environ.query_string() {
        "" => format!("./{last}/"),
        query => format!("./{last}/?{query}"),
    }
}

impl App for SwaggerUi {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let response = self.respond(&environ)?;
        start_response.send(response)
    }
}

impl Default for SwaggerUi {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for SwaggerUi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let specs: Vec<&str> = self.specs.iter().map(|(name, _)| *name).collect();
        f.debug_struct("SwaggerUi")
            .field("specs", &specs)
            .finish_non_exhaustive()
    }
}
