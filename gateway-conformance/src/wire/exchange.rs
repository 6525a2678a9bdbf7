//! `exchange`: sends one request over a new connection and reads its response.

use std::net::SocketAddr;
use std::time::Duration;

use super::{DEFAULT_DEADLINE, Framing, WireError, WireRequest, WireResponse, http1, http2};

/// Which protocol to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1, or 1.0 if the request says so.
    Http1,
    /// HTTP/2 with prior knowledge, in clear text.
    Http2,
}

impl Protocol {
    /// Both, for tests that hold over either.
    pub const ALL: [Self; 2] = [Self::Http1, Self::Http2];
}

/// Sends the request over a connection of its own and reads the response.
///
/// The response is read while the request is still being sent, so a server may
/// answer early. Besides the response, it checks:
///
/// * HTTP/1: after a complete response this side stops writing, and the
///   server must close in its turn without another byte.
/// * HTTP/2: a response that has no body has no bytes in DATA frames.
///
/// # Errors
///
/// * [`is_stray`](WireError::is_stray): there were bytes where none may be.
/// * [`is_timeout`](WireError::is_timeout): the response did not end, or the server
///   did not close, in [`DEFAULT_DEADLINE`](super::DEFAULT_DEADLINE).
/// * [`is_request`](WireError::is_request): the protocol cannot express the request.
/// * What the connections' own `request` methods report.
pub async fn exchange(
    address: SocketAddr,
    protocol: Protocol,
    request: &WireRequest,
) -> Result<WireResponse, WireError> {
    exchange_within(address, protocol, request, DEFAULT_DEADLINE).await
}

/// As [`exchange`], with a deadline of the caller's choice for each operation.
///
/// # Errors
///
/// As for [`exchange`].
pub async fn exchange_within(
    address: SocketAddr,
    protocol: Protocol,
    request: &WireRequest,
    deadline: Duration,
) -> Result<WireResponse, WireError> {
    match protocol {
        Protocol::Http1 => over_http1(address, request, deadline).await,
        Protocol::Http2 => over_http2(address, request, deadline).await,
    }
}

async fn over_http1(
    address: SocketAddr,
    request: &WireRequest,
    deadline: Duration,
) -> Result<WireResponse, WireError> {
    let opened = http1::Http1Connection::open(address).await;
    let mut connection = opened.map_err(|error| WireError::io("connect", error))?;
    connection.set_deadline(deadline);
    let response = connection.request(request).await?;
    if response.is_complete() {
        // The server may have closed already; then there is nothing left to close.
        let _ = connection.half_close().await;
        let rest = connection.rest().await?;
        if !rest.is_empty() {
            return Err(WireError::stray("after the response", &rest));
        }
    }
    Ok(response)
}

async fn over_http2(
    address: SocketAddr,
    request: &WireRequest,
    deadline: Duration,
) -> Result<WireResponse, WireError> {
    let mut connection = http2::Http2Connection::open(address).await?;
    connection.set_deadline(deadline);
    let response = connection.request(request).await?;
    if response.framing == Framing::None && !response.body.is_empty() {
        return Err(WireError::stray(
            "in a response without a body",
            &response.body,
        ));
    }
    Ok(response)
}
