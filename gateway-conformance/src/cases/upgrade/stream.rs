//! U6, U8, U10: the bytes of both directions, and their ends.

use gateway_core::{Duplex, Environ, Error};

use super::{echo, switch, switches};
use crate::capability::Capability;
use crate::case::Case;
use crate::check::equal;
use crate::client::Client;
use crate::facts::Run;
use crate::wire::End;

const LARGE: usize = 200_000;

/// More than is on its way when the last of it is written.
const FAREWELL: usize = 1 << 20;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = beginnings();
    cases.extend(ends());
    cases.extend(directions());
    cases
}

/// Reads to the end, and says how much there was.
async fn count(stream: &mut Duplex) -> Result<usize, Error> {
    let mut buffer = vec![0; 16 * 1024];
    let mut all = 0;
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(all),
            read => all += read,
        }
    }
}

fn beginnings() -> Vec<Case> {
    vec![
        switches("u6_bytes_that_came_early_are_read_first", &["U6"])
            .view(async |_| switch(echo))
            .sees(async |client: Client| {
                let mut tunnel = client.switch_with(client.offer("/"), b"early ").await?;
                tunnel.reads("early ").await?;
                tunnel.echoes("late").await
            }),
        switches("u6_the_head_comes_before_what_the_app_writes", &["U6"])
            .view(async |_| {
                switch(async |mut stream: Duplex| {
                    stream.write_all(b"at once").await?;
                    echo(stream).await
                })
            })
            .sees(async |client: Client| {
                let mut tunnel = client.switch(client.offer("/")).await?;
                tunnel.reads("at once").await?;
                tunnel.echoes("and later").await
            }),
    ]
}

fn ends() -> Vec<Case> {
    vec![
        switches("u8_a_read_gives_the_end_behind_what_was_sent", &["U8"])
            .view(async |environ: Environ| {
                let run = Run::of(&environ);
                switch(async move |mut stream: Duplex| {
                    let read = count(&mut stream).await?;
                    run.note(format!("read-{read}"));
                    // Once more: it stays at the end.
                    run.note(format!("then-{}", count(&mut stream).await?));
                    Ok(())
                })
            })
            .sees(async |client: Client| {
                let mut tunnel = client.switch_with(client.offer("/"), b"early").await?;
                tunnel.send(vec![b'x'; LARGE]).await?;
                tunnel.end().await?;
                client.wait("then-0").await?;
                client.facts_are(&["read-200005", "then-0"]).await
            }),
        switches("u8_what_the_app_wrote_comes_before_the_end", &["U8"])
            .view(async |_| {
                switch(async |mut stream: Duplex| {
                    stream.write_all(b"goodbye").await?;
                    Ok(())
                })
            })
            .sees(async |client: Client| {
                let mut tunnel = client.switch(client.offer("/")).await?;
                tunnel.reads_last("goodbye").await
            }),
        switches("u8_a_large_farewell_arrives_whole", &["U8"])
            .view(async |_| {
                switch(async |mut stream: Duplex| {
                    stream.write_all(&vec![b'x'; LARGE]).await?;
                    Ok(())
                })
            })
            .sees(async |client: Client| {
                let mut tunnel = client.switch(client.offer("/")).await?;
                let (bytes, end) = tunnel.rest().await?;
                equal("what was read", bytes.len(), LARGE)?;
                equal("the end", end, End::Complete)
            }),
        switches(
            "u8_what_nobody_reads_does_not_cost_the_farewell",
            &["U8", "I5"],
        )
        .view(async |_| {
            switch(async |mut stream: Duplex| {
                // There is something to read.
                stream.read(&mut [0]).await?;
                stream.write_all(&vec![b'x'; FAREWELL]).await?;
                Ok(())
            })
        })
        .sees(async |client: Client| {
            static UNREAD: [u8; 50_000] = [b'x'; 50_000];
            let mut tunnel = client.switch_with(client.offer("/"), &UNREAD).await?;
            let (bytes, end) = tunnel.rest().await?;
            equal("what was read", bytes.len(), FAREWELL)?;
            equal("the end", end, End::Complete)
        }),
        switches("u8_a_client_that_leaves_ends_the_read", &["U8", "L3"])
            .view(async |environ: Environ| {
                let run = Run::of(&environ);
                switch(async move |mut stream: Duplex| {
                    // The end or an error: which, is the host's (U15).
                    let _over = run.on_drop("over");
                    stream.write_all(b"hello").await?;
                    count(&mut stream).await.map(drop)
                })
            })
            .sees(async |client: Client| {
                let mut tunnel = client.switch(client.offer("/")).await?;
                tunnel.reads("hello").await?;
                tunnel.leave()?;
                client.wait("over").await.map(drop)
            }),
    ]
}

fn directions() -> Vec<Case> {
    vec![
        switches(
            "u10_a_client_that_ended_its_direction_gets_the_rest",
            &["U10", "U8"],
        )
        .needs(Capability::HalfClosedStreams)
        .view(async |_| {
            switch(async |mut stream: Duplex| {
                let read = count(&mut stream).await?;
                stream.write_all(format!("read {read}").as_bytes()).await?;
                Ok(())
            })
        })
        .sees(async |client: Client| {
            let mut tunnel = client.switch(client.offer("/")).await?;
            tunnel.send("12345").await?;
            tunnel.end().await?;
            tunnel.reads_last("read 5").await
        }),
        switches("u10_an_app_may_end_its_direction", &["U10"])
            .view(async |environ: Environ| {
                let run = Run::of(&environ);
                switch(async move |mut stream: Duplex| {
                    let _over = run.on_drop("over");
                    stream.write_all(b"mine").await?;
                    stream.shutdown().await?;
                    // Both directions may be over.
                    count(&mut stream).await.map(drop)
                })
            })
            .sees(async |client: Client| {
                let mut tunnel = client.switch(client.offer("/")).await?;
                tunnel.reads_last("mine").await?;
                // The server may have closed, and then there is nothing left to end.
                let _ = tunnel.end().await;
                client.wait("over").await.map(drop)
            }),
    ]
}
