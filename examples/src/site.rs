//! `site`: the app that the showcase serves.

use gateway_core::{App, AppExt, view};
use gateway_util::MiddlewareExt;
use gateway_util::Mount;

use crate::people::{ForPeople, error_page};
use crate::stack::Stack;
use crate::{assets, lab, page, people, util, views};

/// The app that the showcase serves; see the [crate's page](crate).
pub fn site() -> impl App {
    site_of(None)
}

/// The same, with pages that name the stack that serves them.
pub fn site_on(stack: Stack) -> impl App {
    site_of(Some(stack))
}

fn site_of(stack: Option<Stack>) -> impl App {
    let pages = views::routes()
        .get("/showcase", page::showcase(stack))
        .get(
            "/showcase.css",
            view(assets::style).auto_etag().conditional_get(),
        )
        .get(
            "/showcase.js",
            view(assets::script).auto_etag().conditional_get(),
        );
    let site = Mount::new()
        .at("/lab", lab::app())
        .at("/util", util::app(stack))
        .fallback(pages)
        .boxed();
    // The same site, with a front door, and errors that look like the showcase.
    let with_pages = site.clone().error_handlers().default(error_page);
    let site = ForPeople {
        people: with_pages.on_request(people::lead_in),
        programs: site,
    };
    site.access_log()
}
