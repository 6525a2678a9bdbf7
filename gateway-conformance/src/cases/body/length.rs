//! Cases of B5: bodies that do not have the declared length.

use gateway_core::{Body, BoxApp, Environ, StartResponse};

use crate::capability::Capability;
use crate::case::{Case, Draft};
use crate::cases::sources::{endless, pieces, watched};
use crate::cases::start::clean_500;
use crate::check::Look as _;
use crate::client::Client;
use crate::facts::Run;

/// An app that declares a length and has this body.
fn declares(
    name: &'static str,
    clauses: &'static [&'static str],
    length: &'static str,
    body: fn() -> Body,
) -> Draft<BoxApp> {
    Case::new(name, clauses).app(
        move |environ: Environ, start_response: StartResponse| async move {
            let head = [("content-length", length), ("x-refused", "1")];
            start_response.start(200, head)?;
            let body = body();
            Ok(match body.known_len() {
                // If it was watched, it would be a stream.
                Some(_) => body,
                None => watched(&Run::of(&environ), body),
            })
        },
    )
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        declares(
            "b5_bytes_longer_than_declared_are_cut",
            &["B5"],
            "2",
            || Body::from("12345"),
        )
        .sees(async |client: Client| {
            let response = super::in_step(&client, client.request("GET", "/")).await?;
            response
                .status(200)?
                .field("content-length", "2")?
                .body("12")?;
            Ok(())
        }),
        declares(
            "b5_a_stream_longer_than_declared_is_cut",
            &["B5", "L1"],
            "4",
            || pieces(["123", "45", "67"]),
        )
        .sees(async |client: Client| {
            let response = super::in_step(&client, client.request("GET", "/")).await?;
            response
                .status(200)?
                .field("content-length", "4")?
                .body("1234")?;
            client.closed_once().await
        }),
        declares("b5_an_endless_stream_is_cut", &["B5", "L1"], "9", endless).sees(
            async |client: Client| {
                let response = super::in_step(&client, client.request("GET", "/")).await?;
                response.status(200)?.body("endless e")?;
                client.closed_once().await
            },
        ),
        declares(
            "b5_bytes_shorter_than_declared_are_a_500",
            &["B5"],
            "10",
            || Body::from("12345"),
        )
        .sees(async |client: Client| clean_500(&client, "/").await.map(drop)),
        declares(
            "b5_nothing_where_a_length_was_declared_is_a_500",
            &["B5"],
            "10",
            Body::empty,
        )
        .sees(async |client: Client| clean_500(&client, "/").await.map(drop)),
        declares(
            "b5_a_stream_shorter_than_declared_aborts",
            &["B5", "B8", "L1"],
            "10",
            || pieces(["123", "45"]),
        )
        .needs(Capability::AbortedResponses)
        .sees(async |client: Client| {
            client.get_broken(200, "12345").await?;
            client.closed_once().await
        }),
        declares("b5_head_is_exempt", &["B5", "B6"], "10", || {
            Body::from("12345")
        })
        .sees(async |client: Client| {
            let response = super::in_step(&client, client.request("HEAD", "/")).await?;
            response
                .status(200)?
                .field("content-length", "10")?
                .body("")?;
            Ok(())
        }),
        declares("b5_the_declared_length_is_kept", &["B5"], "5", || {
            Body::from("12345")
        })
        .sees(async |client: Client| {
            let response = super::in_step(&client, client.request("GET", "/")).await?;
            response
                .status(200)?
                .field("content-length", "5")?
                .body("12345")?;
            Ok(())
        }),
    ]
}
