//! Checks of the head: starts, restarts, hooks, early commits, the wish to close.

use gateway_core::{Body, Error};
use http::{HeaderValue, Method};

use super::check::{Check, Reading, TEXT, app};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "s8_repeated_fields_stay_apart_and_in_order",
        clauses: &["M1", "S8"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |_, _, start| {
                start.start(
                    200,
                    [
                        ("set-cookie", "a=1"),
                        ("vary", "a"),
                        ("set-cookie", "b=2"),
                        ("vary", "b"),
                    ],
                )?;
                Ok(Body::from("x"))
            })
        },
    },
    Check {
        name: "b1_an_early_commit_of_the_handle_passes",
        clauses: &["M1", "B1"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                start.commit_early();
                let waiting = p.clone();
                Ok(p.closing(Body::from_producer(move |mut writer| async move {
                    waiting.go.notified().await;
                    waiting.tell("first chunk");
                    writer.write("late").await?;
                    Ok(())
                })))
            })
        },
    },
    Check {
        name: "b1_an_early_commit_of_the_body_passes",
        clauses: &["M1", "B1"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                let waiting = p.clone();
                let body = Body::from_producer(move |mut writer| async move {
                    waiting.go.notified().await;
                    waiting.tell("first chunk");
                    writer.write("late").await?;
                    Ok(())
                });
                Ok(p.closing(body.commit_early()))
            })
        },
    },
    Check {
        name: "s4_a_start_during_the_body_passes",
        clauses: &["M1", "S4"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |p, _, start| {
                Ok(p.closing(Body::from_producer(move |mut writer| async move {
                    tokio::task::yield_now().await;
                    start.start(201, [("x-late", "1")])?;
                    writer.write("late").await?;
                    Ok(())
                })))
            })
        },
    },
    Check {
        name: "s2_a_restart_replaces_the_head",
        clauses: &["M1", "S2"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(200, [("x-first", "1")])?;
                start.restart(503, [("x-second", "2")], Error::msg("changed its mind"))?;
                Ok(p.closing(Body::from("sorry")))
            })
        },
    },
    Check {
        name: "s2_a_restart_during_the_body_replaces_the_head",
        clauses: &["M1", "S2"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(200, [("x-first", "1")])?;
                Ok(p.closing(Body::from_producer(move |mut writer| async move {
                    start.restart(503, [("x-second", "2")], Error::msg("changed its mind"))?;
                    writer.write("sorry").await?;
                    Ok(())
                })))
            })
        },
    },
    Check {
        name: "s1_a_restart_clears_a_refused_start",
        clauses: &["M1", "S1", "S2"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |_, _, start| {
                assert!(start.start(200, [("bad name", "x")]).is_err());
                start.restart(500, TEXT, Error::msg("bad name"))?;
                Ok(Body::from("sorry"))
            })
        },
    },
    Check {
        name: "s2_a_restart_after_commit_aborts",
        clauses: &["M1", "S2", "B8"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                Ok(p.closing(Body::from_producer(move |mut writer| async move {
                    writer.write("a").await?;
                    start.restart(500, TEXT, Error::msg("too late"))?;
                    Ok(())
                })))
            })
        },
    },
    Check {
        name: "s1_a_second_start_is_a_500",
        clauses: &["M1", "S1"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                let _ = start.start(200, TEXT);
                Ok(p.closing(Body::from("x")))
            })
        },
    },
    Check {
        name: "s3_no_start_is_a_500",
        clauses: &["M1", "S3"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| app(p, async |p, _, _| Ok(p.closing(Body::from("x")))),
    },
    Check {
        name: "s7_a_field_of_the_connection_is_refused",
        clauses: &["M1", "S7"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |_, _, start| {
                start.start(200, [("connection", "close")])?;
                Ok(Body::from("x"))
            })
        },
    },
    Check {
        name: "s7_a_wish_to_close_passes",
        clauses: &["M1", "S7"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                start.close_connection();
                Ok(p.closing(Body::from("x")))
            })
        },
    },
    Check {
        name: "s2_hooks_outside_and_inside_see_the_head",
        clauses: &["M1", "S2"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |_, _, start| {
                let start = start.wrap(|_, headers| {
                    headers.append("x-inside", HeaderValue::from_static("1"));
                });
                start.start(202, [("x-inside", "0")])?;
                Ok(Body::from("hooked"))
            })
        },
    },
];
