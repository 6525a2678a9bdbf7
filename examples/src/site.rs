//! The whole of the showcase.

use gateway_core::{App, Mount, view};

use crate::access_log::AccessLog;
use crate::{lab, showcase, views};

/// The app that the showcase serves; see the [crate's page](crate).
pub fn site() -> impl App {
    let pages = views::routes().get("/showcase", view(showcase::page));
    AccessLog::new(Mount::new().at("/lab", lab::app()).fallback(pages))
}
