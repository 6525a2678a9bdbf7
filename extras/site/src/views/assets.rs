//! The style sheet and the script, which are part of the program.

use gateway_core::{Environ, TryIntoResponse};

use crate::error::SiteError;
use crate::routes;

const ASSETS: [(&str, &str, &str); 2] = [
    (
        "site.css",
        "text/css; charset=utf-8",
        include_str!("../../assets/site.css"),
    ),
    (
        "live.js",
        "text/javascript; charset=utf-8",
        include_str!("../../assets/live.js"),
    ),
];

/// `GET /assets/{name}`. The middlewares around it give it a tag, by which a browser asks whether it has
/// changed.
pub(crate) async fn show(environ: Environ) -> Result<impl TryIntoResponse, SiteError> {
    let name = routes::text(&environ, "name")?;
    let asset = ASSETS.iter().find(|(known, ..)| *known == name);
    let (_, media_type, text) = asset.ok_or(SiteError::NotFound)?;
    let headers = [("content-type", *media_type), ("cache-control", "no-cache")];
    Ok((*text, headers))
}
