use bytes::{BufMut, BytesMut};
use proptest::prelude::*;

use super::decode;
use crate::codec::CodecError;
use crate::limits::Limits;

fn encode(pairs: &[(&[u8], &[u8])]) -> BytesMut {
    let mut content = BytesMut::new();
    for text in pairs.iter().flat_map(|(name, value)| [name, value]) {
        content.put_u16_le(u16::try_from(text.len()).unwrap());
        content.put_slice(text);
    }
    let mut out = BytesMut::from(&[0][..]);
    out.put_u16_le(u16::try_from(content.len()).unwrap());
    out.put_u8(0);
    out.put_slice(&content);
    out
}

/// By the protocol's documentation: sizes in little endian, the name before the value.
#[test]
fn a_packet_by_its_bytes() {
    let packet = b"\0\x1d\0\0\x0e\0REQUEST_METHOD\x04\0POST\x01\0A\x02\0xyBODY";
    let mut buffer = BytesMut::from(&packet[..]);
    let variables = decode(&mut buffer, Limits::default()).unwrap().unwrap();
    assert_eq!(variables.get("REQUEST_METHOD"), Some(&b"POST"[..]));
    assert_eq!(variables.get("A"), Some(&b"xy"[..]));
    assert_eq!(buffer, "BODY");
}

#[test]
fn what_is_no_request_is_refused() {
    for wrong in [
        // Another modifier, a cut length, a cut text, a name without a value.
        &b"\x01\0\0\0"[..],
        b"\0\x01\0\0a",
        b"\0\x03\0\0\x02\0a",
        b"\0\x03\0\0\x01\0a",
    ] {
        let decoded = decode(&mut BytesMut::from(wrong), Limits::default());
        assert!(
            matches!(decoded, Err(CodecError::Malformed(_))),
            "{decoded:?}"
        );
    }
    let limits = Limits {
        head_bytes: 9,
        variables: 1,
    };
    let of = |bytes: &[u8]| decode(&mut BytesMut::from(bytes), limits).unwrap_err();
    assert_eq!(of(b"\0\x0a\0\0"), CodecError::TooLong { limit: 9 });
    assert_eq!(
        of(&encode(&[(b"", b""), (b"", b"")])),
        CodecError::TooMany { limit: 1 }
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn arbitrary_bytes_never_panic_and_pass_no_limit(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let limits = Limits { head_bytes: 200, variables: 8 };
        if let Ok(Some(variables)) = decode(&mut BytesMut::from(&bytes[..]), limits) {
            prop_assert!(variables.iter().count() <= 8);
        }
    }

    #[test]
    fn what_was_encoded_is_read_however_it_is_split(
        values in proptest::collection::vec(
            (proptest::collection::vec(any::<u8>(), 0..30), proptest::collection::vec(any::<u8>(), 0..60)),
            0..20,
        ),
        body in proptest::collection::vec(any::<u8>(), 0..40),
        step in 1usize..50,
    ) {
        let sent: Vec<(&[u8], &[u8])> = values.iter().map(|(name, value)| (&name[..], &value[..])).collect();
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
        prop_assert!(decoded.unwrap().iter().eq(sent));
        prop_assert_eq!(&buffer[..], &body[..]);
    }
}
