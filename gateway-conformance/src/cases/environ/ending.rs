//! Cases of E17: a connection ends behind its last response, on HTTP/1.0 too.

use gateway_core::{Body, Environ, Error, StartResponse};

use super::refusals::{FIRST, called, refused};
use crate::capability::Capability;
use crate::case::Case;
use crate::check::{Look as _, Seen, ensure};
use crate::client::Client;
use crate::facts::Run;
use crate::via::Via;
use crate::wire::WireRequest;

pub(super) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = refused(
        [
            "e17_a_malformed_head_of_http_1_0_is_refused",
            "e17_a_malformed_head_of_http_1_0_gets_the_gateways_page",
        ],
        &["E17", "E12"],
        FIRST,
        400,
        |client| {
            let request = client.request("GET", "/").http10().header("host", "a/b");
            vec![request.clone(), request.header("connection", "keep-alive")]
        },
    )
    .map(|case| case.also_needs(Capability::Http10))
    .into();
    cases.extend([
        Case::new("e17_what_follows_a_malformed_head_is_not_served", &["E17"])
            .needs(Capability::CloseConnection)
            .only(&[Via::Http1])
            .app(called)
            .sees(async |client: Client| {
                let malformed = client.request("GET", "/").header("host", "a/b");
                let with_body = malformed.clone().body("hi");
                for request in [malformed, with_body] {
                    ends_after(&client, &request, 400).await?;
                }
                client.facts_are(&[]).await
            }),
        Case::new(
            "e17_what_follows_the_end_of_the_app_is_not_served",
            &["E17"],
        )
        .needs(Capability::CloseConnection)
        .only(&[Via::Http1])
        .app(ending)
        .sees(async |client: Client| {
            ends_after(&client, &client.request("GET", "/"), 200).await?;
            client.facts_are(&["called"]).await
        }),
        Case::new(
            "e17_what_follows_the_end_of_the_client_is_not_served",
            &["E17"],
        )
        .needs(Capability::CloseConnection)
        .only(&[Via::Http1])
        .app(called)
        .sees(async |client: Client| {
            let last = client.request("GET", "/").header("connection", "close");
            ends_after(&client, &last, 200).await?;
            client.facts_are(&["called"]).await
        }),
    ]);
    cases
}

/// Notes that it was called, and ends the connection.
async fn ending(environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    Run::of(&environ).note("called");
    start_response.start(200, [("content-type", "text/plain")])?;
    start_response.close_connection();
    Ok(Body::from("bye"))
}

/// Sends the request and another one at once. The connection ends after the first response.
async fn ends_after(client: &Client, request: &WireRequest, status: u16) -> Seen {
    let mut connection = client.http1().await?;
    let following = client.request("GET", "/");
    let bytes = [request, &following].map(|request| request.to_http1("a.example"));
    connection.send(bytes.concat()).await?;
    let response = connection.read_response(request.method()).await?;
    let response = response.status(status)?.field("connection", "close")?;
    response.whole()?;
    ensure(connection.closed().await, "the connection stays open")
}
