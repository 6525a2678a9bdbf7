//! `site`: the routes, and the middlewares around them.

use std::sync::Arc;
use std::time::Duration;

use gateway_core::{App, BoxError, view};
use gateway_util::{Failure, MiddlewareExt, Mount, Problem};
use http::Method;
use http::header::{self, HeaderMap, HeaderValue};

use crate::here::Here;
use crate::origin::OwnOrigin;
use crate::routes::Routes;
use crate::state::State;
use crate::views::{account, api, assets, live, pictures, posts};

/// The limit on the body of a request: a picture, and the fields of its form.
const LONGEST_BODY: u64 = crate::model::LONGEST_PICTURE + 64 * 1024;
/// How long a view may take to answer. The body that follows may take longer: the news never end.
const PATIENCE: Duration = Duration::from_secs(30);

/// The site, as an app. It can be mounted anywhere: its links begin where it is mounted.
///
/// # Errors
///
/// If the table of routes is malformed.
pub fn site(state: State) -> Result<impl App, BoxError> {
    let state = Arc::new(state);
    let pages = Routes::new(state.clone())
        .get("/", posts::list)
        .post("/posts", posts::add)
        .get("/posts/{id}", posts::show)
        .post("/posts/{id}/delete", posts::delete)
        .get("/pictures/{name}", pictures::show)
        .get("/sign-up", account::sign_up_form)
        .post("/sign-up", account::sign_up)
        .get("/sign-in", account::sign_in_form)
        .post("/sign-in", account::sign_in)
        .post("/sign-out", account::sign_out)
        .get("/live", live::socket)
        .get("/live/events", live::events)
        .on(
            Method::GET,
            "/assets/{name}",
            view(assets::show).auto_etag().conditional_get(),
        )
        .build()?;
    let api = Routes::new(state.clone())
        .get("/", api::page)
        .get("/openapi.json", api::document)
        .post("/tokens", api::sign_in)
        .get("/posts", api::list)
        .post("/posts", api::add)
        .get("/posts/{id}", api::show)
        .delete("/posts/{id}", api::delete)
        .build()?;
    let app = Mount::new()
        // The API knows nobody by a cookie, so another site can send it nothing in a visitor's name.
        .at("/api", api.error_handlers().default(problem))
        .fallback(OwnOrigin(pages));
    // Read it from the bottom: the last one sees the request first.
    Ok(app
        .on_request(Here::remember)
        .limit_input(LONGEST_BODY)
        .error_handlers()
        .default(move |failure| state.pages.error(failure))
        .on_response(|_status, headers| secure(headers))
        .timeout(PATIENCE)
        .until_first_byte()
        .request_id()
        .access_log())
}

/// The same behind one proxy, which says in `X-Forwarded-For`, `-Proto` and `-Host` who asks, and how.
///
/// # Errors
///
/// As [`site`].
pub fn site_behind_a_proxy(state: State) -> Result<impl App, BoxError> {
    Ok(site(state)?.proxy_fix().x_for(1).x_proto(1).x_host(1))
}

/// An error of the API, for programs (RFC 9457).
fn problem(failure: &Failure<'_>) -> Problem {
    Problem::from(failure.http_error())
}

/// Tells browsers to run and show only what this site has sent.
fn secure(headers: &mut HeaderMap) {
    const LINES: [(header::HeaderName, &str); 3] = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
    ];
    for (name, value) in LINES {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
