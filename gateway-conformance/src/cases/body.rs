//! B: the body and the moment of commit.

mod bodyless;
mod commit;
mod content;
mod faults;
mod length;

use crate::case::Case;
use crate::check::{Failure, Look as _};
use crate::client::Client;
use crate::via::Via;
use crate::wire::{WireRequest, WireResponse};

pub(super) fn cases() -> Vec<Case> {
    [
        commit::cases(),
        content::cases(),
        length::cases(),
        bodyless::cases(),
        faults::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Sends the request, and then another on the same connection: over HTTP/1 the very next bytes must
/// be the answer to that, and over HTTP/2 the first stream must have ended cleanly.
pub(super) async fn in_step(
    client: &Client,
    request: WireRequest,
) -> Result<WireResponse, Failure> {
    let probe = WireRequest::get(format!("{}/_facts/in-step", client.prefix()));
    match client.via() {
        Via::Http1 => {
            let mut connection = client.http1().await?;
            let response = connection.request(&request).await?.whole()?;
            let next = connection.assert_in_step(&probe).await?;
            next.status(200)?.body("[]\n")?;
            Ok(response)
        }
        Via::Http2 => {
            let mut connection = client.http2().await?;
            let response = connection.request(&request).await?.whole()?;
            connection.assert_clean(&response).await?;
            connection
                .request(&probe)
                .await?
                .status(200)?
                .body("[]\n")?;
            Ok(response)
        }
        Via::InProcess => client.send(request).await?.whole(),
    }
}
