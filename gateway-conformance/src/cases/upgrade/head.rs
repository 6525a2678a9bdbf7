//! U5, U13: the head of a switch, and who sees it.

use gateway_core::{AppExt as _, Body, Environ, StartResponse, app_fn};

use super::{WEBSOCKET, echo, switch, switches};
use crate::case::Case;
use crate::check::{Seen, ensure, equal};
use crate::client::{Client, Tunnel};
use crate::facts::Run;
use crate::via::Via;

/// What belongs to the framing of an answer, and to the description of a body.
const OF_BODIES: &[&str] = &[
    "content-length",
    "transfer-encoding",
    "content-type",
    "trailer",
];

pub(super) fn cases() -> Vec<Case> {
    vec![
        switches(
            "u5_the_head_of_a_switch_is_what_the_version_asks_for",
            &["U5"],
        )
        .view(async |_| switch(echo))
        .sees(async |client: Client| {
            let mut tunnel = client.switch(client.offer("/")).await?;
            is_of_version(&client, &tunnel)?;
            tunnel.has_no(OF_BODIES)?;
            tunnel.echoes("is open").await
        }),
        switches("u5_the_fields_of_the_app_are_kept", &["U5", "S8"])
            .app(async |_: Environ, start_response: StartResponse| {
                let cookies = [("set-cookie", "a=1"), ("set-cookie", "b=2")];
                let accept = [
                    ("sec-websocket-accept", "x="),
                    ("sec-websocket-protocol", "chat"),
                ];
                start_response.start(101, [cookies, accept].concat())?;
                Ok(switch(echo))
            })
            .sees(async |client: Client| {
                let mut tunnel = client.switch(client.offer("/")).await?;
                let head = tunnel.head();
                let cookies = head.headers.iter().filter(|(name, _)| name == "set-cookie");
                let cookies: Vec<&[u8]> = cookies.map(|(_, value)| value.as_slice()).collect();
                equal("the cookies", cookies, [b"a=1", b"b=2"])?;
                equal("the key", head.header("sec-websocket-accept"), Some("x="))?;
                equal(
                    "the subprotocol",
                    head.header("sec-websocket-protocol"),
                    Some("chat"),
                )?;
                tunnel.echoes("is open").await
            }),
        switches("u5_a_declared_length_is_not_sent", &["U5"])
            .view(async |_| (switch(echo), [("content-length", "3")]))
            .sees(async |client: Client| {
                let mut tunnel = client.switch(client.offer("/")).await?;
                tunnel.has_no(OF_BODIES)?;
                tunnel.echoes("longer than declared").await
            }),
        switches(
            "u13_a_switch_passes_hooks_and_wraps",
            &["U13", "U5", "U8", "L2"],
        )
        .app(async |environ: Environ, start_response: StartResponse| {
            let run = Run::of(&environ);
            let (seen, closed) = (run.clone(), run);
            let start_response = start_response.wrap(move |status, headers| {
                seen.note(format!("{}", status.as_u16()));
                headers.insert("x-hook", http::HeaderValue::from_static("1"));
            });
            let inner = app_fn(async |_: Environ, start_response: StartResponse| {
                start_response.start(101, [("x-kept", "1")])?;
                Ok(switch(echo))
            });
            let (parts, body) = inner.respond(environ).await?.into_parts();
            start_response.start(parts.status, parts.headers)?;
            if body.upgrade_protocol() != Some(WEBSOCKET) {
                closed.note("no switch");
            }
            // A middleware that counts bytes, or compresses them.
            let body: Body = body.wrap(|body| body);
            Ok(body.on_close(move || closed.note("closed")))
        })
        .sees(async |client: Client| {
            let mut tunnel = client.switch(client.offer("/")).await?;
            is_of_version(&client, &tunnel)?;
            let (hook, kept) = (
                tunnel.head().header("x-hook"),
                tunnel.head().header("x-kept"),
            );
            equal("the fields", (hook, kept), (Some("1"), Some("1")))?;
            tunnel.echoes("passes").await?;
            // Middlewares see 101 on every version.
            client.facts_are(&["101"]).await?;
            tunnel.end().await?;
            tunnel.reads_last("").await?;
            client.wait("closed").await?;
            client.facts_are(&["101", "closed"]).await
        }),
    ]
}

fn is_of_version(client: &Client, tunnel: &Tunnel) -> Seen {
    let head = tunnel.head();
    let fields = ["connection", "upgrade"].map(|name| head.header(name));
    if client.via() == Via::Http2 {
        equal("the status", head.status, 200)?;
        return equal("Connection and Upgrade", fields, [None, None]);
    }
    equal("the status", head.status, 101)?;
    let is_switch = |value: Option<&str>, name| value.is_some_and(|v| v.eq_ignore_ascii_case(name));
    let [connection, upgrade] = fields;
    ensure(
        is_switch(connection, "upgrade") && is_switch(upgrade, WEBSOCKET),
        format!("Connection is {connection:?}, Upgrade is {upgrade:?}"),
    )
}
