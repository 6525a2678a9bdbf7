//! FastCGI 1.0: records, name-value pairs, and the state of a connection's requests.

mod pairs;
mod record;
mod requests;
#[cfg(test)]
mod tests;

#[cfg(feature = "client")]
pub(crate) use pairs::append as append_pair;
#[cfg(feature = "client")]
pub(crate) use record::ROLE_RESPONDER;
pub(crate) use record::{BROKEN, MAX_CONTENT, MAX_RECORD, decode, encode, kind};
pub(crate) use requests::{Event, Request, Requests, end_request};
