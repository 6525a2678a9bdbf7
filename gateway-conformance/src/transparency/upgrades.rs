//! Switches of protocols: what is offered, the head, the stream, and its end.

use gateway_core::{Body, Duplex, Error};
use http::Method;

use super::check::{Check, Reading, TEXT, app, three_callbacks};

const KEPT: [(&str, &str); 2] = [("x-kept", "1"), ("sec-websocket-protocol", "chat")];

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "u2_offers_pass",
        clauses: &["M1", "U2"],
        method: Method::GET,
        reading: Reading::Switched,
        app: |p| {
            app(p, async |_, environ, start| {
                start.start(426, TEXT)?;
                let offers: Vec<&str> = environ.upgrades().collect();
                Ok(Body::from(format!("declined: {offers:?}")))
            })
        },
    },
    Check {
        name: "u13_a_switch_passes",
        clauses: &["M1", "U13", "U3", "U4", "U5"],
        method: Method::GET,
        reading: Reading::Switched,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(101, KEPT)?;
                Ok(Body::upgrade("websocket", async move |stream| {
                    p.tell("run");
                    echo(stream).await?;
                    p.tell("end of run");
                    Ok(())
                }))
            })
        },
    },
    Check {
        name: "u13_a_switch_of_a_view_passes",
        clauses: &["M1", "U13"],
        method: Method::GET,
        reading: Reading::Switched,
        app: |p| {
            app(p, async |_, _, start| {
                let body = Body::upgrade("chat/2", echo);
                let response = http::Response::builder().status(101).body(body)?;
                start.send(response)
            })
        },
    },
    Check {
        name: "u14_callbacks_of_a_switch_wait_for_its_end",
        clauses: &["M1", "U14", "L2"],
        method: Method::GET,
        reading: Reading::Switched,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(101, KEPT)?;
                let running = p.clone();
                let body = Body::upgrade("websocket", async move |stream| {
                    echo(stream).await?;
                    running.tell("end of run");
                    Ok(())
                });
                Ok(three_callbacks(&p, body))
            })
        },
    },
    Check {
        name: "u9_a_switch_that_fails_aborts",
        clauses: &["M1", "U9"],
        method: Method::GET,
        reading: Reading::Switched,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(101, KEPT)?;
                Ok(p.closing(Body::upgrade("websocket", async |mut stream| {
                    stream.write_all(b"before").await?;
                    Err(Error::msg("broken"))
                })))
            })
        },
    },
    Check {
        name: "u3_a_switch_that_was_not_offered_is_a_500",
        clauses: &["M1", "U3"],
        method: Method::GET,
        reading: Reading::Switched,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(101, KEPT)?;
                Ok(Body::upgrade("not-offered", async move |_| {
                    p.tell("run");
                    Ok(())
                }))
            })
        },
    },
    Check {
        name: "u4_a_101_that_switches_nothing_is_a_500",
        clauses: &["M1", "U4"],
        method: Method::GET,
        reading: Reading::Switched,
        app: |p| {
            app(p, async |_, _, start| {
                start.start(101, KEPT)?;
                Ok(Body::from("bytes"))
            })
        },
    },
];

async fn echo(mut stream: Duplex) -> Result<(), Error> {
    let mut buffer = [0; 64];
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        let bytes = buffer.get(..read).unwrap_or_default();
        stream.write_all(bytes).await?;
    }
}
