//! I2: who waits for the client is not asked in vain.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use gateway_core::{Body, Environ, StartResponse};

use crate::capability::Capability;
use crate::case::Case;
use crate::check::{Failure, Look as _, Seen, ensure};
use crate::client::Client;
use crate::facts::Run;
use crate::via::Via;
use crate::wire::WireResponse;

/// How many exchanges pass while the client of the case is silent.
const OTHERS: usize = 50;

/// How often the app may be asked meanwhile: a few times without a reason do no harm.
const BOUND: usize = 40;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new("i2_a_silent_client_costs_no_polls", &["I2"])
            .needs(Capability::StreamedRequests)
            .only(Via::SOCKETS)
            .app(
                async |mut environ: Environ, start_response: StartResponse| {
                    let run = Run::of(&environ);
                    let mut input = environ.take_input();
                    let first = input.chunk().await?.unwrap_or_default();
                    run.note("waiting");
                    // Each poll asks the input under another waker than the task's, as libraries do that
                    // have wakers of their own.
                    let mut reading = pin!(input.bytes(64));
                    let rest = poll_fn(|cx| {
                        run.note("polled");
                        let own = Waker::from(Arc::new(Relay(cx.waker().clone())));
                        reading.as_mut().poll(&mut Context::from_waker(&own))
                    });
                    let rest = rest.await?;
                    start_response.start(200, [("content-type", "text/plain")])?;
                    Ok(Body::from([first, rest].concat()))
                },
            )
            .sees(async |client: Client| {
                let head = client.request("POST", "/").streamed();
                if client.via() == Via::Http1 {
                    let mut connection = client.http1().await?;
                    connection.send_request(&head).await?;
                    connection.send_chunk("one ").await?;
                    stays_silent(&client).await?;
                    connection.send_chunk("two").await?;
                    connection.send_last_chunk().await?;
                    return is_whole(connection.read_response("POST").await?);
                }
                let mut connection = client.http2().await?;
                let mut stream = connection.open_stream(&head).await?;
                stream.send("one ")?;
                stays_silent(&client).await?;
                stream.send("two")?;
                stream.end()?;
                is_whole(stream.finish().await?)
            }),
    ]
}

/// A waker that passes the word on.
struct Relay(Waker);

impl Wake for Relay {
    fn wake(self: Arc<Self>) {
        self.0.wake_by_ref();
    }
}

/// Lets other exchanges pass, and looks how often the app was asked.
async fn stays_silent(client: &Client) -> Seen {
    client.wait("waiting").await?;
    let mut polls = 0;
    for _ in 0..OTHERS {
        let facts = client.facts().await?;
        polls = facts.iter().filter(|fact| *fact == "polled").count();
    }
    ensure(
        polls <= BOUND,
        format!("the app was asked {polls} times while there was nothing to read"),
    )
}

fn is_whole(response: WireResponse) -> Result<(), Failure> {
    response.status(200)?.body("one two")?;
    Ok(())
}
