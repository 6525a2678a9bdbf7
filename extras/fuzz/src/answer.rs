use bytes::Bytes;
use futures_executor::block_on;
use gateway_core::{Body, Environ, Gateway, StartResponse, app_fn};
use http::{Method, Request};
use http_body_util::BodyExt;

/// The bytes are what an app answers: a method's first letter, a status on a line, header lines, an empty
/// line, and a body, whose lines are its chunks (S6 to S9, B4 to B8).
pub fn answer(data: &[u8]) {
    let Some((&letter, rest)) = data.split_first() else {
        return;
    };
    let (status, rest) = crate::cut(rest, b'\n');
    let (head, content) = match rest.windows(2).position(|two| two == b"\n\n") {
        Some(at) => (&rest[..at], &rest[at + 2..]),
        None => (rest, &[][..]),
    };
    let status = std::str::from_utf8(status).ok().and_then(|text| text.parse::<u16>().ok());
    let lines: Vec<(String, Bytes)> = head
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| crate::cut(line, b':'))
        .map(|(name, value)| (String::from_utf8_lossy(name).into_owned(), Bytes::copy_from_slice(value)))
        .collect();
    let chunks: Vec<_> = content.split(|byte| *byte == b'\n').map(Bytes::copy_from_slice).collect();
    let gateway = Gateway::new(app_fn(move |_: Environ, start_response: StartResponse| {
        let (lines, chunks) = (lines.clone(), chunks.clone());
        async move {
            start_response.start(status.unwrap_or(200), lines)?;
            Ok(Body::from_chunks(chunks))
        }
    }));
    let mut request = Request::new(());
    let is_head = letter == b'H';
    *request.method_mut() = if is_head { Method::HEAD } else { Method::GET };
    let (parts, ()) = request.into_parts();
    let response = block_on(gateway.handle(gateway.environ(parts, gateway_core::Input::empty())));
    let (parts, body) = response.into_parts();
    let status = parts.status.as_u16();
    assert!(status >= 200, "an interim status is no answer");
    for name in ["transfer-encoding", "te", "upgrade", "keep-alive", "proxy-connection"] {
        assert!(!parts.headers.contains_key(name), "{name}");
    }
    assert!(!parts.headers.contains_key("connection"));
    for (name, value) in &parts.headers {
        let value = value.as_bytes();
        let is_text = |byte: &u8| *byte == b'\t' || (*byte >= b' ' && *byte != 0x7f);
        assert!(value.iter().all(is_text), "{name}");
        assert!(value.trim_ascii() == value, "{name}");
    }
    let mut lengths = parts.headers.get_all("content-length").iter();
    let length: Option<usize> =
        lengths.next().map(|value| value.to_str().expect("text").parse().expect("a number"));
    assert!(lengths.next().is_none());
    let has_none = is_head || [204, 205, 304].contains(&status);
    assert!(length.is_none() || ![204, 304].contains(&status));
    match block_on(body.collect()) {
        Ok(collected) => {
            let bytes = collected.to_bytes();
            assert!(!has_none || bytes.is_empty());
            assert!(has_none || length.is_none_or(|length| length == bytes.len()));
        }
        // A body of another length than the head says is broken off (B5).
        Err(_) => assert!(length.is_some() && !has_none),
    }
}
