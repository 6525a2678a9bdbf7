use bytes::{BufMut, Bytes, BytesMut};
use proptest::prelude::*;

use super::pairs;
use super::record::{self, MAX_CONTENT, MAX_RECORD, Record, decode, encode, kind};
use super::requests::{Event, Requests};
use crate::codec::CodecError;
use crate::limits::Limits;

fn record(kind: u8, id: u16, content: &[u8]) -> Record {
    Record {
        kind,
        id,
        content: Bytes::copy_from_slice(content),
    }
}

fn begin(id: u16, role: u16, flags: u8) -> Record {
    let [high, low] = role.to_be_bytes();
    record(kind::BEGIN_REQUEST, id, &[high, low, flags, 0, 0, 0, 0, 0])
}

fn stream(pairs: &[(&[u8], &[u8])]) -> BytesMut {
    let mut out = BytesMut::new();
    for (name, value) in pairs {
        pairs::append(name, value, &mut out);
    }
    out
}

/// The replies and the other events of records, by name.
fn events(requests: &mut Requests, records: Vec<Record>) -> Vec<String> {
    let mut events = Vec::new();
    for record in records {
        match requests.accept(record).unwrap() {
            None => {}
            Some(Event::Request(request)) => events.push(format!(
                "request {} {} {:?}",
                request.id,
                request.keeps_connection,
                request.variables.map(|variables| {
                    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                    let pairs = variables.iter();
                    pairs
                        .map(|(name, value)| text(name) + "=" + &text(value))
                        .collect::<Vec<_>>()
                })
            )),
            Some(Event::Input(bytes)) => events.push(format!("input {}", bytes.escape_ascii())),
            Some(Event::InputEnd) => events.push("end".into()),
            Some(Event::Aborted) => events.push("aborted".into()),
            Some(Event::Reply(bytes)) => {
                let mut bytes = BytesMut::from(bytes);
                while let Some(reply) = decode(&mut bytes).unwrap() {
                    events.push(format!(
                        "reply {} {} {}",
                        reply.kind,
                        reply.id,
                        reply.content.escape_ascii()
                    ));
                }
            }
        }
    }
    events
}

/// Appendix B of the specification, example 1: the records of a request and of its answer.
#[test]
fn the_first_example_of_the_specification() {
    let params = b"\x0b\x02SERVER_PORT80\x0b\x0eSERVER_ADDR199.170.183.42";
    let mut requests = Requests::new(Limits::default());
    let seen = events(
        &mut requests,
        vec![
            begin(1, 1, 0),
            record(kind::PARAMS, 1, params),
            record(kind::PARAMS, 1, b""),
            record(kind::STDIN, 1, b""),
        ],
    );
    assert_eq!(
        seen,
        [
            r#"request 1 false Ok(["SERVER_PORT=80", "SERVER_ADDR=199.170.183.42"])"#,
            "end"
        ]
    );
    let mut out = BytesMut::new();
    encode(
        kind::STDOUT,
        1,
        b"Content-type: text/html\r\n\r\n<html>\n<head> ... ",
        &mut out,
    );
    super::end_request(1, 0, &mut out);
    let mut answer = Vec::new();
    while let Some(record) = decode(&mut out).unwrap() {
        answer.push((record.kind, record.id, record.content));
    }
    assert_eq!(
        answer,
        [
            (
                kind::STDOUT,
                1,
                Bytes::from("Content-type: text/html\r\n\r\n<html>\n<head> ... ")
            ),
            (kind::STDOUT, 1, Bytes::new()),
            (kind::END_REQUEST, 1, Bytes::from(&[0; 8][..])),
        ]
    );
}

/// Section 3.3, by its bytes.
#[test]
fn a_record_by_its_bytes() {
    let mut out = BytesMut::new();
    encode(kind::STDOUT, 0x0102, b"abc", &mut out);
    assert_eq!(&out[..], b"\x01\x06\x01\x02\0\x03\0\0abc");
    // Others pad, with what is to be ignored.
    out = BytesMut::from(&b"\x01\x06\x01\x02\0\x03\x05\0abc\0?\0?\0"[..]);
    for length in 0..out.len() {
        assert_eq!(decode(&mut BytesMut::from(&out[..length])), Ok(None));
    }
    assert_eq!(
        decode(&mut out),
        Ok(Some(record(kind::STDOUT, 0x0102, b"abc")))
    );
    assert!(out.is_empty());
    let wrong = decode(&mut BytesMut::from(&[2; 8][..]));
    assert!(matches!(wrong, Err(CodecError::Malformed(_))));
}

/// Section 3.4: lengths over 127 take four bytes, the first bit set.
#[test]
fn lengths_of_pairs_have_one_byte_or_four() {
    let long = vec![b'v'; 128];
    let bytes = stream(&[(b"n", &long), (&[b'n'; 127], b"")]);
    assert_eq!(&bytes[..6], b"\x01\x80\0\0\x80n");
    assert_eq!(bytes[6 + 128], 127);
    let parsed = pairs::parse(bytes.freeze(), 2).unwrap();
    assert_eq!(parsed.get("n"), Some(&long[..]));
    for cut in [
        &b"\x01"[..],
        b"\x01\x01a",
        b"\x80\0\0",
        b"\xff\xff\xff\xff\0a",
        b"\0\x80\0\0\x01",
    ] {
        let parsed = pairs::parse(Bytes::from_static(cut), 10);
        assert!(
            matches!(parsed, Err(CodecError::Malformed(_))),
            "{parsed:?}"
        );
    }
    let many = pairs::parse(Bytes::from_static(&[0; 6]), 2);
    assert!(matches!(many, Err(CodecError::TooMany { limit: 2 })));
}

/// Sections 4.1, 4.2: FCGI_GET_VALUES tells what is known, and other management records are unknown.
#[test]
fn management_records_are_answered() {
    let asked = stream(&[
        (b"FCGI_MPXS_CONNS", b""),
        (b"FCGI_MAX_CONNS", b""),
        (b"X", b""),
    ]);
    let seen = events(
        &mut Requests::new(Limits::default()),
        vec![
            record(kind::GET_VALUES, 0, &asked),
            record(kind::GET_VALUES, 0, b"\xff"),
            record(200, 0, b"?"),
        ],
    );
    assert_eq!(
        seen,
        [
            r"reply 10 0 \x0f\x01FCGI_MPXS_CONNS0",
            "reply 10 0 ",
            r"reply 11 0 \xc8\x00\x00\x00\x00\x00\x00\x00"
        ]
    );
}

/// Sections 5.5 and 6: other roles, and requests beside one another, are refused.
#[test]
fn other_roles_and_multiplexing_are_refused() {
    let mut requests = Requests::new(Limits::default());
    let seen = events(
        &mut requests,
        vec![
            begin(3, 2, 1),
            begin(1, 1, 1),
            begin(2, 1, 1),
            record(kind::PARAMS, 2, b"\x01\x01ab"),
            record(kind::PARAMS, 1, b""),
            begin(4, 1, 1),
            // Of a request that never was.
            record(kind::STDIN, 2, b"x"),
            record(kind::STDIN, 1, b"y"),
            record(99, 1, b"z"),
            record(kind::STDIN, 1, b""),
            // Behind the end of the stream.
            record(kind::STDIN, 1, b"y"),
        ],
    );
    assert_eq!(
        seen,
        [
            r"reply 3 3 \x00\x00\x00\x00\x03\x00\x00\x00",
            r"reply 3 2 \x00\x00\x00\x00\x01\x00\x00\x00",
            "request 1 true Ok([])",
            r"reply 3 4 \x00\x00\x00\x00\x01\x00\x00\x00",
            "input y",
            "end",
        ]
    );
}

#[test]
fn an_abort_is_seen_before_and_after_the_variables() {
    let mut requests = Requests::new(Limits::default());
    let seen = events(
        &mut requests,
        vec![
            begin(1, 1, 1),
            record(kind::ABORT_REQUEST, 1, b""),
            begin(2, 1, 1),
            record(kind::PARAMS, 2, b""),
            record(kind::ABORT_REQUEST, 2, b""),
        ],
    );
    assert_eq!(
        seen,
        [
            r"reply 3 1 \x00\x00\x00\x00\x00\x00\x00\x00",
            "request 2 true Ok([])",
            "aborted"
        ]
    );
    requests.finish();
    assert!(requests.is_idle());
}

#[test]
fn variables_beyond_a_limit_are_an_error_of_the_request() {
    let limits = Limits {
        head_bytes: 10,
        variables: 1,
    };
    let mut requests = Requests::new(limits);
    let seen = events(
        &mut requests,
        vec![
            begin(1, 1, 0),
            record(kind::PARAMS, 1, b"\x01\x01ab"),
            record(kind::PARAMS, 1, b"\x03\x03abcdef"),
            record(kind::PARAMS, 1, b"more"),
            record(kind::PARAMS, 1, b""),
        ],
    );
    assert_eq!(seen, ["request 1 false Err(TooLong { limit: 10 })"]);
    let short = record(kind::BEGIN_REQUEST, 1, b"\0\x01\0");
    assert!(matches!(
        requests.accept(short),
        Err(CodecError::Malformed(_))
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Arbitrary bytes are records or an error; nothing panics, nothing is kept beyond the limit.
    #[test]
    fn arbitrary_records_never_panic(
        records in proptest::collection::vec((0u8..13, 0u16..3, proptest::collection::vec(any::<u8>(), 0..60)), 0..40),
    ) {
        let limits = Limits { head_bytes: 100, variables: 4 };
        let mut requests = Requests::new(limits);
        for (kind, id, content) in records {
            match requests.accept(record(kind, id, &content)) {
                Ok(Some(Event::Request(request))) => {
                    if let Ok(variables) = request.variables {
                        prop_assert!(variables.iter().count() <= 4);
                    }
                }
                Ok(Some(Event::Reply(reply))) => prop_assert!(reply.len() <= 64),
                _ => {}
            }
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut buffer = BytesMut::from(&bytes[..]);
        while let Ok(Some(record)) = decode(&mut buffer) {
            prop_assert!(record.content.len() <= MAX_CONTENT);
        }
        prop_assert!(buffer.capacity() <= MAX_RECORD + bytes.len());
    }

    /// What was encoded is read, however it is split.
    #[test]
    fn records_survive_every_split(
        contents in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 1..12),
        step in 1usize..40,
    ) {
        let mut wire = BytesMut::new();
        for content in &contents {
            encode(kind::STDIN, 7, content, &mut wire);
        }
        let mut buffer = BytesMut::new();
        let mut read = Vec::new();
        for piece in wire.chunks(step) {
            buffer.put_slice(piece);
            while let Some(record) = decode(&mut buffer).unwrap() {
                read.push(record.content.to_vec());
            }
        }
        prop_assert_eq!(read, contents);
        prop_assert!(buffer.is_empty());
    }

    #[test]
    fn pairs_survive_every_split_into_records(
        values in proptest::collection::vec(
            (proptest::collection::vec(any::<u8>(), 0..200), proptest::collection::vec(any::<u8>(), 0..300)),
            0..20,
        ),
        step in 1usize..100,
    ) {
        let sent: Vec<(&[u8], &[u8])> = values.iter().map(|(name, value)| (&name[..], &value[..])).collect();
        let mut requests = Requests::new(Limits::default());
        requests.accept(begin(1, record::ROLE_RESPONDER, 0)).unwrap();
        for piece in stream(&sent).chunks(step) {
            prop_assert!(requests.accept(record(kind::PARAMS, 1, piece)).unwrap().is_none());
        }
        let request = requests.accept(record(kind::PARAMS, 1, b"")).unwrap();
        let Some(Event::Request(request)) = request else {
            return Err(TestCaseError::fail("no request"));
        };
        prop_assert!(request.variables.unwrap().iter().eq(sent));
    }
}
