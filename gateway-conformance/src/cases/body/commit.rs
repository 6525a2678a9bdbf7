//! Cases of B1, B2 and B3: when the head is sent, and what follows it.

use futures_util::stream;
use gateway_core::{Body, Environ, Error, HttpError, StartResponse};

use crate::capability::Capability;
use crate::case::Case;
use crate::cases::sources::{fails_after, pieces, watched};
use crate::cases::start::clean_500;
use crate::check::{Look as _, Seen, ensure, equal};
use crate::client::Client;
use crate::facts::Run;
use crate::via::Via;
use crate::wire::http2::{Direction, Frame, FrameKind};

const PRIVATE: [(&str, &str); 1] = [("x-refused", "1")];
const TEXT: [(&str, &str); 1] = [("content-type", "text/plain")];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = errors_before_commit();
    cases.extend(flushes());
    cases.extend(empty_chunks());
    cases.extend(backpressure());
    cases
}

fn errors_before_commit() -> Vec<Case> {
    let body_fails = |name, clauses, body: fn() -> Body| {
        Case::new(name, clauses)
            .app(
                move |_: Environ, start_response: StartResponse| async move {
                    start_response.start(200, PRIVATE)?;
                    Ok(body())
                },
            )
            .sees(async |client: Client| clean_500(&client, "/").await.map(drop))
    };
    vec![
        Case::new("b1_an_error_of_the_app_is_a_500", &["B1"])
            .app(async |_: Environ, _: StartResponse| Err(Error::msg("private")))
            .sees(async |client: Client| {
                let response = clean_500(&client, "/").await?;
                response.field("content-type", "text/html; charset=utf-8")?;
                Ok(())
            }),
        Case::new("b1_an_error_after_the_start_is_a_500", &["B1"])
            .app(async |_: Environ, start_response: StartResponse| {
                start_response.start(200, PRIVATE)?;
                Err(Error::msg("private"))
            })
            .sees(async |client: Client| clean_500(&client, "/").await.map(drop)),
        Case::new(
            "b1_an_http_error_after_the_start_is_its_page",
            &["B1", "N6"],
        )
        .app(async |_: Environ, start_response: StartResponse| {
            start_response.start(200, PRIVATE)?;
            Err(HttpError::not_found().into())
        })
        .sees(async |client: Client| {
            client
                .get("/")
                .await?
                .status(404)?
                .whole()?
                .no("x-refused")?;
            Ok(())
        }),
        body_fails("b1_a_body_that_fails_first_is_a_500", &["B1"], || {
            fails_after([])
        }),
        body_fails("b1_an_empty_chunk_commits_nothing", &["B1", "B2"], || {
            fails_after(["", ""])
        }),
        body_fails("b1_a_body_that_waits_and_fails_is_a_500", &["B1"], || {
            Body::from_stream(stream::once(async {
                tokio::task::yield_now().await;
                Err::<bytes::Bytes, _>(std::io::Error::other("private"))
            }))
        }),
    ]
}

fn flushes() -> Vec<Case> {
    vec![
        Case::new("b1_a_flush_sends_the_head_before_the_body", &["B1"])
            .needs(Capability::StreamedResponses)
            .app(async |environ: Environ, start_response: StartResponse| {
                start_response.start(200, TEXT)?;
                start_response.commit_early();
                Ok(after_go(&environ))
            })
            .sees(head_before_body),
        Case::new("b1_a_body_may_ask_for_the_flush", &["B1"])
            .needs(Capability::StreamedResponses)
            .app(async |environ: Environ, start_response: StartResponse| {
                start_response.start(200, TEXT)?;
                Ok(after_go(&environ).commit_early())
            })
            .sees(head_before_body),
        Case::new(
            "b1_a_flush_from_another_task_wakes_the_gateway",
            &["B1", "L7"],
        )
        .needs(Capability::StreamedResponses)
        .needs(Capability::TokioContext)
        .app(async |environ: Environ, start_response: StartResponse| {
            start_response.start(200, TEXT)?;
            let run = Run::of(&environ);
            tokio::spawn(async move {
                run.wait("flush").await;
                start_response.commit_early();
            });
            Ok(after_go(&environ))
        })
        .sees(async |client: Client| {
            client.note("flush").await?;
            head_before_body(client).await
        }),
        Case::new("b1_after_a_flush_an_error_aborts", &["B1", "B8"])
            .needs(Capability::StreamedResponses)
            .needs(Capability::AbortedResponses)
            .app(async |environ: Environ, start_response: StartResponse| {
                start_response.start(200, TEXT)?;
                start_response.commit_early();
                let run = Run::of(&environ);
                Ok(Body::from_producer(async move |_| {
                    run.wait("go").await;
                    Err(Error::msg("private"))
                }))
            })
            .sees(async |client: Client| {
                let mut open = client.open(client.request("GET", "/")).await?;
                equal("the status", open.head().await?.status, 200)?;
                client.note("go").await?;
                open.finish().await?.broken()?;
                Ok(())
            }),
        Case::new(
            "b1_without_a_flush_the_head_waits_for_the_first_chunk",
            &["B1"],
        )
        .app(async |environ: Environ, start_response: StartResponse| {
            start_response.start(200, PRIVATE)?;
            let run = Run::of(&environ);
            Ok(Body::from_producer(async move |_| {
                run.note("waiting");
                run.wait("go").await;
                Err(Error::msg("private"))
            }))
        })
        .sees(async |client: Client| {
            // The client cannot see that a head was not sent. It sees that a 500 still can be.
            let request = client.request("GET", "/");
            let go = async {
                client.wait("waiting").await?;
                client.note("go").await
            };
            let (response, went) = tokio::join!(client.send(request), go);
            went?;
            response?.status(500)?.whole()?.no("x-refused")?;
            Ok(())
        }),
    ]
}

/// A body that waits for the client's `go` before its only chunk.
fn after_go(environ: &Environ) -> Body {
    let run = Run::of(environ);
    Body::from_producer(async move |mut writer| {
        run.wait("go").await;
        writer.write("gone").await?;
        Ok(())
    })
}

async fn head_before_body(client: Client) -> Seen {
    let mut open = client.open(client.request("GET", "/")).await?;
    let head = open.head().await?;
    equal("the status", head.status, 200)?;
    client.note("go").await?;
    open.finish().await?.body("gone")?;
    Ok(())
}

fn empty_chunks() -> Vec<Case> {
    vec![
        Case::new("b2_empty_chunks_are_not_sent", &["B2"])
            .app(async |_: Environ, start_response: StartResponse| {
                start_response.start(200, TEXT)?;
                Ok(pieces(["", "a", "", "", "b", ""]))
            })
            .sees(async |client: Client| {
                if client.via() != Via::Http2 {
                    let response = client.get("/").await?.status(200)?.body("ab")?;
                    let empty = response.chunks.iter().any(bytes::Bytes::is_empty);
                    return ensure(!empty, "there is an empty chunk");
                }
                // The engine hides empty frames. The log of frames shows them.
                let mut connection = client.http2().await?;
                let response = connection.request(&client.request("GET", "/")).await?;
                let frames = connection.frames_of(response.stream.unwrap_or_default());
                response.status(200)?.body("ab")?;
                let empty = |frame: &&Frame| {
                    frame.direction == Direction::Received
                        && frame.kind == FrameKind::Data
                        && frame.data_len() == 0
                        && !frame.is_end_stream()
                };
                let count = frames.iter().filter(empty).count();
                equal("the number of empty DATA frames", count, 0)
            }),
        Case::new("b2_a_body_of_empty_chunks_is_empty", &["B2"])
            .app(async |_: Environ, start_response: StartResponse| {
                start_response.start(200, TEXT)?;
                Ok(pieces(["", "", ""]))
            })
            .sees(async |client: Client| {
                super::in_step(&client, client.request("GET", "/"))
                    .await?
                    .status(200)?
                    .body("")?;
                Ok(())
            }),
        Case::new("b2_many_empty_chunks_block_nobody", &["B2", "B1"])
            .app(async |_: Environ, start_response: StartResponse| {
                start_response.start(200, TEXT)?;
                let empty = std::iter::repeat_n("", 10_000);
                Ok(Body::from_chunks(empty.chain(["end"])))
            })
            .sees(async |client: Client| {
                client.get("/").await?.status(200)?.body("end")?;
                Ok(())
            }),
    ]
}

fn backpressure() -> Vec<Case> {
    vec![
        Case::new("b3_a_chunk_is_handed_over_before_the_next_is_made", &["B3"])
            .needs(Capability::StreamedResponses)
            .app(async |environ: Environ, start_response: StartResponse| {
                start_response.start(200, TEXT)?;
                let run = Run::of(&environ);
                Ok(Body::from_producer(async move |mut writer| {
                    for (chunk, go) in [("one", "go1"), ("two", "go2"), ("three", "go3")] {
                        writer.write(chunk).await?;
                        run.wait(go).await;
                    }
                    Ok(())
                }))
            })
            .sees(async |client: Client| {
                let mut open = client.open(client.request("GET", "/")).await?;
                open.head().await?;
                for (chunk, go) in [("one", "go1"), ("two", "go2"), ("three", "go3")] {
                    equal("the chunk", open.chunk().await?, Some(chunk.into()))?;
                    client.note(go).await?;
                }
                open.finish().await?.body("onetwothree")?;
                Ok(())
            }),
        Case::new(
            "b3_a_client_that_does_not_read_stops_the_producer",
            &["B3", "L3"],
        )
        .needs(Capability::StreamedResponses)
        .app(async |environ: Environ, start_response: StartResponse| {
            const CHUNK: usize = 64 * 1024;
            const ALL: usize = 96 * 1024 * 1024;
            start_response.start(200, TEXT)?;
            let run = Run::of(&environ);
            let mut made = 0;
            let chunks = std::iter::from_fn(move || {
                made += CHUNK;
                if made % (1024 * 1024) == 0 {
                    run.note(format!("{} MiB", made / (1024 * 1024)));
                }
                (made <= ALL).then(|| vec![b'x'; CHUNK])
            });
            Ok(watched(&Run::of(&environ), Body::from_chunks(chunks)))
        })
        .sees(async |client: Client| {
            const BOUND: usize = 48;
            let mut open = client.open(client.request("GET", "/")).await?;
            equal("the status", open.head().await?.status, 200)?;
            // Until no more was made for a while, counted in exchanges.
            let (mut made, mut quiet) = (0, 0);
            while quiet < 20 {
                let now = client.facts().await?.len();
                quiet = if now == made { quiet + 1 } else { 0 };
                made = now;
                ensure(made < BOUND, format!("{made} MiB were made for nobody"))?;
            }
            open.leave()?;
            client.closed_once().await
        }),
    ]
}
