//! Cases of N7: cookies.

use gateway_core::cookie::time::Duration;
use gateway_core::cookie::{Cookie, SameSite};
use gateway_core::{Error, Response, ResponseExt as _, TryIntoResponse};

use super::returns;
use crate::case::Case;
use crate::check::{Look as _, equal};

fn with(cookies: Vec<Cookie<'static>>) -> Result<Response, Error> {
    let mut response = "cookies".try_into_response()?;
    for cookie in cookies {
        response.set_cookie(cookie)?;
    }
    Ok(response)
}

fn full() -> Vec<Cookie<'static>> {
    let cookie = Cookie::build(("id", "a.b-c"))
        .path("/shop")
        .domain("a.example")
        .max_age(Duration::hours(1))
        .same_site(SameSite::Strict)
        .secure(true)
        .http_only(true)
        .partitioned(true);
    vec![cookie.build()]
}

pub(super) fn cases() -> Vec<Case> {
    let refused = |name, cookie: fn() -> Cookie<'static>| {
        returns(
            name,
            &["N7"],
            move || with(vec![cookie()]),
            |response| response.status(500)?.no("set-cookie")?.no("x-evil"),
        )
    };
    vec![
        returns(
            "n7_each_cookie_is_a_line",
            &["N7", "S8"],
            || {
                with(vec![
                    Cookie::new("firstname", "xurui"),
                    Cookie::new("lastname", "yan"),
                ])
            },
            |response| {
                let lines = ["firstname=xurui; Path=/", "lastname=yan; Path=/"];
                response.status(200)?.lines("set-cookie", &lines)
            },
        ),
        returns(
            "n7_attributes_of_a_cookie_are_sent",
            &["N7"],
            || with(full()),
            |response| {
                let line = response.header("set-cookie").unwrap_or_default();
                let mut parts: Vec<&str> = line.split("; ").collect();
                parts.sort_unstable();
                let all = [
                    "Domain=a.example",
                    "HttpOnly",
                    "Max-Age=3600",
                    "Partitioned",
                    "Path=/shop",
                    "SameSite=Strict",
                    "Secure",
                    "id=a.b-c",
                ];
                equal("the parts of the cookie", parts, all)?;
                Ok(response)
            },
        ),
        refused("n7_a_name_that_is_no_token_is_refused", || {
            Cookie::new("a b", "1")
        }),
        refused("n7_a_name_that_is_empty_is_refused", || {
            Cookie::new("", "1")
        }),
        refused("n7_a_value_with_a_semicolon_is_refused", || {
            Cookie::new("a", "1; Domain=evil.example")
        }),
        refused("n7_a_value_with_a_line_end_is_refused", || {
            Cookie::new("a", "1\r\nx-evil: 1")
        }),
        refused("n7_a_path_with_a_semicolon_is_refused", || {
            Cookie::build(("a", "1"))
                .path("/; Domain=evil.example")
                .build()
        }),
        refused("n7_a_domain_with_a_line_end_is_refused", || {
            Cookie::build(("a", "1"))
                .domain("a.example\r\nx-evil: 1")
                .build()
        }),
    ]
}
