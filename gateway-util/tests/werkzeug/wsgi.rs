//! `test_wsgi.py`: parts of bodies. `test_closing_iterator` is in `tests/middleware_dispatch.rs`.

use gateway_core::{Body, TryIntoResponse};
use gateway_util::{Conditions, read_exactly};

use crate::common::{environ, with};

/// The part of a body that is asked for.
async fn part(body: Body, range: &str) -> String {
    let conditions = Conditions::of(&environ(with("/", &[("range", range)])));
    let response = conditions.apply_with_ranges(body.try_into_response().unwrap());
    let bytes = response.into_body().bytes().await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A stream of pieces whose length is known.
fn pieces(pieces: &'static [&'static str]) -> Body {
    let length = pieces.iter().map(|piece| piece.len() as u64).sum();
    let reader = pieces.iter().fold(
        Box::new(tokio::io::empty()) as Box<dyn tokio::io::AsyncRead + Send + Unpin>,
        |reader, piece| Box::new(tokio::io::AsyncReadExt::chain(reader, piece.as_bytes())),
    );
    read_exactly(reader, length)
}

#[tokio::test]
async fn test_range_wrapper() {
    let whole = || Body::from("Hello World");
    assert_eq!(part(whole(), "bytes=6-9").await, "Worl");
    assert_eq!(part(whole(), "bytes=6-105").await, "World");
    assert_eq!(part(whole(), "bytes=6-").await, "World");
    for split in [
        &["He", "ll", "o ", "Wo", "rl", "d"][..],
        &["He", "ll", "o W", "o", "rld"],
        &["Hello", " World"],
        &["Hello World"],
        &["H", "e", "l", "l", "o", " ", "W", "o", "r", "l", "d"],
    ] {
        assert_eq!(part(pieces(split), "bytes=6-9").await, "Worl", "{split:?}");
        assert_eq!(part(pieces(split), "bytes=1-1").await, "e", "{split:?}");
        assert_eq!(part(pieces(split), "bytes=0-10").await, "Hello World");
        assert_eq!(part(pieces(split), "bytes=-1").await, "d", "{split:?}");
    }
}
