//! The head of a response as a CGI program writes it (RFC 3875 section 6), or as HTTP/1.1 has it.

use bytes::{BufMut, Bytes, BytesMut};
use http::{header, response};

/// How a head begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beginning {
    /// `Status: 200 OK`: CGI, FastCGI and SCGI.
    StatusField,
    /// `HTTP/1.1 200 OK`: the uwsgi protocol.
    StatusLine,
}

/// The head, with the empty line behind it. `length` is that of the body, where it is known and the
/// head does not say it.
///
/// Fields about the connection to the client are the front end's, and trailers cannot be sent: their
/// fields are left out (RFC 3875 section 6.3.4, B11).
pub(crate) fn encode(head: &response::Parts, length: Option<u64>, beginning: Beginning) -> Bytes {
    let mut out = BytesMut::with_capacity(256);
    out.put_slice(match beginning {
        Beginning::StatusField => b"Status: ",
        Beginning::StatusLine => b"HTTP/1.1 ",
    });
    out.put_slice(head.status.as_str().as_bytes());
    out.put_u8(b' ');
    // A phrase always: front ends leave out the space before one that is not there.
    let phrase = head.status.canonical_reason().unwrap_or("Unknown");
    out.put_slice(phrase.as_bytes());
    out.put_slice(b"\r\n");
    for (name, value) in &head.headers {
        if *name == header::CONNECTION || *name == header::TRAILER {
            continue;
        }
        out.put_slice(name.as_str().as_bytes());
        out.put_slice(b": ");
        out.put_slice(value.as_bytes());
        out.put_slice(b"\r\n");
    }
    if let Some(length) = length
        && !head.headers.contains_key(header::CONTENT_LENGTH)
    {
        out.put_slice(format!("content-length: {length}\r\n").as_bytes());
    }
    out.put_slice(b"\r\n");
    out.freeze()
}

#[cfg(test)]
mod tests {
    use http::Response;

    use super::{Beginning, encode};

    #[test]
    fn s8_each_line_is_a_line_and_the_connection_is_not_the_apps() {
        let response = Response::builder()
            .status(404)
            .header("set-cookie", "a=1")
            .header("connection", "close")
            .header("set-cookie", "b=2")
            .header("trailer", "x-sum")
            .body(())
            .unwrap();
        let (head, ()) = response.into_parts();
        assert_eq!(
            encode(&head, Some(3), Beginning::StatusField),
            "Status: 404 Not Found\r\nset-cookie: a=1\r\nset-cookie: b=2\r\ncontent-length: 3\r\n\r\n"
        );
    }

    #[test]
    fn b4_a_length_that_is_there_is_not_doubled() {
        let response = Response::builder()
            .status(299)
            .header("content-length", "3");
        let (head, ()) = response.body(()).unwrap().into_parts();
        let expected = "HTTP/1.1 299 Unknown\r\ncontent-length: 3\r\n\r\n";
        assert_eq!(encode(&head, Some(3), Beginning::StatusLine), expected);
    }
}
