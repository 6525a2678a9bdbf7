//! `SendFile`: one file as a response.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gateway_core::{App, Body, Environ, Error, HttpError, Response, ResponseExt, StartResponse};
use http::{HeaderValue, Method, StatusCode, header};
use tokio::fs::{self, File};
use tokio::io::{AsyncRead, AsyncSeekExt, ReadBuf};

use super::{
    CacheControl, Conditions, ETag, Precondition, RangeOutcome, ResponseFields, read_exactly,
};
use crate::error::HttpErrorFields;
use crate::tokio_context;

/// A file as a response: its type by extension, ETag, Last-Modified, conditions and one range (N8),
/// streamed in bounded chunks.
///
/// A view returns it, with [`respond`](Self::respond), or it is an app:
/// `SendFile::new("favicon.ico")` at its own path.
///
/// It needs a tokio runtime, for its blocking threads, and none of its drivers. Outside a runtime
/// the response is a 500, or the body ends in an error; the log line says so (L7).
///
/// The path is trusted. A path that is made from text of a client belongs in a
/// [`StaticDir`](super::StaticDir). For downloads of its files, a middleware adds the header:
/// `on_response` with `Content-Disposition: attachment`. The client takes the name from the URL.
///
/// # Examples
///
/// ```
/// use gateway_core::{Environ, HttpError, Response};
/// use gateway_util::SendFile;
///
/// async fn report(environ: Environ) -> Result<Response, HttpError> {
///     SendFile::new("report.pdf").attachment("Report.pdf").respond(&environ).await
/// }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let error = report(Environ::from_request(http::Request::new(()))).await.unwrap_err();
/// assert_eq!(error.status(), 404);
/// # });
/// ```
#[doc(alias = "NamedFile")]
#[doc(alias = "ServeFile")]
#[doc(alias = "send_file")]
#[derive(Debug, Clone)]
pub struct SendFile {
    path: PathBuf,
    /// The name that tells the type, if it is not that of the path.
    named: Option<PathBuf>,
    coding: Option<&'static str>,
    mimetype: Option<String>,
    attachment: Option<String>,
    cache_control: CacheControl,
    etag: Option<ETag>,
    last_modified: Option<SystemTime>,
}

impl SendFile {
    /// The file at a path. As in Flask, clients store it and ask again before each use
    /// (`Cache-Control: no-cache`), unless [`cache_control`](Self::cache_control) says otherwise.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            named: None,
            coding: None,
            mimetype: None,
            attachment: None,
            cache_control: CacheControl::new().no_cache(),
            etag: None,
            last_modified: None,
        }
    }

    /// Sets the type, instead of the one that the extension tells.
    #[must_use]
    pub fn mimetype(mut self, mimetype: impl Into<String>) -> Self {
        self.mimetype = Some(mimetype.into());
        self
    }

    /// Makes it a download under a name. The name, not the path, then tells the type.
    #[must_use]
    pub fn attachment(mut self, name: impl Into<String>) -> Self {
        self.attachment = Some(name.into());
        self
    }

    /// Sets `Cache-Control`.
    #[must_use]
    pub fn cache_control(mut self, cache_control: CacheControl) -> Self {
        self.cache_control = cache_control;
        self
    }

    /// The requested name of the file, which tells the type.
    pub(super) fn named(mut self, name: PathBuf) -> Self {
        self.named = Some(name);
        self
    }

    /// Says that the file holds content in a coding.
    pub(super) fn coding(mut self, coding: &'static str) -> Self {
        self.coding = Some(coding);
        self
    }

    /// Sets the tag, instead of the one made from length and time of change: one that is the same
    /// on every server that has the file, or one for a file whose time of change means nothing.
    ///
    /// Times before 1991 mean nothing: stores and images set them to 0, 1 or 1980 for every file.
    /// Such a file gets neither a tag nor a `Last-Modified`.
    #[must_use]
    pub fn etag(mut self, etag: ETag) -> Self {
        self.etag = Some(etag);
        self
    }

    /// Sets the time of the last change, instead of the file's.
    #[must_use]
    pub fn last_modified(mut self, time: SystemTime) -> Self {
        self.last_modified = Some(time);
        self
    }

    /// The response to a request: 200, 206, 304, or an error.
    ///
    /// Do not change a file while it is sent: give a new version a new
    /// name, or move it into place. If the file shrinks, the response is aborted (B5).
    ///
    /// # Errors
    ///
    /// 404 if there is no regular file, 403 if it may not be read, 412, 416, 500.
    pub async fn respond(&self, environ: &Environ) -> Result<Response, HttpError> {
        tokio_context::handle("`SendFile`")?;
        let conditions = Conditions::of(environ);
        // Opening a pipe would wait for its other end, so this is checked first.
        let metadata = fs::metadata(&self.path).await.map_err(from_io)?;
        if !metadata.is_file() {
            return Err(HttpError::not_found());
        }
        let mut file = File::open(&self.path).await.map_err(from_io)?;
        // The opened file counts, not the one that was there a moment before.
        let metadata = file.metadata().await.map_err(from_io)?;
        if !metadata.is_file() {
            return Err(HttpError::not_found());
        }
        let length = metadata.len();
        let changed = metadata.modified().ok().filter(says_something);
        let modified = self.last_modified.or(changed).map(not_in_the_future);
        let etag = self.etag.clone().or_else(|| etag(length, changed));
        // RFC 9110 section 8.8.3.3: another coding is another representation.
        let etag = match self.coding {
            Some(coding) => etag.map(|etag| etag.with_suffix(coding)),
            None => etag,
        };

        let mut response = Response::default();
        response.set_cache_control(&self.cache_control);
        if let Some(etag) = &etag {
            response.set_etag(etag);
        }
        match conditions.evaluate(etag.as_ref(), modified) {
            Precondition::PreconditionFailed => return Err(HttpError::precondition_failed()),
            Precondition::NotModified => {
                *response.status_mut() = StatusCode::NOT_MODIFIED;
                return Ok(response);
            }
            Precondition::Proceed => {}
        }
        self.describe(&mut response, modified)?;
        let (start, count) = match conditions.range(length, etag.as_ref(), modified) {
            RangeOutcome::Whole => (0, length),
            RangeOutcome::Part(range) => {
                *response.status_mut() = StatusCode::PARTIAL_CONTENT;
                response
                    .headers_mut()
                    .insert(header::CONTENT_RANGE, range.content_range(length));
                (range.start(), range.len())
            }
            RangeOutcome::Unsatisfiable => {
                return Err(HttpError::range_not_satisfiable().content_range(length));
            }
        };
        if start > 0 {
            file.seek(io::SeekFrom::Start(start))
                .await
                .map_err(from_io)?;
        }
        Ok(response.map(|_| read_exactly(InContext(file), count)))
    }

    /// The fields that describe the content of a response.
    fn describe(
        &self,
        response: &mut Response,
        modified: Option<SystemTime>,
    ) -> Result<(), HttpError> {
        let named = self.named.as_deref().unwrap_or(&self.path);
        let by_extension = || {
            let name = self.attachment.as_deref().map_or(named, Path::new);
            mime_guess::from_path(name).first_raw()
        };
        let mimetype = match &self.mimetype {
            Some(mimetype) => mimetype,
            None => by_extension().unwrap_or("application/octet-stream"),
        };
        response
            .set_mimetype(mimetype)
            .map_err(|error| HttpError::internal_server_error().with_source(error))?;
        if let Some(name) = &self.attachment {
            response.set_attachment(name);
        }
        // A browser shows an `.svgz` only if it is told the coding. A saved file stays as it is on
        // disk.
        let is_packed = self.attachment.is_none() && self.mimetype.is_none() && is_svgz(named);
        if let Some(coding) = self.coding.or(is_packed.then_some("gzip")) {
            response
                .headers_mut()
                .insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        if let Some(modified) = modified {
            let is_given = self.last_modified.is_some();
            response.set_last_modified(if is_given {
                modified
            } else {
                announced(modified)
            });
        }
        response
            .headers_mut()
            .insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        Ok(())
    }
}

/// The same file for GET and HEAD of every path, and 405 for other methods: to be mounted at its
/// own path.
impl App for SendFile {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        if !matches!(*environ.request_method(), Method::GET | Method::HEAD) {
            return Err(HttpError::method_not_allowed()
                .allow([Method::GET, Method::HEAD])
                .into());
        }
        let response = self.respond(&environ).await?;
        start_response.send(response)
    }
}

/// An open file whose reads fail, and do not panic, outside a runtime.
struct InContext(File);

impl AsyncRead for InContext {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        tokio_context::handle("`SendFile`").map_err(io::Error::other)?;
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

/// True for the one kind of file whose type is that of its decompressed content.
fn is_svgz(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("svgz"))
}

/// False for a time before 1991, when HTTP was new: a constant that a tool sets for every file, 0,
/// 1 (Nix, ostree), 1980 (zip) or 1985 (npm).
fn says_something(changed: &SystemTime) -> bool {
    const FIRST: Duration = Duration::from_secs(662_688_000);
    let since = changed.duration_since(UNIX_EPOCH);
    since.is_ok_and(|since| since >= FIRST)
}

/// How long a file may change again with the same time of change, because of coarse clocks.
const SETTLED: Duration = Duration::from_secs(2);

/// The date that is sent. A file that may change again within the same second gets a date that is
/// one second older, so a client that asks by that date gets the file again, and no part of an
/// older state (RFC 9110 section 8.8.2.2).
fn announced(modified: SystemTime) -> SystemTime {
    if is_settled(modified) {
        return modified;
    }
    modified
        .checked_sub(Duration::from_secs(1))
        .unwrap_or(modified)
}

fn is_settled(modified: SystemTime) -> bool {
    let age = SystemTime::now().duration_since(modified);
    age.is_ok_and(|age| age >= SETTLED)
}

/// RFC 9110 section 8.8.2.1: a client would never check a date in the future.
fn not_in_the_future(modified: SystemTime) -> SystemTime {
    modified.min(SystemTime::now())
}

/// Length and time of change name the state of a file, with the nanoseconds of the file system.
///
/// A file that was changed within the last two seconds may change again with the same time of
/// change. So its tag is weak, and cannot be used for ranges.
fn etag(length: u64, modified: Option<SystemTime>) -> Option<ETag> {
    let since = modified?.duration_since(UNIX_EPOCH).ok()?;
    let tag = ETag::strong(format!("{:x}-{length:x}", since.as_nanos())).ok()?;
    Some(if is_settled(modified?) {
        tag
    } else {
        tag.into_weak()
    })
}

fn from_io(error: io::Error) -> HttpError {
    use io::ErrorKind::{InvalidInput, IsADirectory, NotADirectory, NotFound, PermissionDenied};
    match error.kind() {
        // A NUL in a path, or a file where a directory should be: there is no such file.
        NotFound | NotADirectory | IsADirectory | InvalidInput | io::ErrorKind::InvalidFilename => {
            HttpError::not_found()
        }
        PermissionDenied => HttpError::forbidden(),
        _ => HttpError::internal_server_error(),
    }
    .with_source(error)
}
