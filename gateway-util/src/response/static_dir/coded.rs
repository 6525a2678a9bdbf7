//! Finds a compressed file beside the requested one.

use std::path::{Path, PathBuf};

use gateway_core::{Environ, Response};
use http::{HeaderValue, header};

use super::{StaticDir, resolve};
use crate::request::EnvironExt;
use crate::response::ResponseFields;

/// A content coding, and the extension of its files.
#[derive(Debug)]
pub(super) struct Coded {
    pub(super) name: &'static str,
    pub(super) extension: &'static str,
}

/// In the order of preference: smaller files first.
pub(super) const ALL: &[Coded] = &[
    Coded {
        name: "br",
        extension: "br",
    },
    Coded {
        name: "zstd",
        extension: "zst",
    },
    Coded {
        name: "gzip",
        extension: "gz",
    },
];

/// The file in the coding that the client wants most, among those that exist.
pub(super) async fn choose(
    dir: &StaticDir,
    environ: &Environ,
    relative: &Path,
) -> Option<(&'static Coded, PathBuf)> {
    if dir.precompressed.is_empty() {
        return None;
    }
    let accept = environ.accept_encoding();
    let mut codings: Vec<&Coded> = dir.precompressed.iter().collect();
    loop {
        let offers = codings.iter().map(|coding| coding.name).chain(["identity"]);
        let best = accept.best_encoding(&offers.collect::<Vec<_>>())?;
        let place = codings.iter().position(|coding| coding.name == best)?;
        let coding = codings.remove(place);
        let mut beside = relative.as_os_str().to_owned();
        beside.push(".");
        beside.push(coding.extension);
        if let Some(found) = resolve::file(dir, beside.into()).await {
            return Some((coding, found.path));
        }
    }
}

/// The response depends on `Accept-Encoding`, whatever it is.
pub(super) fn vary(mut response: Response) -> Response {
    if response.vary(header::ACCEPT_ENCODING).is_err() {
        let any = HeaderValue::from_static("*");
        response.headers_mut().insert(header::VARY, any);
    }
    response
}
