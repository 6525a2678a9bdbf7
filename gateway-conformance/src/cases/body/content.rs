//! Cases of B4, B10 and B11: framing, bytes and trailers.

use gateway_core::{Body, BoxApp, Environ, Error, StartResponse};
use http::{HeaderMap, HeaderValue};

use crate::capability::Capability;
use crate::case::{Case, Draft};
use crate::cases::sources::pieces;
use crate::check::{Look as _, equal};
use crate::client::Client;
use crate::via::Via;
use crate::wire::Framing;

const TEXT: [(&str, &str); 1] = [("content-type", "text/plain")];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = framing();
    cases.extend(bytes());
    cases.extend(trailers());
    cases
}

fn sends(
    name: &'static str,
    clauses: &'static [&'static str],
    body: fn() -> Body,
) -> Draft<BoxApp> {
    Case::new(name, clauses).app(
        move |_: Environ, start_response: StartResponse| async move {
            start_response.start(200, TEXT)?;
            Ok(body())
        },
    )
}

fn framing() -> Vec<Case> {
    vec![
        sends("b4_bytes_in_hand_get_a_length", &["B4"], || {
            Body::from("hello")
        })
        .sees(async |client: Client| {
            let response = super::in_step(&client, client.request("GET", "/")).await?;
            response
                .status(200)?
                .field("content-length", "5")?
                .body("hello")?;
            Ok(())
        }),
        sends("b4_an_empty_body_has_the_length_zero", &["B4"], Body::empty).sees(
            async |client: Client| {
                let response = super::in_step(&client, client.request("GET", "/")).await?;
                response
                    .status(200)?
                    .field("content-length", "0")?
                    .body("")?;
                Ok(())
            },
        ),
        sends("b4_a_stream_gets_the_protocols_framing", &["B4"], || {
            pieces(["Hello ", "World!\n"])
        })
        .sees(async |client: Client| {
            let response = super::in_step(&client, client.request("GET", "/")).await?;
            let framing = response.framing;
            response
                .status(200)?
                .no("content-length")?
                .body("Hello World!\n")?;
            let own = match client.via() {
                Via::Http1 => Framing::Chunked,
                _ => Framing::Frames,
            };
            equal("the framing", framing, own)
        }),
        sends(
            "b4_a_stream_to_http_1_0_ends_with_the_connection",
            &["B4"],
            || pieces(["Hello ", "World!\n"]),
        )
        .needs(Capability::Http10)
        .only(&[Via::Http1])
        .sees(async |client: Client| {
            let response = client.send(client.request("GET", "/").http10()).await?;
            let framing = response.framing;
            response
                .status(200)?
                .no("transfer-encoding")?
                .body("Hello World!\n")?;
            equal("the framing", framing, Framing::CloseDelimited)
        }),
        sends("b4_a_stream_that_knows_its_length_gets_it", &["B4"], || {
            Body::from("known").on_close(|| {})
        })
        .sees(async |client: Client| {
            let response = super::in_step(&client, client.request("GET", "/")).await?;
            response
                .status(200)?
                .field("content-length", "5")?
                .body("known")?;
            Ok(())
        }),
        Case::new("b4_a_declared_length_of_a_stream_is_kept", &["B4"])
            .app(async |_: Environ, start_response: StartResponse| {
                start_response.start(200, [("content-length", "13")])?;
                Ok(pieces(["Hello ", "World!\n"]))
            })
            .sees(async |client: Client| {
                let response = super::in_step(&client, client.request("GET", "/")).await?;
                response
                    .status(200)?
                    .field("content-length", "13")?
                    .no("transfer-encoding")?
                    .body("Hello World!\n")?;
                Ok(())
            }),
        sends(
            "b4_an_offered_upgrade_does_not_change_the_framing",
            &["B4"],
            || pieces(["Hello ", "World!\n"]),
        )
        .only(&[Via::Http1])
        .sees(async |client: Client| {
            let request = client
                .request("GET", "/")
                .header("connection", "upgrade")
                .header("upgrade", "websocket")
                .header("sec-websocket-version", "13")
                .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
            let mut connection = client.http1().await?;
            let response = connection.request(&request).await?;
            response.status(200)?.body("Hello World!\n")?;
            Ok(())
        }),
    ]
}

/// Every byte, and text that looks like framing or a head.
const BYTES: &[u8] =
    b"\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n\n\r\0\xFF\x80end";

fn bytes() -> Vec<Case> {
    vec![
        sends("b10_bytes_in_hand_are_untouched", &["B10"], || {
            Body::from(BYTES)
        })
        .sees(async |client: Client| {
            let response = super::in_step(&client, client.request("GET", "/")).await?;
            response.status(200)?.body(BYTES)?;
            Ok(())
        }),
        sends("b10_bytes_of_a_stream_are_untouched", &["B10"], || {
            let all: Vec<u8> = (0..=255).collect();
            Body::from_chunks([all, BYTES.to_vec(), b"\r\n".to_vec()])
        })
        .sees(async |client: Client| {
            let response = super::in_step(&client, client.request("GET", "/")).await?;
            let all: Vec<u8> = (0..=255)
                .chain(BYTES.iter().copied())
                .chain(*b"\r\n")
                .collect();
            response.status(200)?.body(all)?;
            Ok(())
        }),
        sends("b10_a_large_body_arrives_whole", &["B10", "B3"], || {
            Body::from_chunks((0..200_u32).map(|n| n.to_be_bytes().repeat(5000)))
        })
        .sees(async |client: Client| {
            let response = client.get("/").await?.status(200)?;
            let all: Vec<u8> = (0..200_u32)
                .flat_map(|n| n.to_be_bytes().repeat(5000))
                .collect();
            response.body(all)?;
            Ok(())
        }),
        Case::new("b10_an_echo_gives_back_what_was_sent", &["B10", "I2"])
            .app(
                async |mut environ: Environ, start_response: StartResponse| {
                    start_response.start(200, TEXT)?;
                    Ok(Body::new(environ.take_input()))
                },
            )
            .sees(async |client: Client| {
                let request = client.request("POST", "/").chunked([BYTES, b"", BYTES]);
                client
                    .send(request)
                    .await?
                    .status(200)?
                    .body([BYTES, BYTES].concat())?;
                let request = client.request("POST", "/").body(BYTES);
                client.send(request).await?.status(200)?.body(BYTES)?;
                Ok(())
            }),
    ]
}

/// An app whose body has two trailers: one may be sent, the other never.
async fn trailing(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.start(200, [("content-type", "text/plain"), ("trailer", "x-sum")])?;
    Ok(with_trailers())
}

fn with_trailers() -> Body {
    Body::from_producer(async |mut writer| {
        writer.write("abc").await?;
        let mut trailers = HeaderMap::new();
        trailers.insert("x-sum", HeaderValue::from_static("6"));
        trailers.insert("content-length", HeaderValue::from_static("99"));
        writer.trailers(trailers).await?;
        Ok(())
    })
}

fn trailers() -> Vec<Case> {
    vec![
        Case::new("b11_trailers_pass_where_the_client_allows_them", &["B11"])
            .needs(Capability::ResponseTrailers)
            .app(trailing)
            .sees(async |client: Client| {
                let request = client.request("GET", "/").header("te", "trailers");
                let response = super::in_step(&client, request).await?;
                equal("the trailer", response.trailer("x-sum"), Some("6"))?;
                response.status(200)?.body("abc")?;
                Ok(())
            }),
        Case::new(
            "b11_trailers_are_not_sent_to_those_who_do_not_ask",
            &["B11"],
        )
        .only(&[Via::Http1])
        .app(trailing)
        .sees(async |client: Client| {
            let response = super::in_step(&client, client.request("GET", "/")).await?;
            equal("the number of trailers", response.trailers.len(), 0)?;
            response.status(200)?.body("abc")?;
            Ok(())
        }),
        Case::new("b11_the_driver_drops_what_was_not_asked_for", &["B11"])
            .only(&[Via::InProcess])
            .app(trailing)
            .sees(async |client: Client| {
                let response = client.get("/").await?;
                equal("the number of trailers", response.trailers.len(), 0)?;
                response.status(200)?.body("abc")?;
                Ok(())
            }),
        Case::new("b11_trailers_that_are_not_declared_are_not_sent", &["B11"])
            .only(&[Via::Http1, Via::InProcess])
            .app(async |_: Environ, start_response: StartResponse| {
                start_response.start(200, TEXT)?;
                Ok(with_trailers())
            })
            .sees(async |client: Client| {
                let request = client.request("GET", "/").header("te", "trailers");
                let response = client.send(request).await?;
                equal("the number of trailers", response.trailers.len(), 0)?;
                response.status(200)?.body("abc")?;
                Ok(())
            }),
        Case::new("b11_http_1_0_has_no_trailers", &["B11"])
            .needs(Capability::Http10)
            .only(&[Via::Http1, Via::InProcess])
            .app(trailing)
            .sees(async |client: Client| {
                let request = client.request("GET", "/").header("te", "trailers");
                let response = client.send(request.http10()).await?;
                equal("the number of trailers", response.trailers.len(), 0)?;
                response.status(200)?.body("abc")?;
                Ok(())
            }),
        Case::new("b11_fields_of_framing_never_trail", &["B11", "S7"])
            .app(trailing)
            .sees(async |client: Client| {
                let request = client.request("GET", "/").header("te", "trailers");
                let response = super::in_step(&client, request).await?;
                equal("the trailer", response.trailer("content-length"), None)?;
                response.status(200)?.body("abc")?;
                Ok(())
            }),
        Case::new("b11_a_body_of_trailers_alone_is_empty", &["B11"])
            .app(async |_: Environ, start_response: StartResponse| {
                start_response.start(200, [("trailer", "x-sum")])?;
                Ok(Body::from_producer(async |mut writer| {
                    let mut trailers = HeaderMap::new();
                    trailers.insert("x-sum", HeaderValue::from_static("0"));
                    writer.trailers(trailers).await?;
                    Ok(())
                }))
            })
            .sees(async |client: Client| {
                let request = client.request("GET", "/").header("te", "trailers");
                super::in_step(&client, request)
                    .await?
                    .status(200)?
                    .body("")?;
                Ok(())
            }),
    ]
}
