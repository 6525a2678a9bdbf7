//! A directory of files as an app.

mod resolve;

use std::io;
use std::path::{Path, PathBuf};

use gateway_core::{
    App, Body, Environ, Error, HttpError, Response, StartResponse, TryIntoResponse,
};
use http::Method;

use super::{CacheControl, SendFile, redirect};
use crate::error::HttpErrorFields;
use crate::tokio_context;
use resolve::Resolved;

/// The files below a directory: Werkzeug's `SharedDataMiddleware`, Flask's `send_from_directory`.
///
/// # What it answers
///
/// - GET and HEAD: the file, as [`SendFile`] does; other methods: 405.
/// - A directory: its index file; 308 to the path with a slash at its end where that is missing; 404
///   where there is no index. Nothing is ever listed.
/// - 404 for everything else, without saying why: `..` and `.` in any coding, an encoded slash, a
///   backslash, a NUL, an empty segment, names that are not UTF-8, names that begin with a dot
///   (see [`serve_hidden`](Self::serve_hidden)), and links that lead out of the directory.
///
/// It needs a tokio runtime, as [`SendFile`] does.
///
/// Links are followed where they stay inside. Whoever may write into the directory can exchange a
/// file for a link while it is being opened: do not serve directories that strangers write to.
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
#[derive(Debug, Clone)]
pub struct StaticDir {
    root: PathBuf,
    index: Option<String>,
    serves_hidden: bool,
    cache_control: CacheControl,
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
            cache_control: CacheControl::new().no_cache(),
        })
    }

    /// Another index file.
    #[must_use]
    pub fn index(mut self, name: impl Into<String>) -> Self {
        self.index = Some(name.into());
        self
    }

    /// No index file: directories are 404.
    #[must_use]
    pub fn without_index(mut self) -> Self {
        self.index = None;
        self
    }

    /// Serves names that begin with a dot, such as `.well-known`; `.env` and `.git` among them.
    #[must_use]
    pub fn serve_hidden(mut self) -> Self {
        self.serves_hidden = true;
        self
    }

    /// Sets `Cache-Control`; it is `no-cache` otherwise.
    #[must_use]
    pub fn cache_control(mut self, cache_control: CacheControl) -> Self {
        self.cache_control = cache_control;
        self
    }

    /// The answer to a request, for views.
    ///
    /// # Errors
    ///
    /// As [`SendFile::respond`], and 405.
    pub async fn respond(&self, environ: &Environ) -> Result<Response, HttpError> {
        if !matches!(*environ.request_method(), Method::GET | Method::HEAD) {
            return Err(HttpError::method_not_allowed().allow([Method::GET, Method::HEAD]));
        }
        tokio_context::handle("`StaticDir`")?;
        let resolved = resolve::resolve(self, environ.raw_path_info())
            .await
            .ok_or_else(HttpError::not_found)?;
        match resolved {
            Resolved::File(path) => {
                SendFile::new(path)
                    .cache_control(self.cache_control.clone())
                    .respond(environ)
                    .await
            }
            Resolved::WithoutSlash => redirect(with_slash(environ))
                .permanent()
                .try_into_response()
                .map_err(|error| {
                    HttpError::internal_server_error().with_source(error.into_boxed())
                }),
        }
    }
}

/// The last segment of the path with a slash behind it, relative to the path: whatever the client
/// calls this server, it stays here. `./` keeps a colon from being read as a scheme.
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
