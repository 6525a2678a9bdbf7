//! S1 to S4: how often, and when.

use gateway_core::{Body, Environ, Error, StartError, StartResponse};

use super::clean_500;
use crate::capability::Capability;
use crate::case::Case;
use crate::cases::sources::{pieces, watched};
use crate::check::Look as _;
use crate::client::Client;
use crate::facts::Run;

const TEXT: [(&str, &str); 1] = [("content-type", "text/plain")];
const REFUSED: [(&str, &str); 1] = [("x-refused", "1")];

/// Notes how a start ended: the clause that refused it, or `started`.
fn note(run: &Run, outcome: &Result<(), StartError>) {
    run.note(match outcome {
        Ok(()) => "started".to_owned(),
        Err(error) => format!("refused-{}", error.clause()),
    });
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = once();
    cases.extend(restarts());
    cases.extend(missing());
    cases.extend(late());
    cases
}

fn once() -> Vec<Case> {
    vec![
        Case::new("s1_a_second_start_cannot_be_swallowed", &["S1"])
            .app(async |environ: Environ, start_response: StartResponse| {
                let run = Run::of(&environ);
                note(&run, &start_response.start(200, REFUSED));
                note(&run, &start_response.start(201, REFUSED));
                Ok(Body::from("refused"))
            })
            .sees(async |client: Client| {
                clean_500(&client, "/").await?;
                client.facts_are(&["started", "refused-S1"]).await
            }),
        Case::new("s1_a_start_after_a_refused_one_is_an_error", &["S1", "S5"])
            .app(async |environ: Environ, start_response: StartResponse| {
                let run = Run::of(&environ);
                note(&run, &start_response.start(99, REFUSED));
                note(&run, &start_response.start(200, REFUSED));
                Ok(Body::from("refused"))
            })
            .sees(async |client: Client| {
                clean_500(&client, "/").await?;
                client.facts_are(&["refused-S5", "refused-S1"]).await
            }),
        Case::new("s1_a_refused_start_cannot_be_swallowed", &["S1", "S6"])
            .app(async |environ: Environ, start_response: StartResponse| {
                let refused = start_response.start(200, [("x-refused", "a\r\nb")]);
                note(&Run::of(&environ), &refused);
                Ok(pieces(["refused"]))
            })
            .sees(async |client: Client| {
                clean_500(&client, "/").await?;
                client.facts_are(&["refused-S6"]).await
            }),
        Case::new("s1_a_restart_clears_a_refused_start", &["S1", "S2"])
            .app(async |environ: Environ, start_response: StartResponse| {
                let run = Run::of(&environ);
                note(&run, &start_response.start(99, REFUSED));
                start_response.restart(503, TEXT, Error::msg("private"))?;
                Ok(Body::from("sorry"))
            })
            .sees(async |client: Client| {
                let response = client.get("/").await?.status(503)?.body("sorry")?;
                response
                    .field("content-type", "text/plain")?
                    .no("x-refused")?;
                client.facts_are(&["refused-S5"]).await
            }),
        Case::new("s1_a_start_after_commit_aborts", &["S1", "S2", "B8"])
            .needs(Capability::AbortedResponses)
            .app(async |environ: Environ, start_response: StartResponse| {
                start_response.start(200, TEXT)?;
                let run = Run::of(&environ);
                Ok(Body::from_producer(async move |mut writer| {
                    writer.write("begun").await?;
                    note(&run, &start_response.start(200, REFUSED));
                    writer.write("never sent").await?;
                    Ok(())
                }))
            })
            .sees(async |client: Client| {
                client.get_broken(200, "begun").await?;
                client.wait("refused-S2").await.map(drop)
            }),
        Case::new(
            "s1_a_start_after_commit_is_no_clean_end",
            &["S1", "S2", "B8"],
        )
        .needs(Capability::AbortedResponses)
        .app(async |_: Environ, start_response: StartResponse| {
            start_response.start(200, TEXT)?;
            Ok(Body::from_producer(async move |mut writer| {
                writer.write("begun").await?;
                // Swallowed, and the body ends at once.
                let _ = start_response.start(200, REFUSED);
                Ok(())
            }))
        })
        .sees(async |client: Client| client.get_broken(200, "begun").await),
    ]
}

fn restarts() -> Vec<Case> {
    vec![
        Case::new(
            "s2_a_restart_before_commit_replaces_the_head_whole",
            &["S2"],
        )
        .app(async |_: Environ, start_response: StartResponse| {
            let first = [
                ("x-refused", "1"),
                ("set-cookie", "evil=1"),
                ("content-length", "3"),
            ];
            start_response.start(200, first)?;
            start_response.restart(503, TEXT, Error::msg("private"))?;
            Ok(Body::from("sorry"))
        })
        .sees(async |client: Client| {
            let response = client.get("/").await?.status(503)?.body("sorry")?;
            response
                .field("content-type", "text/plain")?
                .field("content-length", "5")?
                .no("set-cookie")?
                .no("x-refused")?;
            Ok(())
        }),
        Case::new("s2_a_restart_may_come_during_the_body", &["S2", "S4", "B1"])
            .app(async |_: Environ, start_response: StartResponse| {
                start_response.start(200, REFUSED)?;
                Ok(Body::from_producer(async move |mut writer| {
                    writer.write("").await?;
                    start_response.restart(503, TEXT, Error::msg("private"))?;
                    writer.write("sorry").await?;
                    Ok(())
                }))
            })
            .sees(async |client: Client| {
                let response = client.get("/").await?.status(503)?.body("sorry")?;
                response
                    .field("content-type", "text/plain")?
                    .no("x-refused")?;
                Ok(())
            }),
        Case::new(
            "s2_a_restart_after_commit_gives_the_error_back",
            &["S2", "B8"],
        )
        .needs(Capability::AbortedResponses)
        .app(async |environ: Environ, start_response: StartResponse| {
            start_response.start(200, TEXT)?;
            let run = Run::of(&environ);
            let body = Body::from_producer(async move |mut writer| {
                writer.write("begun").await?;
                match start_response.restart(503, TEXT, Error::msg("given-back")) {
                    Ok(()) => run.note("restarted"),
                    Err(error) => run.note(error.to_string()),
                }
                writer.write("never sent").await?;
                Ok(())
            });
            Ok(watched(&Run::of(&environ), body))
        })
        .sees(async |client: Client| {
            client.get_broken(200, "begun").await?;
            client.wait("given-back").await?;
            client.closed_once().await
        }),
        Case::new("s2_an_error_after_a_restart_is_a_500", &["S2", "B1"])
            .app(async |_: Environ, start_response: StartResponse| {
                start_response.start(200, REFUSED)?;
                start_response.restart(404, REFUSED, Error::msg("private"))?;
                Err(Error::msg("private"))
            })
            .sees(async |client: Client| clean_500(&client, "/").await.map(drop)),
    ]
}

fn missing() -> Vec<Case> {
    let fails = |name, body: fn() -> Body| {
        Case::new(name, &["S3"])
            .app(move |_: Environ, _: StartResponse| async move { Ok(body()) })
            .sees(async |client: Client| clean_500(&client, "/").await.map(drop))
    };
    vec![
        fails("s3_bytes_with_no_start_are_a_500", || Body::from("refused")),
        fails("s3_a_stream_with_no_start_is_a_500", || {
            pieces(["refused", "refused"])
        }),
        fails("s3_an_empty_body_with_no_start_is_a_500", Body::empty),
        fails("s3_a_stream_that_ends_with_no_start_is_a_500", || {
            pieces([""])
        }),
        Case::new("s3_no_start_is_a_500_for_head_too", &["S3", "B6"])
            .app(async |_: Environ, _: StartResponse| Ok(Body::from("refused")))
            .sees(async |client: Client| {
                let response = client.send(client.request("HEAD", "/")).await?;
                response.status(500)?.body("")?;
                Ok(())
            }),
    ]
}

fn late() -> Vec<Case> {
    vec![
        Case::new("s4_a_start_in_the_first_poll_of_the_body_works", &["S4"])
            .app(async |_: Environ, start_response: StartResponse| {
                Ok(Body::from_producer(async move |mut writer| {
                    start_response.start(201, [("x-late", "yes")])?;
                    writer.write("late").await?;
                    Ok(())
                }))
            })
            .sees(async |client: Client| {
                let response = client.get("/").await?.status(201)?.body("late")?;
                response.field("x-late", "yes")?;
                Ok(())
            }),
        Case::new("s4_a_late_start_of_an_empty_body_works", &["S4"])
            .app(async |_: Environ, start_response: StartResponse| {
                Ok(Body::from_producer(async move |_| {
                    start_response.start(202, [("x-late", "yes")])?;
                    Ok(())
                }))
            })
            .sees(async |client: Client| {
                let response = client.get("/").await?.status(202)?.body("")?;
                response.field("x-late", "yes")?;
                Ok(())
            }),
        Case::new("s4_a_start_from_another_task_works", &["S4", "L7"])
            .needs(Capability::TokioContext)
            .app(async |environ: Environ, start_response: StartResponse| {
                let run = Run::of(&environ);
                Ok(Body::from_producer(async move |mut writer| {
                    tokio::spawn(async move {
                        run.wait("go").await;
                        start_response.start(203, [("x-late", "yes")])?;
                        writer.write("late").await?;
                        Ok::<(), Error>(())
                    })
                    .await?
                }))
            })
            .sees(async |client: Client| {
                client.note("go").await?;
                let response = client.get("/").await?.status(203)?.body("late")?;
                response.field("x-late", "yes")?;
                Ok(())
            }),
        Case::new("s4_an_error_before_a_late_start_is_a_500", &["S4", "B1"])
            .app(async |_: Environ, start_response: StartResponse| {
                Ok(Body::from_producer(async move |_| {
                    let _held = start_response;
                    Err(Error::msg("private"))
                }))
            })
            .sees(async |client: Client| clean_500(&client, "/").await.map(drop)),
    ]
}
