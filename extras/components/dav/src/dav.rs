//! `Dav`: the handler of `dav-server` as an app.

use std::fmt;

use dav_server::{DavConfig, DavHandler};
use gateway_core::{App, Body, Environ, Error, HttpError, StartResponse};
use http::Request;

use crate::upload::Upload;

/// A WebDAV server: a handler of `dav-server`, below the prefix where it is mounted.
///
/// # Contract
///
/// - The handler's file system has its root where the app is mounted: links in listings, and the
///   targets of COPY and MOVE, begin with SCRIPT_NAME. A `strip_prefix` of the handler is replaced.
/// - Locks belong to REMOTE_USER, if a middleware has set it.
/// - Files stream both ways: a chunk of an upload is written before the next is read, and a chunk
///   of a download is read when the client has taken the one before. XML has at most 64 KiB, which
///   is a limit of `dav-server`.
/// - An upload over the [limit](Self::limit_uploads) is a 413, and one that the client cut short a
///   400 (I3, I4), where `dav-server` alone says 502. What was written of it stays: `dav-server`
///   has truncated the file before it reads.
/// - It answers the methods that the handler allows, and knows no users: put a middleware around it.
/// - It needs what the file system needs: that of local files a tokio runtime of several threads (L7).
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use dav_server::{DavHandler, memfs::MemFs, memls::MemLs};
/// use gateway_core::{AppExt, Environ};
/// use gateway_dav::Dav;
/// use gateway_util::Mount;
///
/// let files = DavHandler::builder()
///     .filesystem(MemFs::new())
///     .locksystem(MemLs::new())
///     .build_handler();
/// let site = Mount::new().at("/files", Dav::new(files).limit_uploads(1 << 30));
///
/// let put = http::Request::put("/files/a.txt").body("hello")?;
/// assert_eq!(site.respond(Environ::from_request(put)).await?.status(), 201);
/// let get = http::Request::get("/files/a.txt").body(())?;
/// let response = site.respond(Environ::from_request(get)).await?;
/// assert_eq!(response.into_body().bytes().await?, "hello");
/// # Ok::<(), gateway_core::BoxError>(())
/// # })?;
/// # Ok::<(), gateway_core::BoxError>(())
/// ```
#[derive(Clone)]
pub struct Dav {
    handler: DavHandler,
    limit: Option<u64>,
}

impl Dav {
    /// Serves what the handler serves.
    #[must_use]
    pub fn new(handler: DavHandler) -> Self {
        let limit = None;
        Self { handler, limit }
    }

    /// Limits the bytes of an upload. Without it, only the host's own limit counts.
    #[must_use]
    pub fn limit_uploads(mut self, bytes: u64) -> Self {
        self.limit = Some(bytes);
        self
    }
}

impl App for Dav {
    async fn call(
        &self,
        mut environ: Environ,
        start_response: StartResponse,
    ) -> Result<Body, Error> {
        if let Some(limit) = self.limit {
            // I4: a declared length is refused before the file is touched.
            if environ
                .content_length()
                .is_some_and(|length| length > limit)
            {
                return Err(HttpError::payload_too_large().into());
            }
            environ.input_mut().limit(limit);
        }
        let mut config = DavConfig::new().strip_prefix(environ.script_name().to_string());
        if let Some(user) = environ.get("REMOTE_USER") {
            config = config.principal(user.to_string());
        }
        let (parts, input) = environ.into_parts();
        let (upload, failed) = Upload::new(input);
        let request = Request::from_parts(parts, upload);
        let response = self.handler.handle_with(config, request).await;
        if let Some(error) = failed.take() {
            return Err(error.into());
        }
        start_response.send(response.map(Body::new))
    }
}

impl fmt::Debug for Dav {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dav")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
