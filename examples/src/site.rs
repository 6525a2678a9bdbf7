//! The whole of the showcase.

use gateway_core::{App, Mount, view};
use gateway_util::MiddlewareExt;

use crate::{lab, page, util, views};

/// The app that the showcase serves; see the [crate's page](crate).
pub fn site() -> impl App {
    let pages = views::routes().get("/showcase", view(page::showcase));
    Mount::new()
        .at("/lab", lab::app())
        .at("/util", util::app())
        .fallback(pages)
        .access_log()
}
