//! `site`: the app that the showcase serves.

use gateway_core::{App, view};
use gateway_util::MiddlewareExt;
use gateway_util::Mount;

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
