//! L: closing, leaving, and requests beside each other.

use futures_util::future::try_join_all;
use gateway_core::{Body, Environ, Error, StartResponse};

use crate::capability::Capability;
use crate::case::Case;
use crate::cases::reports::environ_report;
use crate::cases::sources::{endless, fails_after, panics_after, pieces, silent, watched};
use crate::check::{Failure, Look as _, ensure, equal};
use crate::client::{Client, Variables};
use crate::facts::Run;
use crate::via::Via;

const TEXT: [(&str, &str); 1] = [("content-type", "text/plain")];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = closing();
    cases.extend(callbacks());
    cases.extend(leaving());
    cases.extend(beside_each_other());
    cases
}

/// An app with a watched body, whatever becomes of it; `method` is what the client sends.
fn closes(
    name: &'static str,
    clauses: &'static [&'static str],
    method: &'static str,
    status: u16,
    body: fn() -> Body,
) -> Case {
    Case::new(name, clauses)
        .app(
            move |environ: Environ, start_response: StartResponse| async move {
                start_response.start(status, TEXT)?;
                Ok(watched(&Run::of(&environ), body()))
            },
        )
        .sees(move |client: Client| async move {
            client.send(client.request(method, "/")).await?;
            client.closed_once().await
        })
}

fn closing() -> Vec<Case> {
    vec![
        closes(
            "l1_a_stream_is_closed_at_its_end",
            &["L1"],
            "GET",
            200,
            || pieces(["a", "b"]),
        ),
        closes("l1_bytes_are_closed", &["L1"], "GET", 200, || {
            Body::from("bytes")
        }),
        closes("l1_an_empty_body_is_closed", &["L1"], "GET", 200, || {
            pieces([])
        }),
        closes(
            "l1_a_body_that_fails_first_is_closed",
            &["L1", "B1"],
            "GET",
            200,
            || fails_after([]),
        ),
        closes(
            "l1_a_body_that_fails_late_is_closed",
            &["L1", "B8"],
            "GET",
            200,
            || fails_after(["a"]),
        ),
        closes(
            "l1_a_body_that_panics_is_closed",
            &["L1", "B9"],
            "GET",
            200,
            || panics_after(["a"]),
        ),
        closes(
            "l1_the_body_of_head_is_closed",
            &["L1", "B6"],
            "HEAD",
            200,
            endless,
        ),
        closes(
            "l1_the_body_of_a_204_is_closed",
            &["L1", "B7"],
            "GET",
            204,
            silent,
        ),
        closes(
            "l1_the_body_of_a_304_is_closed",
            &["L1", "B7"],
            "GET",
            304,
            endless,
        ),
        Case::new(
            "l1_the_body_of_a_refused_start_is_closed",
            &["L1", "S1", "S5"],
        )
        .app(async |environ: Environ, start_response: StartResponse| {
            // Swallowed, so that the body is returned.
            let _ = start_response.start(99, TEXT);
            Ok(watched(&Run::of(&environ), endless()))
        })
        .sees(async |client: Client| {
            client.get("/").await?.status(500)?;
            client.closed_once().await
        }),
        Case::new("l1_a_body_with_no_start_is_closed", &["L1", "S3"])
            .app(async |environ: Environ, _: StartResponse| {
                Ok(watched(&Run::of(&environ), pieces(["refused"])))
            })
            .sees(async |client: Client| {
                client.get("/").await?.status(500)?;
                client.closed_once().await
            }),
        Case::new("l1_what_a_failed_app_held_is_dropped", &["L1", "B1"])
            .app(async |environ: Environ, start_response: StartResponse| {
                start_response.start(200, TEXT)?;
                let _body = watched(&Run::of(&environ), silent());
                Err(Error::msg("private"))
            })
            .sees(async |client: Client| {
                client.get("/").await?.status(500)?;
                client.closed_once().await
            }),
    ]
}

/// A body with three callbacks, the second of which panics if it is told to.
fn with_callbacks(run: &Run, body: Body, panics: bool) -> Body {
    let (first, second, third) = (run.clone(), run.clone(), run.clone());
    body.on_close(move || first.note("first"))
        .on_close(move || {
            second.note("second");
            #[expect(clippy::panic, reason = "L2: callbacks panic")]
            if panics {
                panic!("a panic that the case asks for");
            }
        })
        .on_close(move || third.note("third"))
}

fn callbacks() -> Vec<Case> {
    let calls = |name, clauses, method: &'static str, panics, body: fn(Run) -> Body| {
        Case::new(name, clauses)
            .app(
                move |environ: Environ, start_response: StartResponse| async move {
                    start_response.start(200, TEXT)?;
                    let run = Run::of(&environ);
                    Ok(with_callbacks(&run, body(run.clone()), panics))
                },
            )
            .sees(move |client: Client| async move {
                client
                    .send(client.request(method, "/"))
                    .await?
                    .status(200)?;
                client.wait("third").await?;
                let facts = client.facts().await?;
                let called: Vec<&str> = facts
                    .iter()
                    .map(String::as_str)
                    .filter(|fact| *fact != "produced")
                    .collect();
                equal("the callbacks", called, vec!["first", "second", "third"])
            })
    };
    vec![
        calls("l2_callbacks_run_in_order", &["L2"], "GET", false, |_| {
            pieces(["a", "b"])
        }),
        calls("l2_callbacks_of_bytes_run", &["L2"], "GET", false, |_| {
            Body::from("bytes")
        }),
        calls(
            "l2_a_callback_that_panics_stops_no_other",
            &["L2"],
            "GET",
            true,
            |_| pieces(["a", "b"]),
        ),
        calls(
            "l2_callbacks_of_head_run",
            &["L2", "B6"],
            "HEAD",
            false,
            |_| endless(),
        ),
        calls(
            "l2_callbacks_of_a_failed_body_run",
            &["L2"],
            "GET",
            false,
            |_| fails_after(["a"]),
        ),
        Case::new("l2_callbacks_run_after_the_last_byte", &["L2", "B3"])
            .app(async |environ: Environ, start_response: StartResponse| {
                start_response.start(200, TEXT)?;
                let run = Run::of(&environ);
                let producer = run.clone();
                let body = Body::push(async move |mut writer| {
                    writer.write("a").await?;
                    producer.note("wrote a");
                    producer.wait("go").await;
                    writer.write("b").await?;
                    producer.note("wrote b");
                    Ok(())
                });
                Ok(with_callbacks(&run, body, false))
            })
            .sees(async |client: Client| {
                let mut open = client.open(client.request("GET", "/")).await?;
                open.head().await?;
                equal("the chunk", open.chunk().await?, Some("a".into()))?;
                let early = client.facts().await?;
                ensure(
                    !early.iter().any(|fact| fact == "first"),
                    "a callback ran before the last byte",
                )?;
                client.note("go").await?;
                open.finish().await?.body("ab")?;
                client.wait("third").await?;
                let mut seen = client.facts().await?;
                // The client's own; in process the producer may learn later that `a` was taken.
                seen.retain(|fact| fact != "go");
                let facts = ["wrote a", "wrote b", "first", "second", "third"];
                equal("what the app noted", seen, facts)
            }),
    ]
}

fn leaving() -> Vec<Case> {
    vec![
        Case::new("l3_a_client_that_leaves_stops_the_producer", &["L3", "L1"])
            .app(async |environ: Environ, start_response: StartResponse| {
                start_response.start(200, TEXT)?;
                Ok(watched(&Run::of(&environ), endless()))
            })
            .sees(|client| leaves(client, "closed")),
        Case::new("l3_a_writer_learns_that_the_client_has_left", &["L3"])
            .app(async |environ: Environ, start_response: StartResponse| {
                start_response.start(200, TEXT)?;
                let run = Run::of(&environ);
                Ok(Body::push(async move |mut writer| {
                    // Either is what a writer sees: its write fails, or it is dropped.
                    let _gone = run.on_drop("gone");
                    while writer.write(vec![b'x'; 1024]).await.is_ok() {}
                    Ok(())
                }))
            })
            .sees(|client| leaves(client, "gone")),
        Case::new("l3_a_writer_in_another_task_learns_it_too", &["L3"])
            .app(async |environ: Environ, start_response: StartResponse| {
                start_response.start(200, TEXT)?;
                let run = Run::of(&environ);
                Ok(Body::push(async move |mut writer| {
                    let writing = tokio::spawn(async move {
                        while writer.write(vec![b'x'; 1024]).await.is_ok() {}
                        run.note("gone");
                    });
                    writing.await?;
                    Ok(())
                }))
            })
            .sees(|client| leaves(client, "gone")),
        Case::new(
            "l3_an_idle_body_is_closed_when_the_client_leaves",
            &["L3", "L1"],
        )
        .needs(Capability::DisconnectWhileIdle)
        .app(async |environ: Environ, start_response: StartResponse| {
            start_response.start(200, TEXT)?;
            Ok(watched(&Run::of(&environ), silent()).flush())
        })
        .sees(async |client: Client| {
            let mut open = client.open(client.request("GET", "/")).await?;
            equal("the status", open.head().await?.status, 200)?;
            open.leave()?;
            client.closed_once().await
        }),
        Case::new("l3_another_task_learns_that_the_exchange_is_over", &["L3"])
            .needs(Capability::DisconnectWhileIdle)
            .app(
                async |mut environ: Environ, start_response: StartResponse| {
                    start_response.start(200, TEXT)?;
                    let run = Run::of(&environ);
                    let disconnected = environ.disconnected();
                    let watching = run.clone();
                    tokio::spawn(async move {
                        disconnected.await;
                        watching.note("gone");
                    });
                    run.note("called");
                    std::future::pending::<()>().await;
                    Ok(Body::empty())
                },
            )
            .only(Via::SOCKETS)
            .sees(async |client: Client| {
                let open = client.open(client.request("GET", "/")).await?;
                client.wait("called").await?;
                open.leave()?;
                client.wait("gone").await.map(drop)
            }),
        Case::new(
            "l3_the_end_of_a_response_is_the_end_of_the_exchange",
            &["L3"],
        )
        .app(
            async |mut environ: Environ, start_response: StartResponse| {
                start_response.start(200, TEXT)?;
                let run = Run::of(&environ);
                let disconnected = environ.disconnected();
                tokio::spawn(async move {
                    disconnected.await;
                    run.note("over");
                });
                Ok(pieces(["a", "b"]))
            },
        )
        .sees(async |client: Client| {
            client.get("/").await?.status(200)?.body("ab")?;
            client.wait("over").await.map(drop)
        }),
    ]
}

/// Reads a little, leaves, and waits for the app to note `fact`.
async fn leaves(client: Client, fact: &'static str) -> Result<(), Failure> {
    let mut open = client.open(client.request("GET", "/")).await?;
    equal("the status", open.head().await?.status, 200)?;
    let chunk = open.chunk().await?;
    ensure(chunk.is_some(), "the response ended")?;
    open.leave()?;
    client.wait(fact).await.map(drop)
}

fn beside_each_other() -> Vec<Case> {
    vec![
        Case::new("l5_requests_at_once_share_nothing", &["L5"])
            .app(
                async |mut environ: Environ, start_response: StartResponse| {
                    let id = environ
                        .header("x-id")
                        .map(|id| id.to_string())
                        .unwrap_or_default();
                    environ.set_var("SUITE_ID", id.clone());
                    let body = environ.take_input().bytes(1024).await?;
                    tokio::task::yield_now().await;
                    let kept = environ.get("SUITE_ID").map(|id| id.to_string());
                    let path = environ.path_info().to_string();
                    start_response.start(200, [("x-id", id.clone())])?;
                    let ids = format!("{kept:?} {} {}", path, String::from_utf8_lossy(&body));
                    Ok(Body::iter([ids, id]))
                },
            )
            .sees(async |client: Client| {
                let exchanges = (0..32).map(|number| {
                    let client = &client;
                    async move {
                        let id = format!("id{number}");
                        let request = client
                            .request("POST", &format!("/{id}"))
                            .header("x-id", &id)
                            .chunked([id.clone()]);
                        let response = client.send(request).await?.status(200)?;
                        let name = "l5_requests_at_once_share_nothing";
                        let seen = format!("Some({id:?}) /{name}/{id} {id}{id}");
                        response.field("x-id", &id)?.body(seen)?;
                        Ok::<(), Failure>(())
                    }
                });
                try_join_all(exchanges).await.map(drop)
            }),
        Case::new("l5_streams_of_one_connection_share_nothing", &["L5"])
            .only(&[Via::Http2])
            .app(async |environ: Environ, start_response: StartResponse| {
                let id = environ.query_string().to_owned();
                start_response.start(200, [("x-id", id.clone())])?;
                let run = Run::of(&environ);
                Ok(Body::push(async move |mut writer| {
                    writer.write(id.clone()).await?;
                    run.wait("go").await;
                    writer.write(id).await?;
                    Ok(())
                }))
            })
            .sees(async |client: Client| {
                let mut connection = client.http2().await?;
                let mut streams = Vec::new();
                for id in ["a", "b", "c", "d"] {
                    let request = client.request("GET", &format!("/?{id}"));
                    let mut stream = connection.open_stream(&request).await?;
                    equal("the chunk", stream.chunk().await?, Some(id.into()))?;
                    streams.push((id, stream));
                }
                client.note("go").await?;
                for (id, mut stream) in streams {
                    let response = stream.finish().await?.status(200)?;
                    response.field("x-id", id)?.body([id, id].concat())?;
                }
                Ok(())
            }),
        Case::new(
            "l5_nothing_is_left_of_the_request_before",
            &["L5", "E8", "E10", "I5"],
        )
        .app(
            async |mut environ: Environ, start_response: StartResponse| {
                if environ.header("x-first").is_some() {
                    environ.set_var("SUITE_VARIABLE", "left");
                    environ.keep_underscored_headers();
                    start_response.start(200, [("x-left", "1"), ("set-cookie", "left=1")])?;
                    return Ok(Body::from("first"));
                }
                use gateway_core::IntoResponse as _;
                start_response.send(environ_report(&environ).into_response()?)
            },
        )
        .sees(async |client: Client| {
            let first = client
                .request("POST", "/first?left=1")
                .header("x-first", "1")
                .header("content-type", "text/x-left")
                .header("cookie", "left=1")
                .body("left");
            let second = client.request("GET", "/").header("x_left", "1");
            let response = match client.via() {
                Via::Http1 => {
                    let mut connection = client.http1().await?;
                    connection
                        .request(&first)
                        .await?
                        .status(200)?
                        .body("first")?;
                    match connection.request(&second).await {
                        Ok(response) => response,
                        Err(error) if error.is_closed() || error.is_reset() => {
                            client.send(second).await?
                        }
                        Err(error) => return Err(error.into()),
                    }
                }
                Via::Http2 => {
                    let mut connection = client.http2().await?;
                    connection
                        .request(&first)
                        .await?
                        .status(200)?
                        .body("first")?;
                    connection.request(&second).await?
                }
                Via::InProcess => {
                    client.send(first).await?.status(200)?.body("first")?;
                    client.send(second).await?
                }
            };
            let response = response.status(200)?.no("x-left")?.no("set-cookie")?;
            let vars = Variables::of(&response)?;
            vars.is("QUERY_STRING", "")?
                .is("REQUEST_METHOD", "GET")?
                .has_no("SUITE_VARIABLE")?
                .has_no("CONTENT_TYPE")?
                .has_no("CONTENT_LENGTH")?
                .has_no("HTTP_X_FIRST")?
                .has_no("HTTP_X_LEFT")?
                .has_no("HTTP_COOKIE")?;
            Ok(())
        }),
    ]
}
