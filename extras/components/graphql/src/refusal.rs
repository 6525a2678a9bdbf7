//! Errors of HTTP with the body of a GraphQL response.

use gateway_core::HttpError;
use http::{HeaderValue, header};
use serde::Serialize;

#[derive(Serialize)]
struct Refusal<'a> {
    errors: [Message<'a>; 1],
}

#[derive(Serialize)]
struct Message<'a> {
    message: &'a str,
}

/// The error with a page of JSON. A page that it has stays.
pub(crate) fn json(error: HttpError) -> HttpError {
    if error.response().is_some() {
        return error;
    }
    let message = match error.description() {
        "" => error.name(),
        description => description,
    };
    let page = serde_json::to_vec(&Refusal {
        errors: [Message { message }],
    });
    match page {
        Ok(page) => error.with_page(HeaderValue::from_static("application/json"), page),
        // Text is always JSON.
        Err(_) => error,
    }
}

/// A 405, with the methods that there are.
pub(crate) fn method_not_allowed(allowed: &'static str) -> HttpError {
    let allow = [(header::ALLOW, HeaderValue::from_static(allowed))];
    HttpError::method_not_allowed()
        .with_headers(allow)
        .unwrap_or_else(|refused| HttpError::internal_server_error().with_source(refused))
}
