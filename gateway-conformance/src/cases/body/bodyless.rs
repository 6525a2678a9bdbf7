//! B6, B7: HEAD, 204, 205 and 304.

use gateway_core::{Body, Environ, Error, StartResponse};

use crate::case::Case;
use crate::cases::sources::{endless, pieces, silent, watched};
use crate::check::{Failure, Look as _, equal};
use crate::client::Client;
use crate::facts::Run;
use crate::wire::WireResponse;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = heads();
    cases.extend(statuses());
    cases
}

fn heads() -> Vec<Case> {
    let sends = |name, body: fn() -> Body| {
        Case::new(name, &["B6"]).app(
            move |environ: Environ, start_response: StartResponse| async move {
                start_response.start(200, [("content-type", "text/x-suite")])?;
                let body = body();
                Ok(match body.known_len() {
                    Some(_) => body,
                    None => watched(&Run::of(&environ), body),
                })
            },
        )
    };
    vec![
        sends("b6_head_has_the_fields_of_get_and_no_body", || {
            Body::from("hello")
        })
        .sees(async |client: Client| {
            let get = client.get("/").await?.status(200)?.body("hello")?;
            let response = super::in_step(&client, client.request("HEAD", "/")).await?;
            let response = response.status(200)?.body("")?;
            for name in ["content-type", "content-length"] {
                equal(name, response.header_all(name), get.header_all(name))?;
            }
            Ok(())
        }),
        sends("b6_head_of_an_empty_body", Body::empty).sees(async |client: Client| {
            let response = super::in_step(&client, client.request("HEAD", "/")).await?;
            response
                .status(200)?
                .body("")?
                .field("content-type", "text/x-suite")?;
            Ok(())
        }),
        sends("b6_head_of_a_stream_has_no_body", || {
            pieces(["not", "sent"])
        })
        .sees(head_closes),
        sends("b6_head_does_not_wait_for_a_body", silent).sees(head_closes),
        sends("b6_head_of_an_endless_body_ends", endless).sees(head_closes),
        Case::new("b6_head_polls_until_the_late_start", &["B6", "S4"])
            .app(async |environ: Environ, start_response: StartResponse| {
                let run = Run::of(&environ);
                let body = Body::from_producer(async move |mut writer| {
                    tokio::task::yield_now().await;
                    start_response.start(201, [("content-type", "text/x-suite")])?;
                    run.note("started");
                    writer.write("not sent").await?;
                    writer.write("nor this").await?;
                    run.note("went on");
                    Ok(())
                });
                Ok(watched(&Run::of(&environ), body))
            })
            .sees(async |client: Client| {
                let response = super::in_step(&client, client.request("HEAD", "/")).await?;
                response
                    .status(201)?
                    .body("")?
                    .field("content-type", "text/x-suite")?;
                client.closed_once().await?;
                client.facts_are(&["started", "closed"]).await
            }),
        Case::new("b6_head_of_an_error_has_no_body", &["B6", "B1"])
            .app(async |_: Environ, _: StartResponse| Err(Error::msg("private")))
            .sees(async |client: Client| {
                let response = super::in_step(&client, client.request("HEAD", "/")).await?;
                response.status(500)?.body("")?;
                Ok(())
            }),
    ]
}

async fn head_closes(client: Client) -> Result<(), Failure> {
    let response = super::in_step(&client, client.request("HEAD", "/")).await?;
    response
        .status(200)?
        .body("")?
        .field("content-type", "text/x-suite")?;
    client.closed_once().await
}

/// A status without a body, from an app that has one.
fn statuses() -> Vec<Case> {
    type Make = fn() -> Body;
    let sends = |name, code: u16, length: Option<&'static str>, body: Make| {
        Case::new(name, &["B7"])
            .app(
                move |environ: Environ, start_response: StartResponse| async move {
                    let mut head = vec![("etag", "\"1\"")];
                    head.extend(length.map(|length| ("content-length", length)));
                    start_response.start(code, head)?;
                    let body = body();
                    Ok(match body.known_len() {
                        Some(_) => body,
                        None => watched(&Run::of(&environ), body),
                    })
                },
            )
            .sees(move |client: Client| async move {
                let response = super::in_step(&client, client.request("GET", "/")).await?;
                bodyless(response, code)?;
                if body().known_len().is_none() {
                    client.closed_once().await?;
                }
                let response = super::in_step(&client, client.request("HEAD", "/")).await?;
                bodyless(response, code)
            })
    };
    let null: Make = || Body::from("null\n");
    let stream: Make = || pieces(["nu", "ll\n"]);
    vec![
        sends("b7_204_has_no_body_and_no_length", 204, None, null),
        sends("b7_204_drops_a_declared_length", 204, Some("5"), null),
        sends(
            "b7_204_with_a_length_of_zero_has_none",
            204,
            Some("0"),
            Body::empty,
        ),
        sends("b7_204_drops_a_stream", 204, None, stream),
        sends("b7_204_does_not_wait_for_a_stream", 204, None, silent),
        sends("b7_205_is_empty_and_says_so", 205, None, null),
        sends("b7_205_drops_a_declared_length", 205, Some("5"), null),
        sends("b7_205_drops_a_stream", 205, None, stream),
        sends(
            "b7_304_has_no_body_and_no_length_of_its_own",
            304,
            None,
            null,
        ),
        sends("b7_304_drops_a_declared_length", 304, Some("5"), null),
        sends("b7_304_drops_a_stream", 304, None, stream),
        sends("b7_304_drops_an_endless_stream", 304, None, endless),
    ]
}

fn bodyless(response: WireResponse, code: u16) -> Result<(), Failure> {
    let response = response.status(code)?.body("")?.no("transfer-encoding")?;
    let response = response.field("etag", "\"1\"")?;
    match code {
        // RFC 9110 section 15.3.6.
        205 => response.field("content-length", "0")?,
        _ => response.no("content-length")?,
    };
    Ok(())
}
