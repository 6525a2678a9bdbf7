//! Cases of L7: the tokio runtime in which apps are called.

use gateway_core::{Body, Environ, Error, StartResponse};
use tokio::runtime::Handle;

use crate::capability::Capability;
use crate::case::Case;
use crate::check::Look as _;
use crate::client::Client;

const TEXT: [(&str, &str); 1] = [("content-type", "text/plain")];

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new("l7_an_app_is_called_in_a_tokio_context", &["L7"])
            .needs(Capability::TokioContext)
            .app(async |_: Environ, start_response: StartResponse| {
                let called = is_in_context();
                // Later polls of the future happen there as well.
                tokio::task::yield_now().await;
                let polled_again = is_in_context();
                start_response.start(200, TEXT)?;
                Ok(Body::from(format!("{called} {polled_again}")))
            })
            .sees(async |client: Client| {
                let response = client.get("/").await?.status(200)?;
                response.body("true true").map(drop)
            }),
        Case::new("l7_an_app_may_start_tasks", &["L7"])
            .needs(Capability::TokioContext)
            .app(async |_: Environ, start_response: StartResponse| {
                // `tokio::spawn` would panic without a runtime.
                let text = Handle::try_current()?.spawn(async { "from a task" });
                let text = text.await?;
                start_response.start(200, TEXT)?;
                Ok(Body::from(text))
            })
            .sees(async |client: Client| {
                let response = client.get("/").await?.status(200)?;
                response.body("from a task").map(drop)
            }),
        Case::new("l7_a_body_is_polled_in_a_tokio_context", &["L7"])
            .needs(Capability::TokioContext)
            .app(async |_: Environ, start_response: StartResponse| {
                start_response.start(200, TEXT)?;
                Ok(Body::from_producer(async move |mut writer| {
                    // Before the head is sent, and after.
                    for end in [" ", ""] {
                        writer.write(format!("{}{end}", is_in_context())).await?;
                    }
                    Ok::<(), Error>(())
                }))
            })
            .sees(async |client: Client| {
                let response = client.get("/").await?.status(200)?;
                response.body("true true").map(drop)
            }),
    ]
}

fn is_in_context() -> bool {
    Handle::try_current().is_ok()
}
