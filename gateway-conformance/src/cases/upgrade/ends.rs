//! U9, U14: the end of the app's part, and of the exchange with it.

#![expect(clippy::panic, reason = "U9: apps panic")]

use gateway_core::{Body, Duplex, Environ, Error};

use super::{echo, switch, switches};
use crate::capability::Capability;
use crate::case::Case;
use crate::cases::observed::{TOLD, observe, told};
use crate::check::{Failure, Look as _, Seen, ensure, equal};
use crate::client::{Client, Tunnel};
use crate::facts::Run;
use crate::via::Via;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = failures();
    cases.extend(exchanges());
    cases
}

async fn fails(mut stream: Duplex) -> Result<(), Error> {
    stream.write_all(b"before").await?;
    stream.read(&mut [0]).await?;
    Err(Error::msg("private: the app failed on its stream"))
}

async fn panics(mut stream: Duplex) -> Result<(), Error> {
    stream.write_all(b"before").await?;
    stream.read(&mut [0]).await?;
    panic!("private: a panic that the case asks for")
}

/// The stream of a part that failed ends. That the client can tell is not every host's (U9).
async fn ends(client: &Client, outcome: &str) -> Seen {
    let mut tunnel = client.switch(client.offer("/")).await?;
    tunnel.reads("before").await?;
    tunnel.send("x").await?;
    let (bytes, _) = tunnel.rest().await?;
    equal("what was read", bytes.escape_ascii().to_string(), "")?;
    let told = told(client).await?;
    let rest = told.strip_prefix("aborted ").unwrap_or_default();
    let clause = rest.rsplit(' ').next();
    equal("the clause that was told", clause, Some(outcome))?;
    // Others go on.
    client
        .switch(client.offer("/"))
        .await?
        .reads("before")
        .await
}

fn failures() -> Vec<Case> {
    vec![
        switches("u9_an_error_of_the_app_ends_the_stream", &["U9", "L8"])
            .view(async |mut environ: Environ| {
                observe(&mut environ);
                switch(fails)
            })
            .sees(async |client: Client| ends(&client, "U9").await),
        switches("u9_a_panic_of_the_app_ends_the_stream", &["U9", "B9", "L8"])
            .view(async |mut environ: Environ| {
                observe(&mut environ);
                switch(panics)
            })
            .sees(async |client: Client| ends(&client, "B9").await),
        switches(
            "u9_a_panic_leaves_the_other_streams_of_a_connection",
            &["U9", "B9"],
        )
        .only(&[Via::Http2])
        .view(async |environ: Environ| match environ.query_string() {
            "panics" => switch(panics),
            _ => switch(echo),
        })
        .sees(async |client: Client| {
            let mut connection = client.http2().await?;
            let mut other = connection.open_stream(&client.offer("/")).await?;
            equal("the status", other.head().await?.status, 200)?;
            let offer = client.offer("/?panics");
            let mut tunnel = Tunnel::http2(connection, &offer, b"").await?;
            tunnel.reads("before").await?;
            tunnel.send("x").await?;
            tunnel.rest().await?;
            other.send("goes on")?;
            equal("the echo", other.chunk().await?, Some("goes on".into()))
        }),
    ]
}

fn exchanges() -> Vec<Case> {
    vec![
        switches(
            "u14_callbacks_and_observers_wait_for_the_end",
            &["U14", "U8", "L2", "L8"],
        )
        .view(async |mut environ: Environ| {
            let run = observe(&mut environ);
            let closed = run.clone();
            let body = switch(async move |stream| {
                let _over = run.on_drop("over");
                echo(stream).await
            });
            body.on_close(move || closed.note("callback"))
        })
        .sees(async |client: Client| {
            let mut tunnel = client.switch(client.offer("/")).await?;
            tunnel.echoes("it runs").await?;
            client.facts_are(&[]).await?;
            tunnel.end().await?;
            tunnel.reads_last("").await?;
            client.wait(TOLD).await?;
            let facts = client.facts().await?;
            let [over, callback, outcome, told] = facts.as_slice() else {
                return Err(Failure::new(format!("the app noted {facts:?}")));
            };
            equal(
                "the order",
                [&**over, callback, told],
                ["over", "callback", TOLD],
            )?;
            ensure(
                outcome.starts_with("completed ") && outcome.ends_with(" -"),
                format!("what was told is {outcome:?}"),
            )
        }),
        switches("u14_closed_waits_for_the_end", &["U14", "U8", "L3", "L7"])
            .needs(Capability::TokioContext)
            .view(async |mut environ: Environ| {
                let (run, closed) = (Run::of(&environ), environ.closed());
                tokio::spawn(async move {
                    closed.await;
                    run.note("closed");
                });
                switch(echo)
            })
            .sees(async |client: Client| {
                let mut tunnel = client.switch(client.offer("/")).await?;
                tunnel.echoes("it runs").await?;
                client.facts_are(&[]).await?;
                tunnel.end().await?;
                client.wait("closed").await.map(drop)
            }),
        switches(
            "u14_nothing_of_the_request_is_used_again_while_it_runs",
            &["U14", "U8", "L5"],
        )
        .view(async |environ: Environ| {
            if environ.query_string() != "kept" {
                return Body::from("another request");
            }
            switch(async move |mut stream: Duplex| {
                stream.read(&mut [0]).await?;
                let kept = environ.header("x-kept").map(|kept| kept.to_string());
                let kept = kept.unwrap_or_default();
                let seen = format!("{} {kept}", environ.query_string());
                stream.write_all(seen.as_bytes()).await?;
                Ok(())
            })
        })
        .sees(async |client: Client| {
            let offer = client.offer("/?kept").header("x-kept", "first");
            let mut tunnel = client.switch(offer).await?;
            for _ in 0..3 {
                let other = client.request("GET", "/?other").header("x-kept", "other");
                client
                    .send(other)
                    .await?
                    .status(200)?
                    .body("another request")?;
            }
            tunnel.send("x").await?;
            tunnel.reads_last("kept first").await
        }),
    ]
}
