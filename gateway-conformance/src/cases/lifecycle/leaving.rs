//! Cases of L3: clients that leave.

use gateway_core::{Body, Environ, StartResponse};

use crate::capability::Capability;
use crate::case::Case;
use crate::cases::sources::{endless, pieces, silent, watched};
use crate::check::{Failure, Look as _, ensure, equal};
use crate::client::Client;
use crate::facts::Run;
use crate::via::Via;

const TEXT: [(&str, &str); 1] = [("content-type", "text/plain")];

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new("l3_a_client_that_leaves_stops_the_producer", &["L3", "L1"])
            .needs(Capability::StreamedResponses)
            .app(async |environ: Environ, start_response: StartResponse| {
                start_response.start(200, TEXT)?;
                Ok(watched(&Run::of(&environ), endless()))
            })
            .sees(|client| leaves(client, "closed")),
        Case::new("l3_a_writer_learns_that_the_client_has_left", &["L3"])
            .needs(Capability::StreamedResponses)
            .app(async |environ: Environ, start_response: StartResponse| {
                start_response.start(200, TEXT)?;
                let run = Run::of(&environ);
                Ok(Body::from_producer(async move |mut writer| {
                    // A writer sees one of these: its write fails, or it is dropped.
                    let _gone = run.on_drop("gone");
                    while writer.write(vec![b'x'; 1024]).await.is_ok() {}
                    Ok(())
                }))
            })
            .sees(|client| leaves(client, "gone")),
        Case::new("l3_a_writer_in_another_task_learns_it_too", &["L3", "L7"])
            .needs(Capability::StreamedResponses)
            .needs(Capability::TokioContext)
            .app(async |environ: Environ, start_response: StartResponse| {
                start_response.start(200, TEXT)?;
                let run = Run::of(&environ);
                Ok(Body::from_producer(async move |mut writer| {
                    let writing = tokio::spawn(async move {
                        while writer.write(vec![b'x'; 1024]).await.is_ok() {}
                        run.note("gone");
                    });
                    writing.await?;
                    Ok(())
                }))
            })
            .sees(|client| leaves(client, "gone")),
        Case::new(
            "l3_an_idle_body_is_closed_when_the_client_leaves",
            &["L3", "L1"],
        )
        .needs(Capability::StreamedResponses)
        .needs(Capability::DisconnectWhileIdle)
        .app(async |environ: Environ, start_response: StartResponse| {
            start_response.start(200, TEXT)?;
            Ok(watched(&Run::of(&environ), silent()).commit_early())
        })
        .sees(async |client: Client| {
            let mut open = client.open(client.request("GET", "/")).await?;
            equal("the status", open.head().await?.status, 200)?;
            open.leave()?;
            client.closed_once().await
        }),
        Case::new(
            "l3_another_task_learns_that_the_exchange_is_over",
            &["L3", "L7"],
        )
        .needs(Capability::TokioContext)
        .needs(Capability::DisconnectWhileIdle)
        .app(
            async |mut environ: Environ, start_response: StartResponse| {
                start_response.start(200, TEXT)?;
                let run = Run::of(&environ);
                let disconnected = environ.closed();
                let watching = run.clone();
                tokio::spawn(async move {
                    disconnected.await;
                    watching.note("gone");
                });
                run.note("called");
                std::future::pending::<()>().await;
                Ok(Body::empty())
            },
        )
        .only(Via::SOCKETS)
        .sees(async |client: Client| {
            let open = client.open(client.request("GET", "/")).await?;
            client.wait("called").await?;
            open.leave()?;
            client.wait("gone").await.map(drop)
        }),
        Case::new(
            "l3_the_end_of_a_response_is_the_end_of_the_exchange",
            &["L3", "L7"],
        )
        .needs(Capability::TokioContext)
        .app(
            async |mut environ: Environ, start_response: StartResponse| {
                start_response.start(200, TEXT)?;
                let run = Run::of(&environ);
                let disconnected = environ.closed();
                tokio::spawn(async move {
                    disconnected.await;
                    run.note("over");
                });
                Ok(pieces(["a", "b"]))
            },
        )
        .sees(async |client: Client| {
            client.get("/").await?.status(200)?.body("ab")?;
            client.wait("over").await.map(drop)
        }),
    ]
}

/// Reads a little, leaves, and waits for the app to note `fact`.
async fn leaves(client: Client, fact: &'static str) -> Result<(), Failure> {
    let mut open = client.open(client.request("GET", "/")).await?;
    equal("the status", open.head().await?.status, 200)?;
    let chunk = open.chunk().await?;
    ensure(chunk.is_some(), "the response ended")?;
    open.leave()?;
    client.wait(fact).await.map(drop)
}
