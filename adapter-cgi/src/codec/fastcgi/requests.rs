//! The requests of a connection (sections 3.3, 4 and 5): one at a time, in the role of a responder.

use bytes::{Bytes, BytesMut};

use super::pairs;
use super::record::{self, ROLE_RESPONDER, Record, kind};
use crate::codec::CodecError;
use crate::limits::Limits;
use crate::variables::Variables;

/// The flag of a request behind which the connection stays open.
const KEEP_CONNECTION: u8 = 1;

/// How a request ended, for the protocol (section 5.5).
const REQUEST_COMPLETE: u8 = 0;
const CANT_MULTIPLEX: u8 = 1;
const UNKNOWN_ROLE: u8 = 3;

/// What a record means.
#[derive(Debug)]
pub(crate) enum Event {
    /// A request whose variables are whole.
    Request(Request),
    /// Bytes of the request's body. Never empty.
    Input(Bytes),
    /// The body is whole.
    InputEnd,
    /// The front end gives the request up.
    Aborted,
    /// Bytes for the front end, which have nothing to do with the request.
    Reply(Bytes),
}

/// A request.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) id: u16,
    /// The connection stays open behind it.
    pub(crate) keeps_connection: bool,
    /// The variables, or why they cannot be read.
    pub(crate) variables: Result<Variables, CodecError>,
}

/// What is known of a connection's request.
#[derive(Debug)]
pub(crate) struct Requests {
    limits: Limits,
    state: State,
}

#[derive(Debug)]
enum State {
    Idle,
    Variables {
        id: u16,
        keeps_connection: bool,
        /// What has come of the stream, until it is too long.
        stream: Result<BytesMut, CodecError>,
    },
    Running {
        id: u16,
        has_input: bool,
    },
}

impl Requests {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: State::Idle,
        }
    }

    /// True between requests.
    pub(crate) fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle)
    }

    /// The request was answered: what still comes of it means nothing.
    pub(crate) fn finish(&mut self) {
        self.state = State::Idle;
    }

    /// What the record means; `None` if nothing is to be done.
    ///
    /// # Errors
    ///
    /// When a record breaks the protocol so that nothing behind it can be trusted.
    pub(crate) fn accept(&mut self, record: Record) -> Result<Option<Event>, CodecError> {
        if record.id == 0 {
            return Ok(Some(Event::Reply(manage(&record))));
        }
        if record.kind == kind::BEGIN_REQUEST {
            return self.begin(&record);
        }
        // Records of requests that have ended, or never were, are ignored (section 3.3).
        match &mut self.state {
            State::Variables { id, .. } if *id == record.id => Ok(self.vary(record)),
            State::Running { id, has_input } if *id == record.id => Ok(match record.kind {
                kind::STDIN if *has_input => {
                    *has_input = !record.content.is_empty();
                    Some(if *has_input {
                        Event::Input(record.content)
                    } else {
                        Event::InputEnd
                    })
                }
                kind::ABORT_REQUEST => Some(Event::Aborted),
                _ => None,
            }),
            _ => Ok(None),
        }
    }

    fn begin(&mut self, record: &Record) -> Result<Option<Event>, CodecError> {
        let Some(&[role_high, role_low, flags, ..]) = record.content.first_chunk::<8>() else {
            return Err(CodecError::Malformed(
                "a request begins with fewer than eight bytes",
            ));
        };
        let refusal = if !self.is_idle() {
            CANT_MULTIPLEX
        } else if u16::from_be_bytes([role_high, role_low]) != ROLE_RESPONDER {
            UNKNOWN_ROLE
        } else {
            self.state = State::Variables {
                id: record.id,
                keeps_connection: flags & KEEP_CONNECTION != 0,
                stream: Ok(BytesMut::new()),
            };
            return Ok(None);
        };
        let mut out = BytesMut::new();
        end(record.id, 0, refusal, &mut out);
        Ok(Some(Event::Reply(out.freeze())))
    }

    /// A record of a request whose variables are not whole.
    fn vary(&mut self, record: Record) -> Option<Event> {
        let State::Variables {
            id,
            keeps_connection,
            stream,
        } = &mut self.state
        else {
            return None;
        };
        match record.kind {
            kind::PARAMS if record.content.is_empty() => {
                let limit = self.limits.variables;
                let stream = std::mem::replace(stream, Ok(BytesMut::new()));
                let request = Request {
                    id: *id,
                    keeps_connection: *keeps_connection,
                    variables: stream.and_then(|stream| pairs::parse(stream.freeze(), limit)),
                };
                self.state = State::Running {
                    id: record.id,
                    has_input: true,
                };
                Some(Event::Request(request))
            }
            kind::PARAMS => {
                let limit = self.limits.head_bytes;
                match stream {
                    Ok(bytes) if bytes.len() + record.content.len() > limit => {
                        *stream = Err(CodecError::TooLong { limit });
                    }
                    Ok(bytes) => bytes.extend_from_slice(&record.content),
                    Err(_) => {}
                }
                None
            }
            kind::ABORT_REQUEST => {
                let mut out = BytesMut::new();
                end(*id, 0, REQUEST_COMPLETE, &mut out);
                self.state = State::Idle;
                Some(Event::Reply(out.freeze()))
            }
            _ => None,
        }
    }
}

/// Appends the end of a request: the end of its output, and the status of the application.
pub(crate) fn end_request(id: u16, application_status: u32, out: &mut BytesMut) {
    record::encode(kind::STDOUT, id, &[], out);
    end(id, application_status, REQUEST_COMPLETE, out);
}

fn end(id: u16, application_status: u32, protocol_status: u8, out: &mut BytesMut) {
    let [a, b, c, d] = application_status.to_be_bytes();
    let content = [a, b, c, d, protocol_status, 0, 0, 0];
    record::encode(kind::END_REQUEST, id, &content, out);
}

/// The answer to a management record (section 4).
fn manage(record: &Record) -> Bytes {
    let mut out = BytesMut::new();
    if record.kind != kind::GET_VALUES {
        let content = [record.kind, 0, 0, 0, 0, 0, 0, 0];
        record::encode(kind::UNKNOWN_TYPE, 0, &content, &mut out);
        return out.freeze();
    }
    // A name that is not known is left out, and so is what cannot be read. One connection has one
    // request; how many connections there may be is the server's matter.
    let asked = pairs::parse(record.content.clone(), record.content.len());
    let mut values = BytesMut::new();
    if asked.is_ok_and(|asked| asked.get("FCGI_MPXS_CONNS").is_some()) {
        pairs::append(b"FCGI_MPXS_CONNS", b"0", &mut values);
    }
    record::encode(kind::GET_VALUES_RESULT, 0, &values, &mut out);
    out.freeze()
}
