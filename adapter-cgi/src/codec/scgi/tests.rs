use bytes::{BufMut, BytesMut};
use proptest::prelude::*;

use super::decode;
use crate::codec::CodecError;
use crate::limits::Limits;
use crate::variables::Variables;

fn pairs(variables: &Variables) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    variables
        .iter()
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}

fn encode(pairs: &[(&[u8], &[u8])]) -> BytesMut {
    let mut content = BytesMut::new();
    for (name, value) in pairs {
        content.put_slice(name);
        content.put_u8(0);
        content.put_slice(value);
        content.put_u8(0);
    }
    let mut out = BytesMut::from(format!("{}:", content.len()).as_bytes());
    out.put_slice(&content);
    out.put_u8(b',');
    out
}

/// The specification's own example.
#[test]
fn the_example_of_the_specification() {
    let mut buffer = BytesMut::from(
        b"70:CONTENT_LENGTH\x0027\0SCGI\x001\0REQUEST_METHOD\0POST\0REQUEST_URI\0/deepthought\0,What is the answer to life?"
            .as_slice(),
    );
    let variables = decode(&mut buffer, Limits::default()).unwrap().unwrap();
    assert_eq!(
        pairs(&variables),
        [
            ("CONTENT_LENGTH", "27"),
            ("SCGI", "1"),
            ("REQUEST_METHOD", "POST"),
            ("REQUEST_URI", "/deepthought"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    assert_eq!(buffer, "What is the answer to life?");
}

#[test]
fn what_is_no_netstring_of_variables_is_refused() {
    for wrong in [
        &b":,"[..],
        b"a",
        b"01:a,",
        b"-1:,",
        b" 1:a,",
        b"0:,",
        b"2:a\0,",
        b"4:a\0b\0,",
        b"4:\0b\0c,",
        b"3:a\0b,",
        b"4:a\0b\0;",
        // Without one of the protocol's own variables, or in another order.
        b"17:CONTENT_LENGTH\x000\0,",
        b"24:SCGI\x001\0CONTENT_LENGTH\x000\0,",
        b"24:CONTENT_LENGTH\x000\0SCGI\x002\0,",
    ] {
        let decoded = decode(&mut BytesMut::from(wrong), Limits::default());
        assert!(
            matches!(decoded, Err(CodecError::Malformed(_))),
            "{}: {decoded:?}",
            wrong.escape_ascii()
        );
    }
}

#[test]
fn a_limit_is_passed_before_anything_is_kept() {
    let limits = Limits {
        head_bytes: 30,
        variables: 2,
    };
    let of = |bytes: &[u8]| decode(&mut BytesMut::from(bytes), limits);
    assert_eq!(of(b"31:").unwrap_err(), CodecError::TooLong { limit: 30 });
    assert_eq!(
        of(b"1234567890").unwrap_err(),
        CodecError::TooLong { limit: 30 }
    );
    assert!(of(b"30:").unwrap().is_none());
    let three = encode(&[(b"CONTENT_LENGTH", b"0"), (b"SCGI", b"1"), (b"a", b"b")]);
    assert_eq!(of(&three).unwrap_err(), CodecError::TooMany { limit: 2 });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn arbitrary_bytes_never_panic_and_pass_no_limit(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let limits = Limits { head_bytes: 200, variables: 8 };
        let mut buffer = BytesMut::from(&bytes[..]);
        if let Ok(Some(variables)) = decode(&mut buffer, limits) {
            prop_assert!(variables.iter().count() <= 8);
        }
    }

    #[test]
    fn what_was_encoded_is_read_however_it_is_split(
        values in proptest::collection::vec(("[A-Z_]{1,20}", "[^\0]{0,40}"), 0..20),
        body in proptest::collection::vec(any::<u8>(), 0..40),
        step in 1usize..50,
    ) {
        let mut sent: Vec<(&[u8], &[u8])> = vec![(b"CONTENT_LENGTH", b"7"), (b"SCGI", b"1")];
        let others = values.iter().filter(|(name, _)| name != "SCGI");
        sent.extend(others.map(|(name, value)| (name.as_bytes(), value.as_bytes())));
        let mut wire = encode(&sent);
        wire.put_slice(&body);
        let mut buffer = BytesMut::new();
        let mut decoded = None;
        for piece in wire.chunks(step) {
            buffer.put_slice(piece);
            if decoded.is_none() {
                decoded = decode(&mut buffer, Limits::default()).unwrap();
            }
        }
        let decoded = decoded.unwrap();
        prop_assert!(decoded.iter().eq(sent));
        prop_assert_eq!(&buffer[..], &body[..]);
    }
}
