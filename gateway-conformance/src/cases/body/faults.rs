//! Cases of B8 and B9: errors and panics.

use gateway_core::{Body, Environ, Error, StartResponse, app_fn};

use crate::capability::Capability;
use crate::case::Case;
use crate::cases::sources::{fails_after, panics_after, watched};
use crate::cases::start::clean_500;
use crate::check::{Look as _, equal};
use crate::client::Client;
use crate::facts::Run;
use crate::via::Via;

const TEXT: [(&str, &str); 1] = [("content-type", "text/plain")];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = late_errors();
    cases.extend(panics());
    cases
}

/// The response is aborted after `begun`, as the protocol does it, and the server runs on.
async fn broken_off(client: Client) -> Result<(), crate::check::Failure> {
    client.get_broken(200, "begun").await?;
    client.closed_once().await
}

fn late_errors() -> Vec<Case> {
    let sends = |name, clauses, head: Option<(&'static str, &'static str)>, body: fn() -> Body| {
        Case::new(name, clauses)
            .needs(Capability::AbortedResponses)
            .app(
                move |environ: Environ, start_response: StartResponse| async move {
                    let mut pairs = TEXT.to_vec();
                    pairs.extend(head);
                    start_response.start(200, pairs)?;
                    Ok(watched(&Run::of(&environ), body()))
                },
            )
            .sees(broken_off)
    };
    vec![
        sends(
            "b8_an_error_in_mid_stream_is_seen",
            &["B8", "L1"],
            None,
            || fails_after(["begun"]),
        ),
        sends(
            "b8_an_error_of_a_declared_length_is_seen",
            &["B8", "L1"],
            Some(("content-length", "100")),
            || fails_after(["begun"]),
        ),
        sends(
            "b8_what_came_before_the_error_arrives",
            &["B8", "B2"],
            None,
            || fails_after(["be", "", "g", "un"]),
        ),
        sends(
            "b9_a_panic_in_mid_stream_is_seen",
            &["B9", "B8", "L1"],
            None,
            || panics_after(["begun"]),
        ),
        Case::new(
            "b8_an_error_after_what_was_read_is_seen",
            &["B8", "L1", "B3"],
        )
        .needs(Capability::StreamedResponses)
        .needs(Capability::AbortedResponses)
        .app(async |environ: Environ, start_response: StartResponse| {
            start_response.start(200, TEXT)?;
            let run = Run::of(&environ);
            let body = Body::from_producer(async move |mut writer| {
                writer.write("begun").await?;
                run.wait("go").await;
                Err(Error::msg("private"))
            });
            Ok(watched(&Run::of(&environ), body))
        })
        .sees(async |client: Client| {
            let mut open = client.open(client.request("GET", "/")).await?;
            open.head().await?;
            equal("the chunk", open.chunk().await?, Some("begun".into()))?;
            client.note("go").await?;
            let response = open.finish().await?.status(200)?.broken()?;
            equal("the body", response.text().as_str(), "begun")?;
            client.closed_once().await
        }),
        Case::new("b8_an_error_leaves_other_streams_alone", &["B8", "L5"])
            .needs(Capability::StreamedResponses)
            .needs(Capability::AbortedResponses)
            .only(&[Via::Http2])
            .app(async |environ: Environ, start_response: StartResponse| {
                start_response.start(200, TEXT)?;
                if environ.query_string() == "fail" {
                    return Ok(fails_after(["begun"]));
                }
                let run = Run::of(&environ);
                Ok(Body::from_producer(async move |mut writer| {
                    writer.write("one ").await?;
                    run.wait("go").await;
                    writer.write("two").await?;
                    Ok(())
                }))
            })
            .sees(async |client: Client| {
                let mut connection = client.http2().await?;
                let mut stream = connection.open_stream(&client.request("GET", "/")).await?;
                equal("the chunk", stream.chunk().await?, Some("one ".into()))?;
                let failing = client.request("GET", "/?fail");
                match connection.request(&failing).await {
                    Ok(response) => drop(response.status(200)?.broken()?),
                    // The reset may overtake the head.
                    Err(error) if error.is_reset() => {}
                    Err(error) => return Err(error.into()),
                }
                client.note("go").await?;
                stream.finish().await?.status(200)?.body("one two")?;
                Ok(())
            }),
    ]
}

#[expect(clippy::panic, reason = "B9: apps panic")]
fn panics() -> Vec<Case> {
    vec![
        Case::new("b9_a_panic_of_the_app_is_a_500", &["B9"])
            .app(async |_: Environ, start_response: StartResponse| {
                start_response.start(200, [("x-refused", "1")])?;
                panic!("private: a panic that the case asks for")
            })
            .sees(async |client: Client| {
                clean_500(&client, "/").await?;
                // The process and other requests run on.
                clean_500(&client, "/").await.map(drop)
            }),
        Case::new("b9_a_panic_before_there_is_a_future_is_a_500", &["B9"])
            .serves(app_fn(|_: Environ, _: StartResponse| {
                if true {
                    panic!("private: a panic that the case asks for");
                }
                std::future::ready(Ok(Body::empty()))
            }))
            .sees(async |client: Client| clean_500(&client, "/").await.map(drop)),
        Case::new(
            "b9_a_panic_of_the_first_chunk_is_a_500",
            &["B9", "B1", "L1"],
        )
        .app(async |environ: Environ, start_response: StartResponse| {
            start_response.start(200, [("x-refused", "1")])?;
            Ok(watched(&Run::of(&environ), panics_after([])))
        })
        .sees(async |client: Client| {
            clean_500(&client, "/").await?;
            client.closed_once().await
        }),
        Case::new("b9_a_panic_with_a_payload_of_any_type_is_a_500", &["B9"])
            .app(
                async |_: Environ, _: StartResponse| -> Result<Body, Error> {
                    std::panic::panic_any(42_u64)
                },
            )
            .sees(async |client: Client| clean_500(&client, "/").await.map(drop)),
        Case::new("b9_a_panic_leaves_the_connection_usable", &["B9", "I5"])
            .app(async |environ: Environ, start_response: StartResponse| {
                if environ.query_string() == "panic" {
                    panic!("private: a panic that the case asks for");
                }
                start_response.start(200, TEXT)?;
                Ok(Body::from("well"))
            })
            .only(Via::SOCKETS)
            .sees(async |client: Client| {
                let panics = client.request("GET", "/?panic");
                let response = super::in_step(&client, panics).await?;
                response.status(500)?;
                client.get("/").await?.status(200)?.body("well")?;
                Ok(())
            }),
    ]
}
