//! `StaticDir`: an app that serves the files below a directory.

mod coded;
mod resolve;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gateway_core::{
    App, Body, Environ, Error, HttpError, Response, StartResponse, TryIntoResponse,
};
use http::{Method, StatusCode, header};

use super::{CacheControl, ETag, SendFile, redirect};
use crate::error::HttpErrorFields;
use crate::tokio_context;
use coded::Coded;
use resolve::{Found, Resolved};

/// The files below a directory: Werkzeug's `SharedDataMiddleware`, Flask's `send_from_directory`.
///
/// # Responses
///
/// - GET and HEAD: the file, as [`SendFile`] does; other methods: 405.
/// - A directory: its index file, or 404 if there is none. If the slash at the end of the path is
///   missing: 308 to the path with it. Nothing is ever listed.
/// - 404 for everything else, without saying why: `..` and `.` in any coding, an encoded slash, a
///   backslash, a NUL, an empty segment, names that are not UTF-8, names that begin with a dot
///   (see [`serve_hidden`](Self::serve_hidden)), and links that lead to such a name or out of the
///   directory. [`fallback`](Self::fallback) and [`not_found_page`](Self::not_found_page) set a file
///   to send instead.
///
/// It needs a tokio runtime, as [`SendFile`] does.
///
/// Links are followed if they stay inside; [`follow_links_out`](Self::follow_links_out) follows
/// all. The type of a file is that of the requested name, as in nginx and Apache: a link
/// `style.css` to `0a1b2c` is a style sheet. Anyone who can write into the directory can replace a
/// file with a link while it is being opened: do not serve directories that strangers write to.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{AppExt, Environ};
/// use gateway_util::Mount;
/// use gateway_util::StaticDir;
///
/// # let public = env!("CARGO_MANIFEST_DIR");
/// let site = Mount::new().at("/static", StaticDir::new(public)?);
/// let environ = Environ::from_request(http::Request::get("/static/Cargo.toml").body(())?);
/// assert_eq!(site.respond(environ).await?.status(), 200);
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[doc(alias = "send_static_file")]
#[doc(alias = "Files")]
#[doc(alias = "SharedDataMiddleware")]
#[doc(alias = "send_from_directory")]
#[doc(alias = "ServeDir")]
#[derive(Clone)]
pub struct StaticDir {
    root: PathBuf,
    index: Option<String>,
    serves_hidden: bool,
    follows_links_out: bool,
    cache_control: CacheControl,
    etags: Option<Arc<ETags>>,
    precompressed: &'static [Coded],
    missing: Option<Missing>,
}

type ETags = dyn Fn(&Path) -> Option<ETag> + Send + Sync;

/// The file that is sent if there is no file at a path.
#[derive(Debug, Clone)]
struct Missing {
    file: PathBuf,
    status: StatusCode,
}

impl StaticDir {
    /// Serves a directory; its index file is `index.html`.
    ///
    /// # Errors
    ///
    /// When there is no such directory.
    pub fn new(root: impl AsRef<Path>) -> io::Result<Self> {
        let root = root.as_ref().canonicalize()?;
        if !root.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self {
            root,
            index: Some("index.html".into()),
            serves_hidden: false,
            follows_links_out: false,
            cache_control: CacheControl::new().no_cache(),
            etags: None,
            precompressed: &[],
            missing: None,
        })
    }

    /// Another index file.
    #[must_use]
    pub fn index(mut self, name: impl Into<String>) -> Self {
        self.index = Some(name.into());
        self
    }

    /// Sets no index file: directories are 404.
    #[must_use]
    pub fn without_index(mut self) -> Self {
        self.index = None;
        self
    }

    /// Serves names that begin with a dot, such as `.well-known`, but also `.env` and `.git`.
    #[must_use]
    pub fn serve_hidden(mut self) -> Self {
        self.serves_hidden = true;
        self
    }

    /// Follows links that lead out of the directory, too: for deployments that consist of links.
    /// Anyone who can write into the directory can then publish any file that the server can read.
    #[must_use]
    pub fn follow_links_out(mut self) -> Self {
        self.follows_links_out = true;
        self
    }

    /// Sets the tags of files, by their path from the directory: for files whose time of change
    /// means nothing, because a store or an image sets it to a constant. `None` keeps the file's
    /// own tag, see [`SendFile::etag`]. The function must not block.
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_util::{ETag, StaticDir};
    ///
    /// // Every release is a directory of its own: one tag for all of its files will do.
    /// # let public = env!("CARGO_MANIFEST_DIR");
    /// let release = ETag::strong("2026-11-27")?;
    /// let site = StaticDir::new(public)?.etags(move |_path| Some(release.clone()));
    /// # Ok::<(), gateway_core::Error>(())
    /// ```
    #[must_use]
    pub fn etags(mut self, etags: impl Fn(&Path) -> Option<ETag> + Send + Sync + 'static) -> Self {
        self.etags = Some(Arc::new(etags));
        self
    }

    /// Sends `app.js.br`, `app.js.zst` or `app.js.gz` for `app.js`, if there is such a file and the
    /// client accepts the coding. They are made when the site is built; the contents must be the
    /// same. Every response then says `Vary: Accept-Encoding`.
    #[must_use]
    pub fn precompressed(mut self) -> Self {
        self.precompressed = coded::ALL;
        self
    }

    /// Sends a file of the directory, with a 200, for every path without a file: the page of an app
    /// that runs in the browser. The path is relative to the directory. If there is no such file,
    /// the response is a 404.
    #[must_use]
    pub fn fallback(mut self, file: impl Into<PathBuf>) -> Self {
        self.missing = Some(Missing {
            file: file.into(),
            status: StatusCode::OK,
        });
        self
    }

    /// Sends a file of the directory as the page of the 404, instead of a fallback.
    #[must_use]
    pub fn not_found_page(mut self, file: impl Into<PathBuf>) -> Self {
        self.missing = Some(Missing {
            file: file.into(),
            status: StatusCode::NOT_FOUND,
        });
        self
    }

    /// Sets `Cache-Control`, which is `no-cache` by default.
    #[must_use]
    pub fn cache_control(mut self, cache_control: CacheControl) -> Self {
        self.cache_control = cache_control;
        self
    }

    /// The response to a request, for views.
    ///
    /// # Errors
    ///
    /// As [`SendFile::respond`], and 405.
    pub async fn respond(&self, environ: &Environ) -> Result<Response, HttpError> {
        if !matches!(*environ.request_method(), Method::GET | Method::HEAD) {
            return Err(HttpError::method_not_allowed().allow([Method::GET, Method::HEAD]));
        }
        tokio_context::handle("`StaticDir`")?;
        match resolve::resolve(self, environ.raw_path_info()).await {
            Some(Resolved::File(found)) => self.send(environ, found).await,
            Some(Resolved::WithoutSlash) => redirect(with_slash(environ))
                .permanent()
                .try_into_response()
                .map_err(|error| {
                    HttpError::internal_server_error().with_source(error.into_boxed())
                }),
            None => self.missing(environ).await,
        }
    }

    async fn send(&self, environ: &Environ, found: Found) -> Result<Response, HttpError> {
        let coded = coded::choose(self, environ, &found.relative).await;
        let etag = self.etags.as_ref().and_then(|etags| etags(&found.relative));
        let mut file = match &coded {
            Some((coding, path)) => SendFile::new(path).coding(coding.name),
            None => SendFile::new(found.path),
        };
        if let Some(etag) = etag {
            file = file.etag(etag);
        }
        let sent = file
            .named(found.relative)
            .cache_control(self.cache_control.clone())
            .respond(environ)
            .await;
        if self.precompressed.is_empty() {
            return sent;
        }
        sent.map(coded::vary)
    }

    async fn missing(&self, environ: &Environ) -> Result<Response, HttpError> {
        let Some(missing) = &self.missing else {
            return Err(HttpError::not_found());
        };
        let found = resolve::file(self, missing.file.clone())
            .await
            .ok_or_else(HttpError::not_found)?;
        if missing.status == StatusCode::OK {
            return self.send(environ, found).await;
        }
        // A 404 has no conditions and no ranges.
        let mut plain = Environ::from_request(http::Request::new(()));
        plain.set_request_method(environ.request_method().clone());
        let mut response = self.send(&plain, found).await?;
        *response.status_mut() = missing.status;
        let headers = response.headers_mut();
        for name in [header::ETAG, header::LAST_MODIFIED, header::ACCEPT_RANGES] {
            headers.remove(name);
        }
        Ok(response)
    }
}

impl fmt::Debug for StaticDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaticDir")
            .field("root", &self.root)
            .field("index", &self.index)
            .field("serves_hidden", &self.serves_hidden)
            .field("follows_links_out", &self.follows_links_out)
            .field("cache_control", &self.cache_control)
            .field("precompressed", &!self.precompressed.is_empty())
            .field("missing", &self.missing)
            .finish_non_exhaustive()
    }
}

/// The last segment of the path with a slash after it, as a relative reference. So it stays on this
/// server, whatever name the client uses. With `./`, a colon is not read as a scheme.
fn with_slash(environ: &Environ) -> String {
    let path = match environ.raw_path_info() {
        "" => environ.raw_script_name(),
        path => path,
    };
    let segment = path.rsplit('/').next().unwrap_or_default();
    match environ.query_string() {
        "" => format!("./{segment}/"),
        query => format!("./{segment}/?{query}"),
    }
}

impl App for StaticDir {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let response = self.respond(&environ).await?;
        start_response.send(response)
    }
}
