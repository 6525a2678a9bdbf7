//! S: start_response.

mod headers;
mod order;
mod status;

use crate::case::Case;
use crate::check::{Failure, Look as _, ensure};
use crate::client::Client;
use crate::wire::WireResponse;

pub(super) fn cases() -> Vec<Case> {
    [order::cases(), status::cases(), headers::cases()]
        .into_iter()
        .flatten()
        .collect()
}

/// What must be seen where an app failed before commit: a whole 500 with a generic page, and
/// nothing of what the app had prepared.
pub(super) async fn clean_500(client: &Client, rest: &str) -> Result<WireResponse, Failure> {
    let response = client.get(rest).await?.status(500)?.whole()?;
    let head = format!("{:?}", response.headers);
    ensure(
        !head.contains("x-refused") && !head.contains("evil"),
        format!("a header of the refused response was sent: {head}"),
    )?;
    let text = response.text();
    ensure(
        !text.contains("private") && !text.contains("refused"),
        format!("the page shows what is private: {text:?}"),
    )?;
    Ok(response)
}
