//! A request that no environ can hold.

use gateway_core::{App, Gateway, HttpError, Outgoing, RefusedHead};
use http::{Response, Version};

use super::connection;
use crate::codec::CodecError;
use crate::variables::Variables;

/// A request that is answered with the gateway's page (E17).
#[derive(Debug)]
pub(crate) struct Refused(Box<Inner>);

#[derive(Debug)]
struct Inner {
    error: HttpError,
    method: String,
    target: String,
    version: Version,
    connection: gateway_core::Connection,
}

impl Refused {
    pub(super) fn new(variables: &Variables, description: &'static str) -> Self {
        let text = |name| {
            let value = variables.get(name).unwrap_or_default();
            String::from_utf8_lossy(value).into_owned()
        };
        Self(Box::new(Inner {
            error: HttpError::bad_request().with_description(description),
            method: text("REQUEST_METHOD"),
            target: text("REQUEST_URI"),
            version: super::version(variables),
            connection: connection::of(variables),
        }))
    }

    pub(crate) fn answer<A: App>(self, gateway: &Gateway<A>) -> Response<Outgoing> {
        let refused = *self.0;
        let head = RefusedHead::new(refused.version)
            .with_method(&refused.method)
            .with_target(&refused.target)
            .with_connection(refused.connection);
        gateway.refuse(&head, refused.error)
    }
}

/// Variables that cannot be read: nothing is known of the request.
impl From<CodecError> for Refused {
    fn from(error: CodecError) -> Self {
        let page = match error.is_limit() {
            true => HttpError::request_header_fields_too_large(),
            false => HttpError::bad_request(),
        };
        Self(Box::new(Inner {
            error: page.with_source(error),
            method: String::new(),
            target: String::new(),
            version: Version::HTTP_10,
            connection: gateway_core::Connection::new(),
        }))
    }
}
