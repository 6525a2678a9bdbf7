//! N: what views return.

mod cookies;
mod errors;
mod forms;
mod tuples;

use gateway_core::{Environ, TryIntoResponse};

use crate::case::Case;
use crate::check::{Failure, Look as _};
use crate::client::Client;
use crate::wire::WireResponse;

pub(super) fn cases() -> Vec<Case> {
    [
        forms::cases(),
        tuples::cases(),
        errors::cases(),
        cookies::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A view that returns this, and what the client must see of it.
fn returns<T: TryIntoResponse + Send + 'static>(
    name: &'static str,
    clauses: &'static [&'static str],
    value: impl Fn() -> T + Send + Sync + Clone + 'static,
    look: impl Fn(WireResponse) -> Result<WireResponse, Failure> + Send + Sync + Clone + 'static,
) -> Case {
    Case::new(name, clauses)
        .view(move |_: Environ| std::future::ready(value()))
        .sees(move |client: Client| {
            let look = look.clone();
            async move {
                let response = client.get("/").await?;
                look(response)?.whole()?;
                Ok(())
            }
        })
}

const HTML: &str = "text/html; charset=utf-8";
