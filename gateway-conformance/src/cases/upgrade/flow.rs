//! U16: a client that does not read.

use std::time::Duration;

use gateway_core::{Duplex, Environ, Error};
use tokio::time::timeout;

use super::{switch, switches};
use crate::capability::Capability;
use crate::case::Case;
use crate::check::equal;
use crate::client::Client;
use crate::facts::Run;

/// What the host and the system may hold for a client that does not read.
const MOST: usize = 64 << 20;

/// A write that waits this long waits for the client. One that only seems to, on a slow machine, is as
/// good for the cases.
const WAIT: Duration = Duration::from_millis(100);

pub(super) fn cases() -> Vec<Case> {
    vec![
        switches(
            "u16_a_client_that_does_not_read_stops_the_app",
            &["U16", "B3"],
        )
        .needs(Capability::TokioContext)
        .view(async |environ: Environ| {
            let run = Run::of(&environ);
            switch(async move |mut stream: Duplex| {
                run.note(flood(&mut stream).await?);
                Ok(())
            })
        })
        .sees(async |client: Client| {
            let tunnel = client.switch(client.offer("/")).await?;
            // It says so by a timer of its own, which fires whether the client reads or not.
            client.wait("stopped").await?;
            tunnel.leave()
        }),
        switches("u16_an_app_reads_while_its_writes_wait", &["U16"])
            .needs(Capability::TokioContext)
            .view(async |environ: Environ| {
                let run = Run::of(&environ);
                switch(async move |mut stream: Duplex| {
                    run.note(flood(&mut stream).await?);
                    let mut buffer = [0; 4];
                    let read = stream.read(&mut buffer).await?;
                    run.note(
                        buffer
                            .get(..read)
                            .unwrap_or_default()
                            .escape_ascii()
                            .to_string(),
                    );
                    Ok(())
                })
            })
            .sees(async |client: Client| {
                let mut tunnel = client.switch(client.offer("/")).await?;
                client.wait("stopped").await?;
                tunnel.send("stop").await?;
                let facts = client.wait("stop").await?;
                equal("what the app noted", facts, ["stopped", "stop"])?;
                tunnel.leave()
            }),
    ]
}

/// Writes until a write waits for the client, or the bound of what may be held is passed.
async fn flood(stream: &mut Duplex) -> Result<&'static str, Error> {
    let piece = vec![b'x'; 64 * 1024];
    for _ in 0..MOST / piece.len() {
        match timeout(WAIT, stream.write_all(&piece)).await {
            Ok(written) => written?,
            Err(_) => return Ok("stopped"),
        }
    }
    Ok("never stopped")
}
