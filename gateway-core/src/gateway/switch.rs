//! Checks a response that switches the protocol, and sets the status and the headers that HTTP asks
//! for. A response that fails the check is a 500 (U3 to U5, U7).

use http::{HeaderValue, Response, StatusCode, Version, header};

use super::app_body::AppBody;
use super::call::Ready;
use super::request_kind::RequestKind;
use super::switch_error::SwitchError;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::http_error::HttpError;

/// Checks that a status and a body agree about a switch.
///
/// # Errors
///
/// When one says that the connection switches and the other does not, when the protocol was not
/// offered, and when a response without a switch would open a tunnel.
#[inline]
pub(super) fn check(
    status: StatusCode,
    ready: &Ready,
    exchange: &Exchange,
    kind: RequestKind,
) -> Result<(), Error> {
    if let Ready::Switch(body) = ready {
        return check_switch(status, body, exchange);
    }
    if status == StatusCode::SWITCHING_PROTOCOLS {
        return Err(SwitchError::NoSwitch.into());
    }
    if kind.is_extended_connect() && status.is_success() {
        return Err(dead_tunnel(status));
    }
    Ok(())
}

#[cold]
fn check_switch(status: StatusCode, body: &AppBody, exchange: &Exchange) -> Result<(), Error> {
    if status != StatusCode::SWITCHING_PROTOCOLS {
        return Err(SwitchError::WrongStatus(status).into());
    }
    let protocol = body.protocol().unwrap_or_default();
    match exchange.offers() {
        Some(offers) if offers.has(protocol) => Ok(()),
        _ => Err(SwitchError::NotOffered(protocol.to_owned()).into()),
    }
}

/// RFC 8441 section 5: a 2xx opens a tunnel, whose other end nobody would serve (U7).
#[cold]
fn dead_tunnel(status: StatusCode) -> Error {
    HttpError::bad_gateway()
        .with_source(SwitchError::DeadTunnel(status))
        .into()
}

/// Writes the head of a switch that was [checked](check) (U5).
#[cold]
pub(super) fn write_head<T>(response: &mut Response<T>, body: &AppBody, kind: RequestKind) {
    response.headers_mut().remove(header::CONTENT_LENGTH);
    if kind.version() >= Version::HTTP_2 {
        *response.status_mut() = StatusCode::OK;
        return;
    }
    let protocol = body.protocol().unwrap_or_default();
    // It is one that the client has offered in a header.
    if let Ok(protocol) = HeaderValue::from_str(protocol) {
        response.headers_mut().insert(header::UPGRADE, protocol);
    }
    let upgrade = HeaderValue::from_static("upgrade");
    response.headers_mut().insert(header::CONNECTION, upgrade);
}
