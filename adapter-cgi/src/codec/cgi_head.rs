//! The head of a CGI program's response, read (RFC 3875 section 6).

use std::error::Error as StdError;
use std::fmt;

use bytes::{Buf, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

/// The most fields that a head may have.
const MAX_FIELDS: usize = 256;

/// A head.
#[derive(Debug, PartialEq)]
pub(crate) struct CgiHead {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
}

/// Why a head is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeadError {
    TooLong {
        limit: usize,
    },
    Malformed,
    /// Neither Content-Type, nor Location, nor Status (section 6.2).
    NoCgiField,
    Status,
}

/// Takes the head out of the buffer, which then begins with the body; `None` as long as it is not
/// whole.
///
/// # Errors
///
/// When it is longer than `limit`, or no head.
pub(crate) fn decode(buffer: &mut BytesMut, limit: usize) -> Result<Option<CgiHead>, HeadError> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let seen = buffer.get(..limit).unwrap_or(buffer);
    let (length, fields) = match httparse::parse_headers(seen, &mut fields) {
        Ok(httparse::Status::Complete(head)) => head,
        Ok(httparse::Status::Partial) if buffer.len() >= limit => {
            return Err(HeadError::TooLong { limit });
        }
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(HeadError::TooLong { limit }),
        Err(_) => return Err(HeadError::Malformed),
    };
    let mut headers = HeaderMap::new();
    for field in fields {
        let name = HeaderName::from_bytes(field.name.as_bytes());
        let value = HeaderValue::from_bytes(field.value);
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(HeadError::Malformed);
        };
        headers
            .try_append(name, value)
            .map_err(|_| HeadError::Malformed)?;
    }
    let status = match headers.remove("status") {
        Some(status) => status_of(&status)?,
        // Section 6.2.3: a redirect of the client. A local one (section 6.2.2) is one as well here.
        None if headers.contains_key(header::LOCATION) => StatusCode::FOUND,
        None if headers.contains_key(header::CONTENT_TYPE) => StatusCode::OK,
        None => return Err(HeadError::NoCgiField),
    };
    buffer.advance(length);
    Ok(Some(CgiHead { status, headers }))
}

/// Section 6.3.3: three digits, and perhaps a phrase.
fn status_of(value: &HeaderValue) -> Result<StatusCode, HeadError> {
    let value = value.as_bytes();
    let (digits, rest) = value.split_at_checked(3).ok_or(HeadError::Status)?;
    if !matches!(rest.first(), None | Some(b' ')) {
        return Err(HeadError::Status);
    }
    StatusCode::from_bytes(digits)
        .ok()
        .filter(|status| !status.is_informational())
        .ok_or(HeadError::Status)
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { limit } => write!(f, "its head is longer than {limit} bytes"),
            Self::Malformed => f.write_str("its head is malformed"),
            Self::NoCgiField => {
                f.write_str("its head has neither Content-Type, nor Location, nor Status")
            }
            Self::Status => f.write_str("its Status is not one of a final response"),
        }
    }
}

impl StdError for HeadError {}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use proptest::prelude::*;

    use super::{HeadError, decode};

    fn of(text: &str) -> Result<Option<(u16, usize)>, HeadError> {
        let head = decode(&mut BytesMut::from(text), 60)?;
        Ok(head.map(|head| (head.status.as_u16(), head.headers.len())))
    }

    #[test]
    fn the_forms_of_the_specification() {
        for (text, head) in [
            ("Content-Type: text/plain\n\nbody", Ok(Some((200, 1)))),
            ("Content-Type: text/plain\r\n\r\n", Ok(Some((200, 1)))),
            ("Location: /x\n\n", Ok(Some((302, 1)))),
            ("Location: /x\nStatus: 303 See\n\n", Ok(Some((303, 1)))),
            ("Status: 204\n\n", Ok(Some((204, 0)))),
            ("Status: 204\n", Ok(None)),
            ("", Ok(None)),
            ("\n", Err(HeadError::NoCgiField)),
            ("X: y\n\n", Err(HeadError::NoCgiField)),
            ("Status: 2000\n\n", Err(HeadError::Status)),
            ("Status: 100 Continue\n\n", Err(HeadError::Status)),
            ("Status: OK\n\n", Err(HeadError::Status)),
            ("no head at all\n\n", Err(HeadError::Malformed)),
            ("HTTP/1.1 200 OK\n\n", Err(HeadError::Malformed)),
        ] {
            assert_eq!(of(text), head, "{text:?}");
        }
        let long = format!("X: {}", "y".repeat(60));
        assert_eq!(of(&long), Err(HeadError::TooLong { limit: 60 }));
        let mut rest = BytesMut::from("Status: 200\n\n\n\nbody");
        assert!(decode(&mut rest, 60).unwrap().is_some());
        assert_eq!(rest, "\n\nbody");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&mut BytesMut::from(&bytes[..]), 100);
        }
    }
}
