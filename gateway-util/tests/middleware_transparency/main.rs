//! M1: where a middleware has nothing to say, nobody can tell that it is there.

mod middlewares;

use gateway_conformance::MiddlewareCheck;
use gateway_core::BoxApp;
use gateway_util::{ErrorFormat, MiddlewareExt as _};
use http::{HeaderName, HeaderValue, header};

use middlewares::MIDDLEWARES;

/// The checks, with what these middlewares ask for and what they add by their purpose.
fn check() -> MiddlewareCheck {
    let basic = HeaderValue::from_static("Basic YWRhOnB3");
    MiddlewareCheck::new()
        .sends(header::AUTHORIZATION, basic)
        .adds(HeaderName::from_static("x-request-id"))
        .adds(HeaderName::from_static("x-runtime"))
        .adds(header::ETAG)
}

#[tokio::test]
async fn m1_every_middleware_is_transparent() {
    let mut faults = Vec::new();
    for (middleware, wrap) in MIDDLEWARES {
        let report = check().run(|app: BoxApp| wrap(app)).await;
        if !report.has_passed() {
            faults.push(format!("{middleware}:\n{report}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn m1_a_format_of_errors_changes_errors_only() {
    let formats = [ErrorFormat::Text, ErrorFormat::Json, ErrorFormat::Problem];
    for format in formats {
        let report = check().run(|app| app.error_format(format)).await;
        assert_eq!(
            report.failures(),
            [
                "b1_an_error_is_a_500",
                "b1_an_http_error_after_the_start_is_its_page",
                "n6_an_http_error_is_its_page",
                "s7_a_field_of_the_connection_is_refused",
            ],
            "{report}"
        );
    }
}
