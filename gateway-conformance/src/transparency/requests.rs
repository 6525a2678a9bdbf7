//! Checks of the request that the app sees.

use gateway_core::Body;
use http::Method;

use super::check::{Check, Known, Reading, TEXT, app};
use crate::cases::reports::environ_report;

/// The request of the checks, as the host and the client make it.
const OWN: &[&str] = &[
    "HTTP_HOST",
    "HTTP_X_LIST",
    "PATH_INFO",
    "QUERY_STRING",
    "REMOTE_ADDR",
    "REMOTE_PORT",
    "REQUEST_METHOD",
    "REQUEST_SCHEME",
    "REQUEST_URI",
    "SCRIPT_NAME",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "raw_path_info",
    "raw_script_name",
];

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "e15_extensions_and_variables_pass",
        clauses: &["M1", "E15"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |_, environ, start| {
                start.start(200, TEXT)?;
                let extension = environ.extensions().get::<Known>();
                let variable = environ.get("SUITE_OWN").map(|value| value.to_string());
                Ok(Body::from(format!("{extension:?} {variable:?}")))
            })
        },
    },
    Check {
        name: "e3_the_request_passes",
        clauses: &["M1", "E1", "E3", "E5", "E9", "E12", "E16"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |_, environ, start| {
                start.start(200, TEXT)?;
                // A middleware may add variables. These belong to the request.
                let mut report = environ_report(&environ).0;
                report.retain(|key, _| OWN.contains(&&**key));
                Ok(Body::from(format!("{report:?}")))
            })
        },
    },
    Check {
        name: "i1_the_input_and_its_length_pass",
        clauses: &["M1", "I1", "I7"],
        method: Method::POST,
        reading: Reading::All,
        app: |p| {
            app(p, async |_, mut environ, start| {
                let length = environ.content_length();
                let mut input = environ.take_input();
                let text = input.text(99).await?;
                let sum = input.trailers().and_then(|trailers| trailers.get("x-sum"));
                start.start(200, TEXT)?;
                Ok(Body::from(format!("{length:?} {text} {sum:?}")))
            })
        },
    },
    Check {
        name: "i5_an_input_that_is_not_read_does_no_harm",
        clauses: &["M1", "I5"],
        method: Method::POST,
        reading: Reading::All,
        app: |p| {
            app(p, async |_, _, start| {
                start.start(200, TEXT)?;
                Ok(Body::from("not read"))
            })
        },
    },
];
