//! Apps under prefixes.

use std::fmt;

use crate::app::App;
use crate::body::Body;
use crate::box_app::BoxApp;
use crate::environ::Environ;
use crate::error::Error;
use crate::http_error::HttpError;
use crate::start_response::StartResponse;

/// Apps mounted at prefixes of the path: Werkzeug's `DispatcherMiddleware`, Rack's `URLMap`.
///
/// The longest prefix that matches whole segments wins: `/ap` does not match `/apple` (E3). The
/// prefix moves from PATH_INFO to SCRIPT_NAME. What matches none goes to the fallback, a 404 unless
/// set.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{AppExt, Environ, Mount, view};
///
/// let shop = view(async |environ: Environ| {
///     format!("{} {}", environ.script_name(), environ.path_info())
/// });
/// let site = Mount::new().at("/shop", shop).fallback(view(async |_| "home"));
///
/// let environ = Environ::from_request(http::Request::get("/shop/cart").body(())?);
/// assert_eq!(site.respond(environ).await?.into_body().bytes().await?, "/shop /cart");
/// let environ = Environ::from_request(http::Request::get("/shopping").body(())?);
/// assert_eq!(site.respond(environ).await?.into_body().bytes().await?, "home");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[doc(alias = "DispatcherMiddleware")]
#[doc(alias = "URLMap")]
pub struct Mount {
    /// Longest prefix first.
    apps: Vec<(String, BoxApp)>,
    fallback: BoxApp,
}

impl Mount {
    /// No apps, and a 404 for everything.
    #[must_use]
    pub fn new() -> Self {
        Self {
            apps: Vec::new(),
            fallback: BoxApp::new(HttpError::not_found()),
        }
    }

    /// Mounts an app at a prefix, which is decoded text; a slash at its end does not count. An app
    /// that was mounted there before is replaced.
    #[must_use]
    pub fn at(mut self, prefix: &str, app: impl App) -> Self {
        let prefix = prefix.trim_end_matches('/').to_owned();
        self.apps.retain(|(known, _)| *known != prefix);
        let place = self
            .apps
            .partition_point(|(known, _)| known.len() >= prefix.len());
        self.apps.insert(place, (prefix, BoxApp::new(app)));
        self
    }

    /// Sets the app for everything else; it sees the environ unchanged.
    #[must_use]
    pub fn fallback(mut self, app: impl App) -> Self {
        self.fallback = BoxApp::new(app);
        self
    }
}

impl Default for Mount {
    fn default() -> Self {
        Self::new()
    }
}

impl App for Mount {
    async fn call(
        &self,
        mut environ: Environ,
        start_response: StartResponse,
    ) -> Result<Body, Error> {
        for (prefix, app) in &self.apps {
            if environ.mount(prefix) {
                return app.call(environ, start_response).await;
            }
        }
        self.fallback.call(environ, start_response).await
    }
}

impl fmt::Debug for Mount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.apps.iter().map(|(prefix, _)| prefix))
            .finish()
    }
}
