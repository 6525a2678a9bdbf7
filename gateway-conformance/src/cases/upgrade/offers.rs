//! U1, U2: what is offered, and to which requests.

use gateway_core::{Body, Environ, HttpError, TryIntoResponse};

use super::{FIELDS, WEBSOCKET, echo, offered, switches};
use crate::capability::Capability;
use crate::case::Case;
use crate::check::{Failure, Look as _, Seen};
use crate::client::Client;
use crate::facts::Run;
use crate::via::Via;
use crate::wire::{WireRequest, WireResponse};

/// Not a protocol that a host could know by name.
const OTHER: &str = "suite-echo/2";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = offered_protocols();
    cases.extend(conditions());
    cases.extend(extended_connect());
    cases
}

/// Declines, and says what it was offered.
async fn declines(mut environ: Environ) -> Result<impl TryIntoResponse, HttpError> {
    let offers = offered(&environ);
    let input = environ.input_mut().text(99).await?;
    Ok((format!("declined {input}"), 426, [("x-offers", offers)]))
}

/// Sends the request and demands that the app saw this method and these offers.
async fn sees(
    client: &Client,
    request: WireRequest,
    offers: &str,
) -> Result<WireResponse, Failure> {
    let response = client.send(request).await?.status(426)?.whole()?;
    response.field("x-offers", offers)
}

/// A case whose app declines, and the requests with what is offered to them.
fn declined(
    name: &'static str,
    requests: fn(&Client) -> Vec<(WireRequest, &'static str, &'static str)>,
) -> Case {
    Case::new(name, &["U2"])
        .only(FIELDS)
        .view(declines)
        .sees(move |client: Client| async move {
            for (request, offers, body) in requests(&client) {
                sees(&client, request, offers).await?.body(body)?;
            }
            Ok(())
        })
}

fn offered_protocols() -> Vec<Case> {
    vec![
        Case::new(
            "u1_what_is_offered_can_be_switched_to",
            &["U1", "U5", "U6", "U8"],
        )
        .view(async |environ: Environ| {
            if environ.offers_upgrade(WEBSOCKET) {
                return Body::upgrade(WEBSOCKET, echo).try_into_response();
            }
            ("declined", 426).try_into_response()
        })
        .sees(async |client: Client| {
            let offer = match client.via() {
                // Who does not say that it takes an extended CONNECT gets none.
                Via::Http2 if !client.http2().await?.takes_extended_connect().await? => {
                    client.request("GET", "/")
                }
                Via::Http2 => return echoes(&client, client.offer("/")).await,
                _ => client.offer("/"),
            };
            let head = client.open(offer.clone()).await?.head().await?;
            match head.status {
                // The offer is made again, for the stream.
                101 => echoes(&client, offer).await,
                _ => client
                    .send(offer)
                    .await?
                    .status(426)?
                    .body("declined")
                    .map(drop),
            }
        }),
        Case::new("u1_a_protocol_of_any_name_is_offered", &["U1", "U5", "U8"])
            .only(FIELDS)
            .needs(Capability::Upgrade)
            .view(async |environ: Environ| {
                let protocol = environ.upgrades().next().map(str::to_owned);
                Body::upgrade(protocol.unwrap_or_default(), echo)
            })
            .sees(async |client: Client| echoes(&client, client.offer_of(OTHER, "/")).await),
        Case::new("u2_an_offer_may_be_one_of_a_list", &["U2"])
            .only(FIELDS)
            .needs(Capability::Upgrade)
            .view(declines)
            .sees(async |client: Client| {
                let mixed = client
                    .request("GET", "/")
                    .header("connection", "keep-alive, x-hop , Upgrade")
                    .header("upgrade", "suite-echo/2,, websocket , h2c");
                sees(&client, mixed, "GET [suite-echo/2 websocket h2c]")
                    .await
                    .map(drop)
            }),
        Case::new("u2_two_lines_of_offers_are_one_list", &["U2"])
            .only(FIELDS)
            .needs(Capability::Upgrade)
            .view(declines)
            .sees(async |client: Client| {
                let two = client.offer_of(OTHER, "/").header("upgrade", "websocket");
                sees(&client, two, "GET [suite-echo/2 websocket]")
                    .await
                    .map(drop)
            }),
        Case::new("u2_what_is_no_protocol_is_not_offered", &["U2"])
            .only(FIELDS)
            .needs(Capability::Upgrade)
            .view(declines)
            .sees(async |client: Client| {
                let offer = client.offer_of("a b, x/y/z, \"q\", suite-echo/2, late/", "/");
                sees(&client, offer, "GET [suite-echo/2]").await.map(drop)
            }),
        switches("u2_the_name_of_a_protocol_has_no_case", &["U2", "U3", "U8"])
            .only(FIELDS)
            .view(async |_| Body::upgrade(WEBSOCKET, echo))
            .sees(async |client: Client| {
                let offer = client.offer_of("WebSocket", "/");
                echoes(&client, offer).await
            }),
    ]
}

fn conditions() -> Vec<Case> {
    vec![
        Case::new("u2_nothing_is_offered_to_http_1_0", &["U2"])
            .only(FIELDS)
            .needs(Capability::Http10)
            .view(declines)
            .sees(async |client: Client| {
                let offer = client.offer("/").http10();
                sees(&client, offer, "GET []").await?.body("declined ")?;
                Ok(())
            }),
        declined(
            "u2_nothing_is_offered_without_the_connection_option",
            |client| {
                let bare = || client.request("GET", "/").header("upgrade", WEBSOCKET);
                vec![
                    (bare(), "GET []", "declined "),
                    (
                        bare().header("connection", "keep-alive"),
                        "GET []",
                        "declined ",
                    ),
                    (
                        bare().header("connection", "x-upgrade"),
                        "GET []",
                        "declined ",
                    ),
                ]
            },
        ),
        declined("u2_nothing_is_offered_without_the_field", |client| {
            let request = client.request("GET", "/");
            vec![
                (
                    request.header("connection", "upgrade"),
                    "GET []",
                    "declined ",
                ),
                (client.offer_of("", "/"), "GET []", "declined "),
            ]
        }),
        declined("u2_nothing_is_offered_to_a_request_with_a_body", |client| {
            let offer = || client.offer("/");
            vec![
                (offer().body("abc"), "GET []", "declined abc"),
                (offer().chunked(["ab", "c"]), "GET []", "declined abc"),
                (offer().chunked([""; 0]), "GET []", "declined "),
            ]
        }),
        declined("u2_websocket_is_offered_to_get_only", |client| {
            let offer = |method| {
                let request = client.request(method, "/");
                request
                    .header("connection", "upgrade")
                    .header("upgrade", WEBSOCKET)
            };
            vec![
                (
                    offer("POST").header("content-length", "0"),
                    "POST []",
                    "declined ",
                ),
                (offer("DELETE"), "DELETE []", "declined "),
                (offer("OPTIONS"), "OPTIONS []", "declined "),
            ]
        }),
    ]
}

fn extended_connect() -> Vec<Case> {
    vec![
        Case::new(
            "u2_an_extended_connect_is_a_get_that_offers_websocket",
            &["U2", "E3"],
        )
        .only(&[Via::Http2])
        .needs(Capability::ExtendedConnect)
        .view(async |environ: Environ| {
            let path = environ.path_info().to_string();
            let offers = format!("{} {path}", offered(&environ));
            ("no", 403, [("x-offers", offers)])
        })
        .sees(async |client: Client| {
            let response = client.send(client.offer("/a%20b?q")).await?.status(403)?;
            let name = "u2_an_extended_connect_is_a_get_that_offers_websocket";
            response
                .field("x-offers", &format!("GET [websocket] /{name}/a b"))?
                .body("no")?;
            Ok(())
        }),
        Case::new(
            "u2_an_extended_connect_for_another_protocol_is_refused",
            &["U2", "E14"],
        )
        .only(&[Via::Http2])
        .needs(Capability::ExtendedConnect)
        .view(async |environ: Environ| {
            Run::of(&environ).note("called");
            ("reached", 403)
        })
        .sees(async |client: Client| {
            for protocol in ["connect-udp", "suite-echo", "h2c"] {
                let request = client.request("CONNECT", "/").protocol(protocol).streamed();
                client.send(request).await?.status(501)?.whole()?;
            }
            client.facts_are(&[]).await
        }),
        Case::new("u2_nothing_is_offered_to_a_get_over_http_2", &["U2"])
            .only(&[Via::Http2])
            .view(declines)
            .sees(async |client: Client| {
                sees(&client, client.request("GET", "/"), "GET []")
                    .await
                    .map(drop)
            }),
    ]
}

async fn echoes(client: &Client, offer: WireRequest) -> Seen {
    let mut tunnel = client.switch(offer).await?;
    tunnel.echoes("first").await?;
    tunnel.echoes("second").await?;
    tunnel.end().await?;
    tunnel.reads_last("").await
}
