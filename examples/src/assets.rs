//! The style sheet and the script of the pages.

use gateway_core::{Environ, TryIntoResponse};

/// The style sheet.
pub(crate) async fn style(_: Environ) -> impl TryIntoResponse {
    let text = include_str!("../assets/showcase.css");
    (text, typed("text/css; charset=utf-8"))
}

/// The script.
pub(crate) async fn script(_: Environ) -> impl TryIntoResponse {
    let text = include_str!("../assets/showcase.js");
    (text, typed("text/javascript; charset=utf-8"))
}

/// A browser asks each time whether it has changed, which its tag says.
fn typed(content_type: &'static str) -> [(&'static str, &'static str); 2] {
    [
        ("content-type", content_type),
        ("cache-control", "no-cache"),
    ]
}
