//! `cargo run -p examples --bin static_site -- DIRECTORY`: the files below a directory, compressed.
//!
//! `StaticDir` handles types, tags, dates, conditions and ranges. Added are the page for missing
//! files, and tower-http's compression.

use std::io;

use adapter_hyper::Server;
use adapter_tower::TowerAppExt;
use gateway_core::{App, BoxError};
use gateway_util::{ETag, MiddlewareExt, StaticDir};
use http::{HeaderMap, HeaderValue, header};
use tower_http::compression::CompressionLayer;

/// The files below a directory.
///
/// # Errors
///
/// If there is no such directory.
pub(crate) fn site(directory: &str) -> io::Result<impl App + use<>> {
    let files = StaticDir::new(directory)?;
    let site = files
        .error_handlers()
        .status(404, |_| {
            (
                "<!doctype html>\n<title>Not here</title>\n<h1>Not here</h1>\n",
                404,
            )
        })
        .with_layer(CompressionLayer::new())
        .on_response(|_status, headers| weaken_tag(headers));
    Ok(site)
}

/// RFC 9110 section 8.8.1: a strong tag names bytes, and compressed bytes are not those of the
/// file.
fn weaken_tag(headers: &mut HeaderMap) {
    if !headers.contains_key(header::CONTENT_ENCODING) {
        return;
    }
    let tag = headers.get(header::ETAG).map(HeaderValue::as_bytes);
    let weak = tag
        .and_then(ETag::parse)
        .map(|tag| tag.into_weak().to_string());
    if let Some(Ok(weak)) = weak.map(HeaderValue::try_from) {
        headers.insert(header::ETAG, weak);
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let directory = std::env::args().nth(1).unwrap_or(".".to_owned());
    let site = site(&directory)?;
    Server::from_std(examples::listen()?)?.serve(site).await?;
    Ok(())
}
