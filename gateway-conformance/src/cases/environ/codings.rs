//! Cases of I2: transfer codings other than a single `chunked`, and a length beside it.

use gateway_core::{Body, Environ, Error, StartResponse};

use super::refusals::{FIRST, refused};
use crate::capability::Capability;
use crate::case::Case;
use crate::check::{Look as _, Seen, ensure, equal};
use crate::client::Client;
use crate::via::Via;
use crate::wire::WireRequest;

pub(super) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = refusals().into_iter().flatten().collect();
    cases.push(
        Case::new("i2_a_length_beside_chunked_is_refused_or_ignored", &["I2"])
            .partly_needs(Capability::CloseConnection)
            .only(&[Via::Http1])
            .app(told)
            .sees(async |client: Client| {
                let head = client.request("POST", "/");
                let (coding, length) = (("transfer-encoding", "chunked"), ("content-length", "3"));
                for fields in [[coding, length], [length, coding]] {
                    let request = fields.iter().fold(head.clone(), |request, (name, value)| {
                        request.header(*name, value)
                    });
                    let seen = beside(&client, &request.chunked(["hello"])).await;
                    seen.map_err(|failure| failure.at(format!("{fields:?}")))?;
                }
                Ok(())
            }),
    );
    cases
}

fn refusals() -> [[Case; 2]; 4] {
    let clauses = &["I2", "E17"];
    [
        refused(
            [
                "i2_an_unknown_coding_is_refused",
                "i2_an_unknown_coding_gets_the_gateways_page",
            ],
            clauses,
            FIRST,
            501,
            |client| vec![coded(client, "gzip, chunked")],
        ),
        refused(
            [
                "i2_a_body_chunked_twice_is_refused",
                "i2_a_body_chunked_twice_gets_the_gateways_page",
            ],
            clauses,
            FIRST,
            400,
            |client| vec![coded(client, "chunked, chunked")],
        ),
        refused(
            [
                "i2_a_last_coding_that_is_not_chunked_is_refused",
                "i2_a_last_coding_that_is_not_chunked_gets_the_gateways_page",
            ],
            clauses,
            FIRST,
            400,
            |client| {
                let codings = ["gzip", "identity", "chunked, gzip", ""];
                codings.map(|codings| coded(client, codings)).into()
            },
        ),
        refused(
            [
                "i2_a_coding_in_http_1_0_is_refused",
                "i2_a_coding_in_http_1_0_gets_the_gateways_page",
            ],
            clauses,
            FIRST,
            400,
            |client| vec![coded(client, "chunked").http10()],
        )
        .map(|case| case.also_needs(Capability::Http10)),
    ]
}

/// A request with these transfer codings, and an empty chunked body.
fn coded(client: &Client, codings: &str) -> WireRequest {
    let request = client.request("POST", "/");
    request
        .header("transfer-encoding", codings)
        .chunked([""; 0])
}

/// What the app sees of the body.
async fn told(mut environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    let length = environ
        .get("CONTENT_LENGTH")
        .map(|length| length.to_string());
    let text = environ.take_input().text(100).await?;
    start_response.start(200, [("content-type", "text/plain")])?;
    Ok(Body::from(format!("{length:?} {text}")))
}

/// RFC 9112 section 6.1: whatever the answer is, the connection ends with it.
async fn beside(client: &Client, request: &WireRequest) -> Seen {
    let mut connection = client.http1().await?;
    let response = connection.request(request).await?.whole()?;
    if response.status != 400 {
        equal("the body", response.text().as_str(), "None hello")?;
    }
    if client.lacks(Capability::CloseConnection) {
        return Ok(());
    }
    ensure(connection.closed().await, "the connection stays open")?;
    match response.status {
        // A parser that refuses need not say so.
        400 => Ok(()),
        _ => response.field("connection", "close").map(drop),
    }
}
