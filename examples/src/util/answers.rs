//! Responses: cookies, redirects, conditions, ranges, caches, return types of your own.

use std::time::Duration;

use gateway_core::cookie::{Cookie, SameSite, time};
use gateway_core::{
    App, Environ, Error, Json, Replace, Response, ResponseExt, TryIntoResponse, view,
};
use gateway_util::{
    CacheControl, Conditions, ETag, Either, EnvironExt, Redirect, ResponseFields, redirect,
};
use serde::Serialize;

use super::TEXT;
use crate::routes::Routes;

pub(super) fn app() -> impl App {
    Routes::new()
        .at("/set-cookies", view(set_cookies))
        .at("/delete-cookie", view(delete_cookie))
        .at("/redirect", view(see_other))
        .at("/moved", view(moved))
        .at("/landing", view(async |_| ("You have arrived.\n", [TEXT])))
        .at("/etag", view(etag))
        .at("/range", view(range))
        .at("/attachment", view(attachment))
        .at("/cached", view(cached))
        .at("/vary", view(vary))
        .at("/either", view(either))
        .at("/replace", view(replace))
        .at("/own-type", view(own_type))
}

/// Two cookies, two lines.
async fn set_cookies(_: Environ) -> Result<Response, Error> {
    let mut response = ("Two cookies are set.\n", [TEXT]).try_into_response()?;
    let theme = Cookie::build(("theme", "dark")).path("/util");
    response.set_cookie(theme.max_age(time::Duration::hours(1)))?;
    let user = Cookie::build(("user", "ada")).path("/util");
    response.set_cookie(user.http_only(true).same_site(SameSite::Strict))?;
    Ok(response)
}

/// A client knows a cookie by its name, path and domain.
async fn delete_cookie(_: Environ) -> Result<Response, Error> {
    let mut response = ("The theme is forgotten.\n", [TEXT]).try_into_response()?;
    response.delete_cookie(Cookie::build(("theme", "")).path("/util"))?;
    Ok(response)
}

/// 303 is the default, so a GET follows a POST.
async fn see_other(_: Environ) -> Redirect {
    redirect("landing")
}

/// Permanent, and with the same method.
async fn moved(_: Environ) -> Redirect {
    redirect("landing").permanent()
}

/// 304 for a client that has this state already.
async fn etag(environ: Environ) -> Result<Response, Error> {
    let conditions = Conditions::of(&environ);
    let mut response = ("the first version\n", [TEXT]).try_into_response()?;
    response.set_etag(&ETag::strong("v1")?);
    Ok(conditions.apply(response))
}

/// 206 for a range, 416 for one outside the content.
async fn range(environ: Environ) -> Result<Response, Error> {
    let conditions = Conditions::of(&environ);
    let response = ("0123456789\n", [TEXT]).try_into_response()?;
    Ok(conditions.apply_with_ranges(response))
}

/// A download. The name is sent in both forms of RFC 6266.
async fn attachment(_: Environ) -> Result<Response, Error> {
    let mut response =
        ("year,cheese\n2026,12\n", [("Content-Type", "text/csv")]).try_into_response()?;
    response.set_attachment("Käse 2026.csv");
    Ok(response)
}

/// How long it may be cached, and by whom.
async fn cached(_: Environ) -> impl TryIntoResponse {
    let an_hour = Duration::from_secs(3600);
    (
        "fresh for an hour\n",
        CacheControl::new().public().max_age(an_hour),
    )
}

/// Tells caches what the response depends on.
async fn vary(environ: Environ) -> Result<Response, Error> {
    let greeting = match environ.accept_language().best_language(&["en", "de"]) {
        Some("de") => "Guten Tag\n",
        _ => "Good day\n",
    };
    let mut response = (greeting, [TEXT]).try_into_response()?;
    response.vary("Accept-Language")?;
    Ok(response)
}

/// One of two forms.
async fn either(environ: Environ) -> impl TryIntoResponse {
    match environ.accept().best(&["text/html", "application/json"]) {
        Some("application/json") => Either::Left(Json(["milk", "bread"])),
        _ => Either::Right("<ul><li>milk<li>bread</ul>\n"),
    }
}

/// Headers in a tuple are added. Those in `Replace` replace others.
async fn replace(_: Environ) -> Result<impl TryIntoResponse, Error> {
    let links = [("Link", "</one>"), ("Link", "</two>")];
    let response = ("see the Link lines\n", links).try_into_response()?;
    Ok((response, Replace([("Link", "</three>")])))
}

/// A type of your own becomes a return value in one line.
async fn own_type(_: Environ) -> impl TryIntoResponse {
    #[derive(Serialize)]
    struct Point {
        x: i32,
        y: i32,
    }

    impl TryIntoResponse for Point {
        fn try_into_response(self) -> Result<Response, Error> {
            (Json(self), [("X-Kind", "point")]).try_into_response()
        }
    }

    Point { x: 3, y: 4 }
}
