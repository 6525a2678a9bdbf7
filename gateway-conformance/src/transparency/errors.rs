//! Checks of errors and panics, before commit and after it.

#![expect(clippy::panic, reason = "B9: apps panic")]

use gateway_core::{Body, Error, HttpError};
use http::Method;

use super::check::{Check, Reading, TEXT, app};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "n6_an_http_error_is_its_page",
        clauses: &["M1", "N6"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |_, _, _| {
                Err(HttpError::gone()
                    .with_headers([("x-why", "a"), ("x-why", "b")])?
                    .into())
            })
        },
    },
    Check {
        name: "b1_an_http_error_after_the_start_is_its_page",
        clauses: &["M1", "B1", "N6"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |_, _, start| {
                start.start(200, [("x-first", "1")])?;
                Err(HttpError::conflict().into())
            })
        },
    },
    Check {
        name: "b1_an_error_is_a_500",
        clauses: &["M1", "B1"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| app(p, async |_, _, _| Err(Error::msg("broken"))),
    },
    Check {
        name: "b9_a_panic_is_a_500",
        clauses: &["M1", "B9"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| app(p, async |_, _, _| panic!("in the app")),
    },
    Check {
        name: "b1_a_body_that_fails_first_is_a_500",
        clauses: &["M1", "B1"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                Ok(p.closing(Body::from_producer(async |_| Err(Error::msg("broken")))))
            })
        },
    },
    Check {
        name: "b9_a_body_that_panics_first_is_a_500",
        clauses: &["M1", "B9"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                Ok(p.closing(Body::from_producer(async |_| panic!("in the body"))))
            })
        },
    },
    Check {
        name: "b8_a_body_that_fails_late_aborts",
        clauses: &["M1", "B8"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                Ok(p.closing(Body::from_producer(async |mut writer| {
                    writer.write("a").await?;
                    Err(Error::msg("broken"))
                })))
            })
        },
    },
    Check {
        name: "b9_a_body_that_panics_late_aborts",
        clauses: &["M1", "B9", "B8"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                Ok(p.closing(Body::from_producer(async |mut writer| {
                    writer.write("a").await?;
                    panic!("in the body")
                })))
            })
        },
    },
    Check {
        name: "b5_too_few_bytes_are_a_500",
        clauses: &["M1", "B5"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(200, [("content-length", "9")])?;
                Ok(p.closing(Body::from("short")))
            })
        },
    },
    Check {
        name: "b5_too_many_bytes_are_cut",
        clauses: &["M1", "B5"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(200, [("content-length", "2")])?;
                Ok(p.closing(Body::from_chunks(["a", "b", "c"])))
            })
        },
    },
];
