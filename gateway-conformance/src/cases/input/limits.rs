//! Cases of I4: limits of the input.

use std::sync::Arc;

use gateway_core::{App, Body, Environ, Error, StartResponse, view};
use gateway_util::MiddlewareExt as _;

use super::read_and_note;
use crate::capability::Capability;
use crate::case::Case;
use crate::check::Look as _;
use crate::client::Client;

/// An app that reads its input with a limit of ten bytes.
fn limited() -> impl App {
    view(read_and_note).limit_input(10)
}

/// Commits first, and then reads.
async fn commits_and_reads(
    mut environ: Environ,
    start_response: StartResponse,
) -> Result<Body, Error> {
    start_response.start(200, [("content-type", "text/plain")])?;
    let mut input = environ.take_input();
    Ok(Body::from_producer(async move |mut writer| {
        writer.write("begun ").await?;
        while let Some(chunk) = input.chunk().await? {
            writer.write(chunk).await?;
        }
        Ok(())
    }))
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new("i4_a_declared_length_over_the_limit_is_413", &["I4"])
            .serves(limited())
            .sees(async |client: Client| {
                let request = client.request("POST", "/").body("01234567890");
                client.send(request).await?.status(413)?.whole()?;
                // Before the app runs.
                client.facts_are(&[]).await
            }),
        Case::new(
            "i4_an_undeclared_length_over_the_limit_is_413",
            &["I4", "I5"],
        )
        .serves(limited())
        .sees(async |client: Client| {
            let request = client.request("POST", "/").chunked(["01234", "56789", "0"]);
            client.send(request).await?.status(413)?.whole()?;
            client.facts_are(&["called", "cut"]).await
        }),
        Case::new("i4_the_limit_itself_is_allowed", &["I4"])
            .serves(limited())
            .sees(async |client: Client| {
                let request = client.request("POST", "/").body("0123456789");
                client.send(request).await?.status(200)?;
                let request = client.request("POST", "/").chunked(["01234", "56789"]);
                client.send(request).await?.status(200)?;
                Ok(())
            }),
        Case::new("i4_the_lower_of_two_limits_counts", &["I4", "I5"])
            .serves(Arc::new(limited()).limit_input(1000))
            .sees(async |client: Client| {
                let request = client.request("POST", "/").body("01234567890");
                client.send(request).await?.status(413)?;
                let request = client.request("POST", "/").chunked(["01234567890"]);
                client.send(request).await?.status(413)?;
                Ok(())
            }),
        Case::new("i4_over_the_limit_after_commit_aborts", &["I4", "B8"])
            .needs(Capability::AbortedResponses)
            .serves(commits_and_reads.limit_input(10))
            .sees(async |client: Client| {
                let request = client.request("POST", "/").chunked(["01234", "567890"]);
                client.send_broken(request, 200, "begun 01234").await
            }),
    ]
}
