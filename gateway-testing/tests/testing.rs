//! The client for tests of apps: what it sends, what it keeps, what it shows.

#![expect(clippy::unwrap_used, reason = "these are helpers of tests")]

#[path = "testing/cookies.rs"]
mod cookies;
#[path = "testing/failures.rs"]
mod failures;
#[path = "testing/redirects.rs"]
mod redirects;
#[path = "testing/requests.rs"]
mod requests;
#[path = "testing/responses.rs"]
mod responses;

use gateway_core::{App, Environ, view};

/// Answers with one variable of the environ, `-` where it is absent.
fn shows(key: &'static str) -> impl App {
    view(move |environ: Environ| async move {
        environ
            .get(key)
            .map_or_else(|| "-".to_owned(), |value| value.to_string())
    })
}

/// Answers with the method, the path, the type and the input.
fn echo() -> impl App {
    view(async |mut environ: Environ| {
        let input = environ.take_input().text(1024).await?;
        let content_type = environ
            .content_type()
            .map_or_else(|| "-".to_owned(), |value| value.to_string());
        let length = environ
            .content_length()
            .map_or_else(|| "-".to_owned(), |length| length.to_string());
        let method = environ.request_method();
        let target = environ.request_uri();
        Ok::<_, gateway_core::Error>(format!("{method} {target} {content_type} {length} {input}"))
    })
}
