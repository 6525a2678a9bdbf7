//! E12 to E16: host, protocol, targets without a path, extensions, the peer.

use gateway_core::{App, Body, Environ, Error, Json, StartResponse, VarName};

use crate::capability::Capability;
use crate::case::Case;
use crate::cases::reports::{environ_report, report};
use crate::check::{Look as _, ensure, equal};
use crate::client::{Client, Variables};
use crate::via::Via;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = hosts();
    cases.extend(protocols());
    cases.extend(targets());
    cases.extend(extensions());
    cases.extend(peers());
    cases
}

fn hosts() -> Vec<Case> {
    vec![
        // Over HTTP/2 this client sends it as `:authority`.
        Case::new("e12_the_host_is_the_one_asked_for", &["E12"])
            .app(report)
            .sees(async |client: Client| {
                let request = client.request("GET", "/").header("host", "a.example:8123");
                client
                    .environ(request)
                    .await?
                    .is("HTTP_HOST", "a.example:8123")?
                    .is("SERVER_NAME", "a.example")?;
                Ok(())
            }),
        Case::new("e12_an_address_in_brackets_is_a_host", &["E12"])
            .app(report)
            .sees(async |client: Client| {
                let request = client
                    .request("GET", "/")
                    .header("host", "[2001:db8::1]:81");
                client
                    .environ(request)
                    .await?
                    .is("HTTP_HOST", "[2001:db8::1]:81")?
                    .is("SERVER_NAME", "[2001:db8::1]")?;
                Ok(())
            }),
        Case::new(
            "e12_an_absolute_target_comes_before_the_host_field",
            &["E12"],
        )
        .only(&[Via::Http1, Via::InProcess])
        .app(report)
        .sees(async |client: Client| {
            let target = format!("http://b.example:82{}", client.path("/x"));
            let request = client
                .request_to("GET", &target)
                .header("host", "a.example:81");
            client
                .environ(request)
                .await?
                .is("HTTP_HOST", "b.example:82")?
                .is("SERVER_NAME", "b.example")?;
            Ok(())
        }),
        Case::new("e12_server_name_and_port_are_never_empty", &["E12"])
            .needs(Capability::RequestWithoutHost)
            .needs(Capability::Http10)
            .only(&[Via::Http1, Via::InProcess])
            .app(report)
            .sees(async |client: Client| {
                let request = client.request("GET", "/").http10().without_host();
                let vars = client.environ(request).await?;
                for key in ["SERVER_NAME", "SERVER_PORT"] {
                    ensure(
                        vars.get(key).is_some_and(|value| !value.is_empty()),
                        format!("{key} is {:?}", vars.get(key)),
                    )?;
                }
                Ok(())
            }),
        Case::new("e12_server_port_is_the_one_that_was_reached", &["E12"])
            .needs(Capability::LocalAddress)
            .needs(Capability::DirectConnection)
            .only(Via::SOCKETS)
            .app(report)
            .sees(async |client: Client| {
                let request = client.request("GET", "/").header("host", "a.example:1");
                let port = client.address().port().to_string();
                client.environ(request).await?.is("SERVER_PORT", &port)?;
                Ok(())
            }),
    ]
}

fn protocols() -> Vec<Case> {
    vec![
        Case::new("e13_server_protocol_is_the_one_spoken", &["E13"])
            .app(report)
            .sees(async |client: Client| {
                let spoken = match client.via() {
                    Via::Http2 => "HTTP/2.0",
                    _ => "HTTP/1.1",
                };
                let vars = client.environ(client.request("GET", "/")).await?;
                vars.is("SERVER_PROTOCOL", spoken)?;
                Ok(())
            }),
        Case::new("e13_http_1_0_is_told_apart", &["E13"])
            .needs(Capability::Http10)
            .only(&[Via::Http1, Via::InProcess])
            .app(report)
            .sees(async |client: Client| {
                let vars = client.environ(client.request("GET", "/").http10()).await?;
                vars.is("SERVER_PROTOCOL", "HTTP/1.0")?;
                Ok(())
            }),
        Case::new("e13_the_scheme_is_the_transports", &["E13"])
            .app(report)
            .sees(async |client: Client| {
                let vars = client.environ(client.request("GET", "/")).await?;
                vars.is("REQUEST_SCHEME", "http")?;
                Ok(())
            }),
        Case::new(
            "e13_forwarded_fields_change_nothing",
            &["E13", "E12", "E16"],
        )
        .app(report)
        .sees(async |client: Client| {
            let plain = client.environ(client.request("GET", "/")).await?;
            let request = client
                .request("GET", "/")
                .header("x-forwarded-proto", "https")
                .header("x-forwarded-for", "192.0.2.66")
                .header("x-forwarded-host", "evil.example")
                .header("x-forwarded-port", "443")
                .header("x-forwarded-prefix", "/evil")
                .header("x-real-ip", "192.0.2.66")
                .header("forwarded", "for=192.0.2.66;proto=https;host=evil.example");
            let vars = client.environ(request).await?;
            vars.is("REQUEST_SCHEME", "http")?;
            for key in [
                "SCRIPT_NAME",
                "REMOTE_ADDR",
                "SERVER_NAME",
                "SERVER_PORT",
                "HTTP_HOST",
            ] {
                equal(key, vars.get(key), plain.get(key))?;
            }
            Ok(())
        }),
    ]
}

fn targets() -> Vec<Case> {
    vec![
        Case::new("e14_asterisk_has_no_path", &["E14"])
            .needs(Capability::AsteriskForm)
            .app(report)
            .sees(async |client: Client| {
                let request = client.request_to("OPTIONS", "*");
                let response = client.send(request).await?.status(200)?;
                Variables::of(&response)?
                    .is("REQUEST_METHOD", "OPTIONS")?
                    .is("REQUEST_URI", "*")?
                    .is("SCRIPT_NAME", "")?
                    .is("PATH_INFO", "")?;
                Ok(())
            }),
        Case::new("e14_connect_does_not_reach_the_app", &["E14"])
            .app(report)
            .sees(async |client: Client| {
                let request = client.request_to("CONNECT", "a.example:443");
                let response = match client.send(request).await {
                    Ok(response) => response,
                    // A host may close instead, which is an answer too.
                    Err(_) if client.via() != Via::InProcess => return Ok(()),
                    Err(error) => return Err(error),
                };
                ensure(
                    matches!(response.status, 400..=599),
                    format!("CONNECT is answered with {}", response.status),
                )
            }),
    ]
}

/// An extension that only some know.
#[derive(Clone)]
struct Note(&'static str);

/// A middleware that adds an extension and a variable.
struct Adds<A>(A);

impl<A: App> App for Adds<A> {
    async fn call(
        &self,
        mut environ: Environ,
        start_response: StartResponse,
    ) -> Result<Body, Error> {
        environ.extensions_mut().insert(Note("left alone"));
        environ.set_var(const { VarName::new("REMOTE_USER") }, "ada");
        self.0.call(environ, start_response).await
    }

    gateway_core::forward_lifespan!(0);
}

/// A middleware that knows nothing of either.
struct Unknowing<A>(A);

impl<A: App> App for Unknowing<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        self.0.call(environ, start_response).await
    }

    gateway_core::forward_lifespan!(0);
}

fn extensions() -> Vec<Case> {
    vec![
        Case::new(
            "e15_extensions_pass_those_who_do_not_know_them",
            &["E15", "M1"],
        )
        .serves(Adds(Unknowing(gateway_core::view(
            async |environ: Environ| {
                let note = environ.extensions().get::<Note>();
                note.map_or("lost", |note| note.0)
            },
        ))))
        .sees(async |client: Client| {
            client.get("/").await?.status(200)?.body("left alone")?;
            Ok(())
        }),
        Case::new("e15_variables_of_middlewares_are_seen", &["E15"])
            .serves(Adds(Unknowing(report)))
            .sees(async |client: Client| {
                // A client cannot set them: its header is another variable.
                let request = client.request("GET", "/").header("remote-user", "eve");
                client
                    .environ(request)
                    .await?
                    .is("REMOTE_USER", "ada")?
                    .is("HTTP_REMOTE_USER", "eve")?;
                Ok(())
            }),
    ]
}

fn peers() -> Vec<Case> {
    vec![
        Case::new("e16_the_remote_address_is_the_peers", &["E16"])
            .needs(Capability::DirectConnection)
            .only(Via::SOCKETS)
            .app(report)
            .sees(async |client: Client| {
                let vars = client.environ(client.request("GET", "/")).await?;
                let port = vars.get("REMOTE_PORT").and_then(|port| port.parse().ok());
                ensure(
                    port.is_some_and(|port: u16| port != 0),
                    format!("REMOTE_PORT is {:?}", vars.get("REMOTE_PORT")),
                )?;
                if client.address().ip().is_loopback() {
                    vars.is("REMOTE_ADDR", &client.address().ip().to_string())?;
                }
                Ok(())
            }),
        Case::new("e16_the_remote_port_is_the_peers", &["E16"])
            .needs(Capability::DirectConnection)
            .only(&[Via::Http1])
            .app(report)
            .sees(async |client: Client| {
                let mut connection = client.http1().await?;
                let local = connection.local_addr()?;
                let response = connection.request(&client.request("GET", "/")).await?;
                Variables::of(&response)?.is("REMOTE_PORT", &local.port().to_string())?;
                Ok(())
            }),
        Case::new("e16_what_the_transport_has_not_is_absent", &["E16"])
            .only(&[Via::InProcess])
            .view(async |environ: Environ| {
                let Json(report) = environ_report(&environ);
                Json(report)
            })
            .sees(async |client: Client| {
                let vars = client.environ(client.request("GET", "/")).await?;
                vars.has_no("REMOTE_ADDR")?.has_no("REMOTE_PORT")?;
                Ok(())
            }),
    ]
}
