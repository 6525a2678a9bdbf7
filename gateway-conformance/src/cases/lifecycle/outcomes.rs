//! Cases of L8: what observers are told.

use gateway_core::{Body, Environ, Error, HttpError, StartResponse};

use crate::capability::Capability;
use crate::case::Case;
use crate::cases::observed::{TOLD, observe, told};
use crate::cases::sources::{endless, fails_after, pieces, watched};
use crate::check::{Look as _, Seen, ensure, equal};
use crate::client::Client;
use crate::via::Via;

const TEXT: [(&str, &str); 1] = [("content-type", "text/plain")];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = completed();
    cases.extend(broken());
    cases.extend(left());
    cases
}

/// An app with a body, for every way to end, and what its observer is told.
fn answers(
    name: &'static str,
    clauses: &'static [&'static str],
    method: &'static str,
    status: u16,
    body: fn() -> Body,
    outcome: &'static str,
) -> Case {
    Case::new(name, clauses)
        .app(
            move |mut environ: Environ, start_response: StartResponse| async move {
                observe(&mut environ);
                start_response.start(status, TEXT)?;
                Ok(body())
            },
        )
        .sees(move |client: Client| async move {
            client
                .send(client.request(method, "/"))
                .await?
                .status(status)?
                .whole()?;
            equal("what was told", told(&client).await?, outcome)
        })
}

fn completed() -> Vec<Case> {
    vec![
        answers(
            "l8_bytes_that_were_sent_are_told",
            &["L8"],
            "GET",
            200,
            || Body::from("hello"),
            "completed 200 5 -",
        ),
        answers(
            "l8_a_stream_that_was_sent_is_told",
            &["L8"],
            "GET",
            201,
            || pieces(["a", "bc"]),
            "completed 201 3 -",
        ),
        answers(
            "l8_an_answer_to_head_is_told_without_bytes",
            &["L8", "B6"],
            "HEAD",
            200,
            endless,
            "completed 200 0 -",
        ),
        answers(
            "l8_a_204_is_told_without_bytes",
            &["L8", "B7"],
            "GET",
            204,
            endless,
            "completed 204 0 -",
        ),
        Case::new("l8_an_http_error_is_told_as_its_page", &["L8", "N6"])
            .app(async |mut environ: Environ, _: StartResponse| {
                observe(&mut environ);
                Err(HttpError::not_found().into())
            })
            .sees(|client| page(client, 404, "-")),
        Case::new(
            "l8_a_page_in_place_of_an_answer_is_told_with_its_clause",
            &["L8", "S3"],
        )
        .app(async |mut environ: Environ, _: StartResponse| {
            observe(&mut environ);
            Ok(Body::from("no start"))
        })
        .sees(|client| page(client, 500, "S3")),
        Case::new("l8_a_failed_app_is_told_with_its_clause", &["L8", "B1"])
            .app(async |mut environ: Environ, _: StartResponse| {
                observe(&mut environ);
                Err(Error::msg("private"))
            })
            .sees(|client| page(client, 500, "B1")),
        Case::new(
            "l8_observers_are_told_after_the_body_was_closed",
            &["L8", "L2"],
        )
        .app(
            async |mut environ: Environ, start_response: StartResponse| {
                let run = observe(&mut environ);
                start_response.start(200, TEXT)?;
                let closed = run.clone();
                Ok(pieces(["a", "b"]).on_close(move || closed.note("callback")))
            },
        )
        .sees(async |client: Client| {
            client.get("/").await?.status(200)?.body("ab")?;
            client.wait(TOLD).await?;
            client
                .facts_are(&["callback", "completed 200 2 -", TOLD])
                .await
        }),
    ]
}

/// A page of the gateway counts like any response.
async fn page(client: Client, status: u16, clause: &str) -> Seen {
    let response = client.get("/").await?.status(status)?.whole()?;
    let outcome = format!("completed {status} {} {clause}", response.body.len());
    equal("what was told", told(&client).await?, outcome)
}

fn broken() -> Vec<Case> {
    vec![
        Case::new("l8_a_body_that_fails_late_is_told", &["L8", "B8"])
            .needs(Capability::AbortedResponses)
            .app(
                async |mut environ: Environ, start_response: StartResponse| {
                    observe(&mut environ);
                    start_response.start(200, TEXT)?;
                    Ok(fails_after(["ab"]))
                },
            )
            .sees(async |client: Client| {
                client.get_broken(200, "ab").await?;
                equal("what was told", told(&client).await?, "aborted 200 2 B8")
            }),
        Case::new("l8_a_response_shorter_than_declared_is_told", &["L8", "B5"])
            .needs(Capability::AbortedResponses)
            .app(
                async |mut environ: Environ, start_response: StartResponse| {
                    observe(&mut environ);
                    start_response.start(200, [("content-length", 5)])?;
                    Ok(pieces(["a", "b"]))
                },
            )
            .sees(async |client: Client| {
                client.get_broken(200, "ab").await?;
                equal("what was told", told(&client).await?, "aborted 200 2 B5")
            }),
    ]
}

fn left() -> Vec<Case> {
    vec![
        Case::new(
            "l8_a_client_that_leaves_before_the_head_is_told",
            &["L8", "L3"],
        )
        .needs(Capability::DisconnectWhileIdle)
        .only(Via::SOCKETS)
        .app(async |mut environ: Environ, _: StartResponse| {
            let run = observe(&mut environ);
            run.note("called");
            std::future::pending().await
        })
        .sees(async |client: Client| {
            let open = client.open(client.request("GET", "/")).await?;
            client.wait("called").await?;
            open.leave()?;
            equal("what was told", told(&client).await?, "client_gone - 0 -")
        }),
        Case::new(
            "l8_a_client_that_leaves_in_mid_stream_is_told",
            &["L8", "L3"],
        )
        .needs(Capability::StreamedResponses)
        .app(
            async |mut environ: Environ, start_response: StartResponse| {
                let run = observe(&mut environ);
                start_response.start(200, TEXT)?;
                Ok(watched(&run, endless()))
            },
        )
        .sees(async |client: Client| {
            let mut open = client.open(client.request("GET", "/")).await?;
            equal("the status", open.head().await?.status, 200)?;
            ensure(open.chunk().await?.is_some(), "the response ended")?;
            open.leave()?;
            let outcome = told(&client).await?;
            let bytes = outcome
                .strip_prefix("client_gone 200 ")
                .and_then(|rest| rest.strip_suffix(" -"));
            let sent = bytes.and_then(|bytes| bytes.parse::<u64>().ok());
            ensure(
                sent.is_some_and(|bytes| bytes > 0),
                format!("what was told is {outcome:?}"),
            )
        }),
    ]
}
