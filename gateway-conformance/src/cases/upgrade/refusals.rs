//! U3, U4, U7, U13: switches that are answered with an error, and what is no switch.

use gateway_core::{
    AppExt as _, Body, Environ, Error, HttpError, StartResponse, TryIntoResponse, app_fn,
};

use super::{WEBSOCKET, echo, switch, switches};
use crate::capability::Capability;
use crate::case::{Case, Draft};
use crate::cases::start::clean_500_of;
use crate::check::{Look as _, Seen};
use crate::client::Client;
use crate::facts::Run;
use crate::via::Via;

/// A head for a switch, of which nothing may be sent in its place.
const REFUSED: [(&str, &str); 1] = [("x-refused", "1")];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = not_offered();
    cases.extend(statuses());
    cases.extend(replaced());
    cases.extend(taken_back());
    cases.extend(dead_tunnels());
    cases
}

/// A switch that notes that it runs.
fn noted(environ: &Environ, protocol: &'static str) -> Body {
    let run = Run::of(environ);
    Body::upgrade(protocol, async move |stream| {
        run.note("run");
        echo(stream).await
    })
}

/// Begins a case whose app is to be answered for with 500: over HTTP/2 too, where an extended CONNECT
/// gets in.
fn refused(name: &'static str, clauses: &'static [&'static str]) -> Draft<()> {
    Case::new(name, clauses).needs(Capability::ExtendedConnect)
}

/// The offer is answered with a clean 500, and the app's part is not run.
async fn is_500(client: Client) -> Seen {
    clean_500_of(&client, client.offer("/")).await?;
    client.facts_are(&[]).await
}

fn not_offered() -> Vec<Case> {
    vec![
        Case::new("u3_a_switch_that_was_not_offered_is_a_500", &["U3"])
            .app(async |environ: Environ, start_response: StartResponse| {
                start_response.start(101, REFUSED)?;
                Ok(noted(&environ, WEBSOCKET))
            })
            .sees(async |client: Client| {
                clean_500_of(&client, client.request("GET", "/")).await?;
                client.facts_are(&[]).await
            }),
        refused("u3_a_switch_to_another_protocol_is_a_500", &["U3"])
            .app(async |environ: Environ, start_response: StartResponse| {
                start_response.start(101, REFUSED)?;
                Ok(noted(&environ, "suite-other"))
            })
            .sees(is_500),
        refused("u3_a_switch_to_what_is_no_protocol_is_a_500", &["U3"])
            .app(async |environ: Environ, start_response: StartResponse| {
                start_response.start(101, REFUSED)?;
                Ok(noted(&environ, "websocket\r\nset-cookie: evil=1"))
            })
            .sees(is_500),
        // Where nothing is offered there is nothing to take back.
        refused("u3_an_offer_that_was_taken_back_is_none", &["U3"])
            .needs(Capability::WebSocketUpgrade)
            .app(
                async |mut environ: Environ, start_response: StartResponse| {
                    environ.withdraw_upgrades();
                    start_response.start(101, REFUSED)?;
                    Ok(noted(&environ, WEBSOCKET))
                },
            )
            .sees(is_500),
    ]
}

fn statuses() -> Vec<Case> {
    vec![
        Case::new("u4_101_with_bytes_is_a_500", &["U4", "S5"])
            .app(async |_: Environ, start_response: StartResponse| {
                start_response.start(101, REFUSED)?;
                Ok(Body::from("refused"))
            })
            .sees(async |client: Client| {
                // Whether something is offered or not.
                clean_500_of(&client, client.request("GET", "/")).await?;
                match client.via() {
                    Via::Http2 => Ok(()),
                    _ => clean_500_of(&client, client.offer("/")).await.map(drop),
                }
            }),
        Case::new("u4_101_with_nothing_is_a_500", &["U4", "S5"])
            .app(async |_: Environ, start_response: StartResponse| {
                start_response.start(101, REFUSED)?;
                Ok(Body::empty())
            })
            .sees(async |client: Client| {
                clean_500_of(&client, client.request("GET", "/"))
                    .await
                    .map(drop)
            }),
        refused("u4_a_switch_with_200_is_a_500", &["U4"])
            .app(async |environ: Environ, start_response: StartResponse| {
                start_response.start(200, REFUSED)?;
                Ok(noted(&environ, WEBSOCKET))
            })
            .sees(is_500),
        refused("u4_a_switch_with_no_start_is_a_500", &["U4"])
            .app(async |environ: Environ, _: StartResponse| Ok(noted(&environ, WEBSOCKET)))
            .sees(is_500),
    ]
}

/// Answers as a middleware whose app switches, and does this to the body.
fn behind(change: fn(Body) -> BodyFuture) -> impl gateway_core::App {
    app_fn(
        move |environ: Environ, start_response: StartResponse| async move {
            let inner = app_fn(async |environ: Environ, start_response: StartResponse| {
                start_response.start(101, REFUSED)?;
                Ok(noted(&environ, WEBSOCKET))
            });
            let (parts, body) = inner.respond(environ).await?.into_parts();
            start_response.start(parts.status, parts.headers)?;
            change(body).await
        },
    )
}

type BodyFuture = std::pin::Pin<Box<dyn Future<Output = Result<Body, Error>> + Send>>;

fn replaced() -> Vec<Case> {
    vec![
        refused("u13_a_switch_that_is_replaced_is_a_500", &["U13", "U4"])
            .serves(behind(|body| {
                Box::pin(async { Ok(body.with_bytes("refused")) })
            }))
            .sees(is_500),
        refused("u13_a_switch_that_is_read_is_a_500", &["U13"])
            .serves(behind(|body| {
                Box::pin(async { Ok(body.buffer(1024).await?) })
            }))
            .sees(is_500),
    ]
}

fn taken_back() -> Vec<Case> {
    vec![
        Case::new("u4_a_restart_takes_the_switch_back", &["U4", "S2"])
            .needs(Capability::ExtendedConnect)
            .app(async |environ: Environ, start_response: StartResponse| {
                start_response.start(101, REFUSED)?;
                let switch = noted(&environ, WEBSOCKET);
                let error = Error::msg("private: changed its mind");
                start_response.restart(403, [("x-kept", "1")], error)?;
                drop(switch);
                Ok(Body::from("no"))
            })
            .sees(async |client: Client| {
                let response = client
                    .send(client.offer("/"))
                    .await?
                    .status(403)?
                    .body("no")?;
                response
                    .no("x-refused")?
                    .no("upgrade")?
                    .field("x-kept", "1")?;
                client.facts_are(&[]).await
            }),
        switches(
            "u4_a_restart_after_the_switch_gives_the_error_back",
            &["U4", "S2"],
        )
        .app(async |environ: Environ, start_response: StartResponse| {
            start_response.start(101, [("x-kept", "1")])?;
            let run = Run::of(&environ);
            Ok(switch(async move |stream| {
                let error = Error::msg("private: too late");
                let outcome = start_response.restart(500, REFUSED, error);
                run.note(outcome.map_or("given back", |()| "taken"));
                drop(start_response);
                echo(stream).await
            }))
        })
        .sees(async |client: Client| {
            let mut tunnel = client.switch(client.offer("/")).await?;
            tunnel.has_no(&["x-refused"])?;
            tunnel.echoes("goes on").await?;
            client.facts_are(&["given back"]).await
        }),
    ]
}

fn dead_tunnels() -> Vec<Case> {
    vec![
        Case::new("u7_a_2xx_to_an_extended_connect_is_a_502", &["U7"])
            .only(&[Via::Http2])
            .needs(Capability::ExtendedConnect)
            .view(async |environ: Environ| {
                let status: u16 = environ.query_string().parse().unwrap_or(200);
                let body = if status == 204 {
                    Body::empty()
                } else {
                    Body::from("refused")
                };
                (body, status, REFUSED)
            })
            .sees(async |client: Client| {
                for rest in ["/?200", "/?201", "/?204", "/?299"] {
                    let response = client
                        .send(client.offer(rest))
                        .await?
                        .status(502)?
                        .whole()?;
                    let page = response.no("x-refused")?.text();
                    crate::check::ensure(page.contains("Bad Gateway"), format!("{page:?}"))?;
                }
                Ok(())
            }),
        Case::new(
            "u7_an_extended_connect_is_declined_with_another_status",
            &["U7"],
        )
        .only(&[Via::Http2])
        .needs(Capability::ExtendedConnect)
        .view(async |environ: Environ| match environ.query_string() {
            "403" => ("no", 403).try_into_response(),
            "426" => ("no", 426).try_into_response(),
            _ => HttpError::not_found().try_into_response(),
        })
        .sees(async |client: Client| {
            for (rest, status) in [("/?403", 403), ("/?426", 426)] {
                client
                    .send(client.offer(rest))
                    .await?
                    .status(status)?
                    .body("no")?;
            }
            client.send(client.offer("/")).await?.status(404)?.whole()?;
            Ok(())
        }),
    ]
}
