//! `Mount`: calls an app by the prefix of the path.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use gateway_core::{App, Body, BoxApp, Environ, Error, HttpError, StartResponse, lifespan};
use percent_encoding::percent_decode;

/// Apps mounted at prefixes of the path: Werkzeug's `DispatcherMiddleware`, Rack's `URLMap`.
///
/// The longest prefix that matches whole segments is used: `/ap` does not match `/apple` (E3). The
/// prefix moves from PATH_INFO to SCRIPT_NAME. Other apps, and the fallback, do not see that. A
/// path that matches none goes to the fallback. Without a fallback it is a 404, raised as an error:
/// [`error_handlers`](crate::MiddlewareExt::error_handlers) and
/// [`error_format`](crate::MiddlewareExt::error_format) around the mount decide how it looks.
///
/// Clones share the apps. The prefixes are a tree of segments, which is walked once along the path. The cost of a dispatch
/// grows with the path, and with the logarithm of the number of mounts.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{AppExt, Environ, view};
/// use gateway_util::Mount;
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
#[derive(Clone)]
pub struct Mount {
    root: Arc<Node>,
    /// `None` means a 404 that is raised, so that error handlers outside see it.
    fallback: Option<BoxApp>,
}

/// A prefix: its app, if one is mounted there, and the longer prefixes.
#[derive(Default, Clone)]
struct Node {
    app: Option<BoxApp>,
    children: BTreeMap<Box<[u8]>, Node>,
}

impl Node {
    fn collect<'a>(&'a self, apps: &mut Vec<&'a BoxApp>) {
        apps.extend(&self.app);
        for node in self.children.values() {
            node.collect(apps);
        }
    }
}

impl Mount {
    /// No apps, and a 404 for everything.
    #[must_use]
    pub fn new() -> Self {
        Self {
            root: Arc::default(),
            fallback: None,
        }
    }

    /// Mounts an app at a prefix, which is decoded text. A slash at its end is ignored, and a
    /// missing one at its start is added. It replaces an app that was mounted there before.
    ///
    /// The app gets every path below the prefix, not the prefix alone: it looks at PATH_INFO, and
    /// returns [`HttpError::not_found`] for what it does not know. So `at("/", app)` takes every path
    /// that no longer prefix takes, and the [`fallback`](Self::fallback) is never called.
    ///
    /// Below the mount, SCRIPT_NAME includes the prefix, so a link made of it leads below the mount. A link from the
    /// root of the site needs the SCRIPT_NAME of the environ outside: a middleware around the mount reads it there, and
    /// hands it down in the extensions.
    #[must_use]
    pub fn at(mut self, prefix: &str, app: impl App) -> Self {
        let prefix = prefix.trim_end_matches('/');
        let mut node = Arc::make_mut(&mut self.root);
        if !prefix.is_empty() {
            for segment in prefix.strip_prefix('/').unwrap_or(prefix).split('/') {
                node = node.children.entry(segment.as_bytes().into()).or_default();
            }
        }
        node.app = Some(BoxApp::new(app));
        self
    }

    /// Sets the app for everything else; it sees the environ unchanged.
    #[must_use]
    pub fn fallback(mut self, app: impl App) -> Self {
        self.fallback = Some(BoxApp::new(app));
        self
    }

    /// All apps, in the order of their prefixes, and then the fallback.
    fn apps(&self) -> Vec<&BoxApp> {
        let mut apps = Vec::new();
        self.root.collect(&mut apps);
        apps.extend(&self.fallback);
        apps
    }

    /// The app of the longest prefix, and how many bytes of the raw path that prefix takes.
    fn find(&self, raw_path: &str) -> Option<(&BoxApp, usize)> {
        let mut node = &*self.root;
        let mut found = node.app.as_ref().map(|app| (app, 0));
        let mut end = 0;
        // The path is empty or starts with a slash.
        for raw in raw_path.split('/').skip(1) {
            let segment: Cow<'_, [u8]> = percent_decode(raw.as_bytes()).into();
            // E3: a `%2F` is data, and no prefix can hold it.
            if raw.len() > segment.len() && segment.contains(&b'/') {
                break;
            }
            match node.children.get(&*segment) {
                Some(child) => node = child,
                None => break,
            }
            end += 1 + raw.len();
            if let Some(app) = &node.app {
                found = Some((app, end));
            }
        }
        found
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
        let found = self.find(environ.raw_path_info());
        let mut app = self.fallback.as_ref();
        if let Some((mounted, length)) = found
            && environ
                .set_script_name_len(environ.script_name_len() + length)
                .is_ok()
        {
            app = Some(mounted);
        }
        match app {
            Some(app) => app.call(environ, start_response).await,
            None => Err(HttpError::not_found().into()),
        }
    }

    async fn startup(&self) -> Result<(), Error> {
        lifespan::startup_all(self.apps()).await
    }

    async fn shutdown(&self) -> Result<(), Error> {
        lifespan::shutdown_all(self.apps()).await
    }
}

impl fmt::Debug for Mount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn collect(node: &Node, prefix: &str, prefixes: &mut Vec<String>) {
            if node.app.is_some() {
                prefixes.push(prefix.to_owned());
            }
            for (segment, child) in &node.children {
                let prefix = format!("{prefix}/{}", String::from_utf8_lossy(segment));
                collect(child, &prefix, prefixes);
            }
        }
        let mut prefixes = Vec::new();
        collect(&self.root, "", &mut prefixes);
        f.debug_list().entries(prefixes).finish()
    }
}
