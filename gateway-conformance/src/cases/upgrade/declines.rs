//! Offers that are declined: the answer is one like any other.

use gateway_core::{Environ, TryIntoResponse};

use super::FIELDS;
use crate::case::Case;
use crate::cases::sources::pieces;
use crate::check::{Failure, Look as _, ensure};
use crate::client::Client;
use crate::via::Via;
use crate::wire::http1::Http1Connection;
use crate::wire::{WireError, WireRequest, WireResponse};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new("u1_an_offer_may_be_declined_with_a_body", &["U1", "B4"])
            .only(FIELDS)
            .view(async |environ: Environ| match environ.query_string() {
                "bytes" => ("declined", 403, [("x-kept", "1")]).try_into_response(),
                "stream" => (pieces(["decl", "ined"]), 426, [("x-kept", "1")]).try_into_response(),
                // On HTTP/1.1 a 2xx declines as well (U7).
                _ => ("declined", [("x-kept", "1")]).try_into_response(),
            })
            .sees(async |client: Client| {
                for (rest, status) in [("/?bytes", 403), ("/?stream", 426), ("/?page", 200)] {
                    let response = client.send(client.offer(rest)).await?.status(status)?;
                    let response = response.body("declined")?.field("x-kept", "1")?;
                    response.no("upgrade")?;
                }
                Ok(())
            }),
        Case::new(
            "u1_the_connection_of_a_declined_offer_is_http",
            &["U1", "U2"],
        )
        .only(&[Via::Http1])
        .view(async |environ: Environ| (environ.query_string().to_owned(), 403))
        .sees(async |client: Client| {
            let mut connection = client.http1().await?;
            let first = connection.request(&client.offer("/?first")).await?;
            first.status(403)?.body("first")?;
            let second = client.request("GET", "/?second");
            connection
                .send_request(&second)
                .await
                .or_else(unless_closed)?;
            next(&mut connection, "second").await
        }),
        Case::new("u1_a_request_behind_a_declined_offer_is_one", &["U1", "U2"])
            .only(&[Via::Http1])
            .view(async |environ: Environ| (environ.query_string().to_owned(), 403))
            .sees(async |client: Client| {
                let mut connection = client.http1().await?;
                let host = client.address().to_string();
                let bytes = |request: WireRequest| request.to_http1(&host);
                let offer = bytes(client.offer("/?first"));
                let behind = bytes(client.request("GET", "/?second"));
                connection.send([offer, behind].concat()).await?;
                connection
                    .read_response("GET")
                    .await?
                    .status(403)?
                    .body("first")?;
                next(&mut connection, "second").await
            }),
    ]
}

/// The next response is this request's, or the server has closed the connection behind the first. It
/// may, and then the request can be sent again.
async fn next(connection: &mut Http1Connection, body: &str) -> Result<(), Failure> {
    match connection.read_response("GET").await {
        Ok(response) => whole(response, body),
        Err(error) => unless_closed(error),
    }
}

fn whole(response: WireResponse, body: &str) -> Result<(), Failure> {
    let response = response.status(403)?.body(body)?;
    ensure(response.interim.is_empty(), "there was an interim response")
}

fn unless_closed(error: WireError) -> Result<(), Failure> {
    if error.is_closed() || error.is_reset() {
        return Ok(());
    }
    Err(error.into())
}
