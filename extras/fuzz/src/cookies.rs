use gateway_core::Environ;
use gateway_util::EnvironExt;

/// The bytes are the value of Cookie (RFC 6265bis section 5.6, with a server's leniency).
pub fn cookies(data: &[u8]) {
    let Some(request) = crate::request("cookie", data) else {
        return;
    };
    let environ = Environ::from_request(request);
    let cookies = environ.cookies();
    let read: Vec<_> = cookies.iter().collect();
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
    let trim = |mut bytes: &[u8]| -> Vec<u8> {
        while bytes.first().is_some_and(is_space) {
            bytes = &bytes[1..];
        }
        while bytes.last().is_some_and(is_space) {
            bytes = &bytes[..bytes.len() - 1];
        }
        bytes.to_vec()
    };
    let expected: Vec<(String, String)> = data
        .split(|byte| *byte == b';')
        .filter(|pair| pair.contains(&b'='))
        .map(|pair| crate::cut(pair, b'='))
        .map(|(name, value)| (trim(name), trim(value)))
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, value)| {
            let is_quoted = value.len() > 1 && value.starts_with(b"\"") && value.ends_with(b"\"");
            let value = if is_quoted { &value[1..value.len() - 1] } else { &value };
            let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
            (text(&name), text(value))
        })
        .collect();
    assert!(read.iter().copied().eq(expected.iter().map(|(name, value)| (&**name, &**value))));
}
