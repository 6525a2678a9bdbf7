//! I1, I2, I3, I7: where the input ends.

use gateway_core::{Environ, Error, Json};

use super::{read_all, read_and_note};
use crate::capability::Capability;
use crate::case::Case;
use crate::check::{Failure, Look as _, ensure, equal};
use crate::client::Client;
use crate::facts::TOKEN;
use crate::via::Via;
use crate::wire::{Reason, WireRequest, WireResponse};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = lengths();
    cases.extend(chunks());
    cases.extend(cut_short());
    cases.extend(trailers());
    cases
}

/// What [`read_all`] reports.
fn reported(response: WireResponse) -> Result<[String; 2], Failure> {
    let response = response.status(200)?.whole()?;
    let reported: Vec<String> = serde_json::from_slice(&response.body)?;
    reported
        .try_into()
        .map_err(|other| Failure::new(format!("not the report of the suite's app: {other:?}")))
}

fn lengths() -> Vec<Case> {
    vec![
        Case::new("i1_input_ends_at_its_length", &["I1"])
            .view(read_all)
            .sees(async |client: Client| {
                let response = client
                    .send(client.request("POST", "/").body("a\r\n\0\u{e9}"))
                    .await?;
                equal(
                    "the input",
                    reported(response)?,
                    [r"a\r\n\x00\xc3\xa9", "6"],
                )
            }),
        Case::new("i1_the_next_request_is_not_part_of_the_input", &["I1"])
            .only(&[Via::Http1])
            .view(read_all)
            .sees(async |client: Client| {
                let authority = client.address().to_string();
                let first = client.request("POST", "/").body("first");
                let second = client.request("POST", "/").body("second");
                let mut connection = client.http1().await?;
                // Both in one write, so that the second is there while the first is read.
                let bytes = [first.to_http1(&authority), second.to_http1(&authority)].concat();
                connection.send(bytes).await?;
                for body in ["first", "second"] {
                    let response = connection.read_response("POST").await?;
                    equal("the input", &*reported(response)?[0], body)?;
                }
                Ok(())
            }),
        Case::new("i1_a_read_after_the_end_gives_the_end_again", &["I1"])
            .view(
                async |mut environ: Environ| -> Result<Json<Vec<usize>>, Error> {
                    let mut lengths = vec![environ.input_mut().bytes(64).await?.len()];
                    for _ in 0..3 {
                        lengths.push(environ.input_mut().bytes(64).await?.len());
                    }
                    Ok(Json(lengths))
                },
            )
            .sees(async |client: Client| {
                let full = client.request("POST", "/").body("abc");
                client.send(full).await?.status(200)?.body("[3,0,0,0]\n")?;
                let pieces = client.request("POST", "/").chunked(["ab", "c"]);
                client
                    .send(pieces)
                    .await?
                    .status(200)?
                    .body("[3,0,0,0]\n")?;
                client.get("/").await?.status(200)?.body("[0,0,0,0]\n")?;
                Ok(())
            }),
        Case::new("i1_a_get_has_no_input", &["I1"])
            .view(read_all)
            .sees(async |client: Client| {
                equal(
                    "the input",
                    reported(client.get("/").await?)?,
                    ["", "absent"],
                )
            }),
        Case::new("i1_a_length_of_zero_is_the_end", &["I1"])
            .view(read_all)
            .sees(async |client: Client| {
                let response = client.send(client.request("POST", "/").body("")).await?;
                equal("the input", reported(response)?, ["", "0"])
            }),
        Case::new("i1_a_large_input_is_read_whole", &["I1"])
            .view(read_and_note)
            .sees(async |client: Client| {
                let request = client.request("PUT", "/").body(vec![b'x'; 3_000_000]);
                client.send(request).await?.status(200)?.body("read")?;
                client.facts_are(&["called", "read 3000000", "end"]).await
            }),
    ]
}

fn chunks() -> Vec<Case> {
    vec![
        Case::new("i2_a_body_in_pieces_is_read_to_its_end", &["I2"])
            .view(read_all)
            .sees(async |client: Client| {
                let request = client
                    .request("POST", "/")
                    .chunked(["a", "bc", "\r\n0\r\n"]);
                let seen = reported(client.send(request).await?)?;
                equal("the input", seen, [r"abc\r\n0\r\n", "absent"])
            }),
        Case::new("i2_a_body_of_no_pieces_is_empty", &["I2"])
            .view(read_all)
            .sees(async |client: Client| {
                let request = client.request("POST", "/").chunked([""; 0]);
                let seen = reported(client.send(request).await?)?;
                equal("the input", seen, ["", "absent"])
            }),
        Case::new("i2_many_small_pieces_are_read", &["I2"])
            .view(read_and_note)
            .sees(async |client: Client| {
                let request = client.request("POST", "/").chunked(["x"; 300]);
                client.send(request).await?.status(200)?;
                client.facts_are(&["called", "read 300", "end"]).await
            }),
        Case::new("i2_extensions_of_chunks_are_not_content", &["I2"])
            .only(&[Via::Http1])
            .view(read_all)
            .sees(async |client: Client| {
                let mut connection = client.http1().await?;
                let head = client.request("POST", "/").streamed();
                connection.send_request(&head).await?;
                connection
                    .send("3;a=b;c\r\nabc\r\nA\r\n0123456789\r\n0;z\r\n\r\n")
                    .await?;
                let seen = reported(connection.read_response("POST").await?)?;
                equal("the input", seen, ["abc0123456789", "absent"])
            }),
        Case::new("i2_pieces_are_read_as_they_arrive", &["I2", "B3"])
            .needs(Capability::StreamedRequests)
            .needs(Capability::StreamedResponses)
            .needs(Capability::FullDuplex)
            .view(async |mut environ: Environ| {
                gateway_core::Body::new(environ.take_input()).commit_early()
            })
            .only(Via::SOCKETS)
            .sees(async |client: Client| {
                let head = client.request("POST", "/").streamed();
                if client.via() == Via::Http1 {
                    let mut connection = client.http1().await?;
                    connection.send_request(&head).await?;
                    connection.send_chunk("one").await?;
                    connection.read_head("POST").await?;
                    equal(
                        "a piece",
                        connection.read_chunk().await?,
                        Some("one".into()),
                    )?;
                    connection.send_chunk("two").await?;
                    equal(
                        "a piece",
                        connection.read_chunk().await?,
                        Some("two".into()),
                    )?;
                    connection.send_last_chunk().await?;
                    connection.finish().await?.whole()?;
                    return Ok(());
                }
                let mut connection = client.http2().await?;
                let mut stream = connection.open_stream(&head).await?;
                for piece in ["one", "two"] {
                    stream.send(piece)?;
                    equal("a piece", stream.chunk().await?, Some(piece.into()))?;
                }
                stream.end()?;
                stream.finish().await?.whole()?;
                Ok(())
            }),
    ]
}

fn cut_short() -> Vec<Case> {
    vec![
        Case::new("i3_less_than_the_length_is_an_error", &["I3"])
            .needs(Capability::StreamedRequests)
            .view(read_and_note)
            .sees(async |client: Client| {
                let head = client.request("POST", "/").header("content-length", "10");
                leaves_after(&client, head.streamed(), "cut", b"abc").await
            }),
        Case::new("i3_pieces_without_the_last_are_an_error", &["I3", "I2"])
            .needs(Capability::StreamedRequests)
            .only(&[Via::Http1])
            .view(read_and_note)
            .sees(async |client: Client| {
                let head = client.request("POST", "/").streamed();
                leaves_after(&client, head, "cut", b"3\r\nabc\r\n").await
            }),
        Case::new("i3_half_a_piece_is_an_error", &["I3", "I2"])
            .needs(Capability::StreamedRequests)
            .only(&[Via::Http1])
            .view(read_and_note)
            .sees(async |client: Client| {
                let head = client.request("POST", "/").streamed();
                leaves_after(&client, head, "cut", b"8\r\nabc").await
            }),
        Case::new("i3_a_stream_reset_by_the_client_is_an_error", &["I3"])
            .needs(Capability::StreamedRequests)
            .only(&[Via::Http2])
            .view(read_and_note)
            .sees(async |client: Client| {
                let head = client.request("POST", "/").streamed();
                leaves_after(&client, head, "cut", b"abc").await
            }),
        Case::new("i3_the_error_is_not_the_end_to_a_later_read", &["I3"])
            .only(&[Via::InProcess])
            .view(async |mut environ: Environ| {
                let first = environ.input_mut().bytes(64).await;
                let again = environ.input_mut().bytes(64).await;
                let is_cut_short = |read: Result<_, gateway_core::InputError>| match read {
                    Ok::<bytes::Bytes, _>(_) => false,
                    Err(error) => error.is_incomplete() || error.is_transport(),
                };
                Json([is_cut_short(first), is_cut_short(again)])
            })
            .sees(async |client: Client| {
                let request = client
                    .request("POST", "/")
                    .header("content-length", "10")
                    .chunked(["abc"]);
                client
                    .send(request)
                    .await?
                    .status(200)?
                    .body("[true,true]\n")?;
                Ok(())
            }),
    ]
}

/// Sends the head and these bytes, closes the sending side, and demands that the app noted `fact`.
async fn leaves_after(
    client: &Client,
    head: WireRequest,
    fact: &str,
    bytes: &'static [u8],
) -> Result<(), Failure> {
    let facts = match client.via() {
        Via::Http1 => {
            let mut connection = client.http1().await?;
            connection.send_request(&head).await?;
            connection.send(bytes).await?;
            // The app has to be reading, or the host may never have called it.
            client.wait("called").await?;
            connection.half_close().await?;
            client.wait(fact).await?
        }
        Via::Http2 => {
            let mut connection = client.http2().await?;
            let mut stream = connection.open_stream(&head).await?;
            stream.send(bytes)?;
            client.wait("called").await?;
            stream.reset(Reason::CANCEL);
            client.wait(fact).await?
        }
        Via::InProcess => {
            let request = head.chunked([bytes]);
            client.send(request).await?.status(400)?;
            client.facts().await?
        }
    };
    let ended = facts.iter().any(|fact| fact == "end");
    ensure(!ended, format!("the app took it for the end: {facts:?}"))
}

fn trailers() -> Vec<Case> {
    vec![
        Case::new("i7_trailers_are_read_after_the_end", &["I7"])
            .needs(Capability::RequestTrailers)
            .view(async |mut environ: Environ| -> Result<_, Error> {
                let mut input = environ.take_input();
                let early = input.trailers().is_some();
                let length = input.bytes(64).await?.len();
                let value = input.trailers().and_then(|map| map.get("x-sum"));
                let value = value.map(|value| value.as_bytes().escape_ascii().to_string());
                Ok(format!("{early} {length} {value:?}"))
            })
            .sees(async |client: Client| {
                let request = client
                    .request("POST", "/")
                    .header("trailer", "x-sum")
                    .chunked(["abc"])
                    .trailers([("x-sum", "6")]);
                let response = client.send(request).await?.status(200)?;
                response.body(r#"false 3 Some("6")"#)?;
                Ok(())
            }),
        Case::new("i7_without_trailers_there_are_none", &["I7"])
            .view(async |mut environ: Environ| -> Result<_, Error> {
                let mut input = environ.take_input();
                let length = input.bytes(64).await?.len();
                Ok(format!(
                    "{length} {:?}",
                    input.trailers().map(|map| map.len())
                ))
            })
            .sees(async |client: Client| {
                let request = client.request("POST", "/").chunked(["abc"]);
                client.send(request).await?.status(200)?.body("3 None")?;
                Ok(())
            }),
        Case::new("i7_trailers_are_not_headers", &["I7"])
            .view(async |mut environ: Environ| -> Result<_, Error> {
                let length = environ.input_mut().bytes(64).await?.len();
                Ok(format!(
                    "{length} {}",
                    environ.header(TOKEN).is_some() && environ.header("x-sum").is_none()
                ))
            })
            .sees(async |client: Client| {
                let request = client
                    .request("POST", "/")
                    .chunked(["abc"])
                    .trailers([("x-sum", "6")]);
                client.send(request).await?.status(200)?.body("3 true")?;
                Ok(())
            }),
    ]
}
