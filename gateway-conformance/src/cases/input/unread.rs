//! I5, I6: what the app does not read, and when the client may send.

use gateway_core::{Body, Environ, Error, StartResponse};

use super::read_all;
use crate::capability::Capability;
use crate::case::Case;
use crate::check::{Failure, Look as _, ensure, equal};
use crate::client::Client;
use crate::facts::Run;
use crate::via::Via;
use crate::wire::WireRequest;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = unread();
    cases.extend(expectations());
    cases
}

/// An app that answers with its path and leaves the input alone.
async fn ignores(environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.start(200, [("content-type", "text/plain")])?;
    let path = environ.path_info().to_string();
    let answer = path.rsplit('/').next().unwrap_or_default().to_owned();
    Ok(Body::from(answer))
}

fn unread() -> Vec<Case> {
    let small = |client: &Client| {
        client
            .request("POST", "/first")
            .body("not read: GET / HTTP/1.1")
    };
    let pieces = |client: &Client| {
        client
            .request("POST", "/first")
            .chunked(["a", "GET / HTTP/1.1"])
    };
    let large = |client: &Client| client.request("POST", "/first").body(vec![b'x'; 2_000_000]);
    vec![
        Case::new("i5_a_small_unread_body_is_not_the_next_request", &["I5"])
            .app(ignores)
            .sees(
                move |client: Client| async move { stays_in_step(&client, small(&client)).await },
            ),
        Case::new("i5_unread_pieces_are_not_the_next_request", &["I5"])
            .app(ignores)
            .sees(
                move |client: Client| async move { stays_in_step(&client, pieces(&client)).await },
            ),
        Case::new("i5_a_large_unread_body_is_not_the_next_request", &["I5"])
            .only(&[Via::Http1, Via::InProcess])
            .app(ignores)
            .sees(
                move |client: Client| async move { stays_in_step(&client, large(&client)).await },
            ),
        Case::new("i5_a_large_unread_upload_is_answered_over_http2", &["I5"])
            .needs(Capability::UnreadUploadOverHttp2)
            .only(&[Via::Http2])
            .app(ignores)
            .sees(
                move |client: Client| async move { stays_in_step(&client, large(&client)).await },
            ),
        Case::new("i5_a_half_read_body_is_not_the_next_request", &["I5"])
            .app(
                async |mut environ: Environ, start_response: StartResponse| {
                    environ.input_mut().chunk().await?;
                    ignores(environ, start_response).await
                },
            )
            .sees(async |client: Client| {
                let request = client
                    .request("POST", "/first")
                    .chunked(vec![vec![b'x'; 1000]; 40]);
                stays_in_step(&client, request).await
            }),
    ]
}

/// Demands that the first request and the next on the same connection each get their own answer,
/// or that the connection is closed after the first.
async fn stays_in_step(client: &Client, first: WireRequest) -> Result<(), Failure> {
    let next = client.request("GET", "/next");
    match client.via() {
        Via::Http1 => {
            let mut connection = client.http1().await?;
            let response = connection.request(&first).await?;
            response.status(200)?.body("first")?;
            match connection.request(&next).await {
                Ok(response) => drop(response.status(200)?.body("next")?),
                Err(error) if error.is_closed() || error.is_reset() => {}
                Err(error) => return Err(Failure::from(error).at("the next request")),
            }
        }
        Via::Http2 => {
            let mut connection = client.http2().await?;
            let response = connection.request(&first).await?;
            response.status(200)?.body("first")?;
            let response = connection.request(&next).await?;
            response.status(200)?.body("next")?;
        }
        Via::InProcess => {
            client.send(first).await?.status(200)?.body("first")?;
            client.send(next).await?.status(200)?.body("next")?;
        }
    }
    Ok(())
}

fn expectations() -> Vec<Case> {
    vec![
        Case::new("i6_100_continue_comes_at_the_first_read", &["I6"])
            .only(&[Via::Http1])
            .view(read_all)
            .sees(async |client: Client| {
                let mut connection = client.http1().await?;
                let head = client
                    .request("POST", "/")
                    .header("expect", "100-continue")
                    .header("content-length", "3")
                    .streamed();
                connection.send_request(&head).await?;
                let interim = connection.read_interim().await?;
                equal(
                    "the interim status",
                    interim.map(|head| head.status),
                    Some(100),
                )?;
                connection.send("abc").await?;
                let response = connection.read_response("POST").await?;
                response.status(200)?.body("[\"abc\",\"3\"]\n")?;
                Ok(())
            }),
        Case::new("i6_an_app_that_does_not_read_does_not_wait", &["I6", "I5"])
            .needs(Capability::StreamedRequests)
            .only(&[Via::Http1])
            .app(ignores)
            .sees(async |client: Client| {
                let mut connection = client.http1().await?;
                let head = client
                    .request("POST", "/first")
                    .header("expect", "100-continue")
                    .header("content-length", "3")
                    .streamed();
                connection.send_request(&head).await?;
                let response = connection.read_response("POST").await?;
                response.status(200)?.body("first")?;
                Ok(())
            }),
        Case::new("i6_a_read_in_another_task_is_woken", &["I6", "I2", "L7"])
            .needs(Capability::StreamedRequests)
            .needs(Capability::TokioContext)
            .app(
                async |mut environ: Environ, start_response: StartResponse| {
                    start_response.start(200, [("content-type", "text/plain")])?;
                    let run = Run::of(&environ);
                    let mut input = environ.take_input();
                    let reading = tokio::spawn(async move {
                        run.note("reading");
                        input.bytes(64).await
                    });
                    Ok(Body::from(reading.await??))
                },
            )
            .only(Via::SOCKETS)
            .sees(async |client: Client| {
                let head = client.request("POST", "/").streamed();
                if client.via() == Via::Http1 {
                    let mut connection = client.http1().await?;
                    connection.send_request(&head).await?;
                    client.wait("reading").await?;
                    connection.send_chunk("abc").await?;
                    connection.send_last_chunk().await?;
                    let response = connection.read_response("POST").await?;
                    response.status(200)?.body("abc")?;
                    return Ok(());
                }
                let mut connection = client.http2().await?;
                let mut stream = connection.open_stream(&head).await?;
                client.wait("reading").await?;
                stream.send("abc")?;
                stream.end()?;
                let response = stream.finish().await?;
                ensure(
                    response.interim.is_empty(),
                    "an interim response nobody asked for",
                )?;
                response.status(200)?.body("abc")?;
                Ok(())
            }),
    ]
}
