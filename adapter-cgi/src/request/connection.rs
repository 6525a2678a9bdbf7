//! What the front end tells of the client's connection (E13, E16).

use std::net::{IpAddr, SocketAddr};

use gateway_core::{Connection, Scheme};

use crate::variables::Variables;

pub(super) fn of(variables: &Variables) -> Connection {
    let mut connection = Connection::new().with_scheme(scheme(variables));
    // A port that is not known is 0, which is how an environ shows none.
    if let Some(peer) = address(variables, "REMOTE_ADDR", "REMOTE_PORT") {
        connection = connection.with_peer_addr(peer);
    }
    if let Some(local) = address(variables, "SERVER_ADDR", "SERVER_PORT") {
        connection = connection.with_local_addr(local);
    }
    connection
}

fn scheme(variables: &Variables) -> Scheme {
    let is_on = |value: &str| !value.eq_ignore_ascii_case("off") && value != "0";
    let is_https = variables.text("HTTPS").is_some_and(is_on)
        || variables
            .text("REQUEST_SCHEME")
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
    if is_https {
        Scheme::Https
    } else {
        Scheme::Http
    }
}

/// An address; a Unix socket, and a name, are none.
fn address(variables: &Variables, host: &str, port: &str) -> Option<SocketAddr> {
    let host = variables.text(host)?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let host: IpAddr = host.parse().ok()?;
    let port = variables.text(port).and_then(|port| port.parse().ok());
    Some(SocketAddr::new(host, port.unwrap_or(0)))
}
