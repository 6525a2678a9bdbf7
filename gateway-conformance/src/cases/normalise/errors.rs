//! Cases of N6: HTTP errors.

use gateway_core::{AppExt as _, Environ, Error, HttpError, TryIntoResponse, abort};
use gateway_util::Mount;

use super::{HTML, returns};
use crate::case::Case;
use crate::check::{Look as _, ensure, equal};
use crate::client::Client;

/// The codes that N6 names.
const CODES: &[u16] = &[
    400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418,
    421, 422, 423, 424, 425, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505, 506, 507, 508,
    510, 511,
];

fn describing() -> HttpError {
    HttpError::not_found()
        .with_description("<b>&amp; \"it's\" gone</b>")
        .with_source(Error::msg("private: the table items").into_boxed())
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = pages();
    cases.extend(headers());
    cases
}

fn pages() -> Vec<Case> {
    let escaped = "<p>&lt;b&gt;&amp;amp; &#34;it&#39;s&#34; gone&lt;/b&gt;</p>";
    vec![
        Case::new("n6_every_code_has_its_page", &["N6"])
            .view(async |environ: Environ| HttpError::new(environ.query_string()))
            .sees(async |client: Client| {
                for code in CODES {
                    let response = client.get(&format!("/?{code}")).await?.status(*code)?;
                    let response = response.whole()?.field("content-type", HTML)?;
                    let text = response.text();
                    let title = format!("<title>{code} ");
                    ensure(
                        text.starts_with("<!doctype html>\n<html lang=en>\n")
                            && text.contains(&title),
                        format!("the page of {code} is {text:?}"),
                    )?;
                }
                Ok(())
            }),
        returns(
            "n6_a_description_is_escaped_once",
            &["N6"],
            describing,
            move |response| {
                let text = response.text();
                ensure(text.contains(escaped), format!("the page is {text:?}"))?;
                response.status(404)
            },
        ),
        returns(
            "n6_a_private_source_is_not_sent",
            &["N6"],
            describing,
            |response| {
                let text = response.text();
                ensure(!text.contains("private"), format!("the page is {text:?}"))?;
                response.status(404)
            },
        ),
        Case::new("n6_raised_and_returned_are_the_same_page", &["N6"])
            .serves(
                Mount::new()
                    .at(
                        "/n6_raised_and_returned_are_the_same_page/returned",
                        gateway_core::view(async |_: Environ| describing()),
                    )
                    .at(
                        "/n6_raised_and_returned_are_the_same_page/raised",
                        gateway_core::view(async |_: Environ| -> Result<&str, Error> {
                            Err(describing())?
                        }),
                    )
                    .at(
                        "/n6_raised_and_returned_are_the_same_page/app",
                        describing(),
                    ),
            )
            .sees(async |client: Client| {
                let mut answers = Vec::new();
                for path in ["/returned", "/raised", "/app"] {
                    let response = client.get(path).await?.status(404)?.whole()?;
                    let length = response.header("content-length").map(str::to_owned);
                    let kind = response.header("content-type").map(str::to_owned);
                    answers.push((kind, length, response.text()));
                }
                equal("raised", &answers[1], &answers[0])?;
                equal("as an app", &answers[2], &answers[0])
            }),
        Case::new("n6_abort_ends_a_view", &["N6"])
            .view(async |_: Environ| -> Result<&str, HttpError> {
                abort(400, "something is wrong!\n")?;
                Ok("never")
            })
            .sees(async |client: Client| {
                let response = client.get("/").await?.status(400)?.whole()?;
                let text = response.text();
                ensure(
                    text.contains("<p>something is wrong!<br></p>"),
                    format!("the page is {text:?}"),
                )
            }),
        returns(
            "n6_an_error_that_is_none_is_a_500",
            &["N6", "N4"],
            || HttpError::new(200),
            |response| response.status(500),
        ),
        Case::new(
            "n6_an_error_of_an_app_in_an_app_keeps_its_status",
            &["N6", "N1"],
        )
        .view(async |environ: Environ| -> Result<_, Error> {
            let failing = gateway_core::view(async |_: Environ| HttpError::conflict());
            failing.respond(environ).await
        })
        .sees(async |client: Client| {
            client.get("/").await?.status(409)?.whole()?;
            Ok(())
        }),
        Case::new("n6_the_page_of_head_is_not_sent", &["N6", "B6"])
            .view(async |_: Environ| HttpError::not_found())
            .sees(async |client: Client| {
                let response = client.send(client.request("HEAD", "/")).await?;
                response.status(404)?.body("")?;
                Ok(())
            }),
    ]
}

fn headers() -> Vec<Case> {
    let with = |name, clauses, code: u16, pairs: &'static [(&'static str, &'static str)]| {
        returns(
            name,
            clauses,
            move || {
                let error = HttpError::new(code).with_headers(pairs)?;
                error.try_into_response()
            },
            move |response| {
                let mut response = response.status(code)?.field("content-type", HTML)?;
                for (field, _) in pairs {
                    let lines: Vec<&str> = pairs
                        .iter()
                        .filter_map(|(name, value)| (name == field).then_some(*value))
                        .collect();
                    response = response.lines(field, &lines)?;
                }
                Ok(response)
            },
        )
    };
    vec![
        with(
            "n6_405_may_name_the_methods",
            &["N6"],
            405,
            &[("allow", "GET, HEAD")],
        ),
        with(
            "n6_503_may_say_when",
            &["N6"],
            503,
            &[("retry-after", "120")],
        ),
        with(
            "n6_challenges_of_401_are_lines",
            &["N6", "S8"],
            401,
            &[
                ("www-authenticate", "Basic realm=\"a\""),
                ("www-authenticate", "Bearer realm=\"b, c\""),
            ],
        ),
        with(
            "n6_416_may_name_the_length",
            &["N6"],
            416,
            &[("content-range", "bytes */7")],
        ),
        returns(
            "n6_a_malformed_header_of_an_error_is_a_500",
            &["N6", "S6"],
            || {
                let error = HttpError::not_found().with_headers([("x-refused", "a\r\nb: evil")])?;
                error.try_into_response()
            },
            |response| response.status(500)?.no("x-refused")?.no("b"),
        ),
        Case::new("n6_a_raised_error_brings_its_headers", &["N6"])
            .view(async |_: Environ| -> Result<&str, Error> {
                Err(HttpError::too_many_requests()
                    .with_headers([("retry-after", "3")])?
                    .into())
            })
            .sees(async |client: Client| {
                let response = client.get("/").await?.status(429)?.whole()?;
                response.field("retry-after", "3")?;
                Ok(())
            }),
    ]
}
