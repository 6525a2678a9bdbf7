//! Conditional requests and ranges of responses: Werkzeug's cases, and RFC 9110's beyond them.

mod common;

use std::time::{Duration, SystemTime};

use common::{Answer, answer, get, head, with};
use gateway_core::{App, Body, Environ, Error, Response, TryIntoResponse, view};
use gateway_util::{Conditions, ETag, Precondition, ResponseFields};

const DATE: &str = "Sun, 09 Sep 2001 01:46:40 GMT";
const BEFORE: &str = "Sun, 09 Sep 2001 01:46:39 GMT";
const AFTER: &str = "Sun, 09 Sep 2001 01:46:41 GMT";

fn date() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000)
}

fn tagged(tag: &'static str) -> impl App {
    view(move |environ: Environ| async move {
        let mut response = "Hello World".try_into_response()?;
        let tag = ETag::parse(tag.as_bytes()).ok_or_else(|| Error::msg("no tag"))?;
        response.set_etag(&tag);
        response.set_last_modified(date());
        Ok::<_, Error>(Conditions::of(&environ).apply_with_ranges(response))
    })
}

fn dated() -> impl App {
    view(async |environ: Environ| {
        let mut response = "Hello World".try_into_response()?;
        response.set_last_modified(date());
        Ok::<_, Error>(Conditions::of(&environ).apply_with_ranges(response))
    })
}

async fn ask(headers: &[(&str, &str)]) -> Answer {
    answer(tagged("\"foo\""), with("/", headers)).await
}

#[tokio::test]
async fn test_etag_response() {
    let plain = ask(&[]).await;
    assert_eq!(plain.status, 200);
    assert_eq!(plain.header("etag"), Some("\"foo\""));
    assert_eq!(plain.header("accept-ranges"), Some("bytes"));
    assert_eq!(plain.header("content-length"), Some("11"));

    let not_modified = ask(&[("if-none-match", "\"foo\"")]).await;
    assert_eq!(not_modified.status, 304);
    assert!(not_modified.body.is_empty());
    assert_eq!(not_modified.header("etag"), Some("\"foo\""));
    assert_eq!(not_modified.header("content-type"), None);
}

#[tokio::test]
async fn test_response_304_no_content_length() {
    let answer = ask(&[("if-none-match", "*")]).await;
    assert_eq!(answer.status, 304);
    assert_eq!(answer.header("content-length"), None);
}

#[tokio::test]
async fn test_etag_response_412() {
    let answer = ask(&[("if-match", "\"bar\"")]).await;
    assert_eq!(answer.status, 412);
    assert!(answer.text().contains("412 Precondition Failed"));
    assert_eq!(ask(&[("if-match", "\"foo\"")]).await.status, 200);
    assert_eq!(ask(&[("if-match", "*")]).await.status, 200);
}

#[tokio::test]
async fn n8_if_none_match_is_weak_and_hides_if_modified_since() {
    for (headers, expected) in [
        (&[("if-none-match", "W/\"foo\"")][..], 304),
        (&[("if-none-match", "\"bar\", \"foo\"")], 304),
        (&[("if-none-match", "\"bar\"")], 200),
        (&[("if-none-match", "foo")], 200),
        (&[("if-none-match", "\"foo")], 200),
        (
            &[("if-none-match", "\"bar\""), ("if-modified-since", DATE)],
            200,
        ),
        (&[("if-modified-since", DATE)], 304),
        (&[("if-modified-since", AFTER)], 304),
        (&[("if-modified-since", BEFORE)], 200),
        (&[("if-modified-since", "yesterday")], 200),
    ] {
        assert_eq!(ask(headers).await.status, expected, "{headers:?}");
    }
}

#[tokio::test]
async fn n8_if_match_is_strong_and_hides_if_unmodified_since() {
    for (headers, expected) in [
        (&[("if-match", "W/\"foo\"")][..], 412),
        (&[("if-match", "nonsense")], 412),
        (
            &[("if-match", "\"foo\""), ("if-unmodified-since", BEFORE)],
            200,
        ),
        (&[("if-unmodified-since", BEFORE)], 412),
        (&[("if-unmodified-since", DATE)], 200),
        (&[("if-unmodified-since", "tomorrow")], 200),
        // RFC 9110 section 13.2.2: a failed If-Match comes before a matching If-None-Match.
        (
            &[("if-match", "\"bar\""), ("if-none-match", "\"foo\"")],
            412,
        ),
    ] {
        assert_eq!(ask(headers).await.status, expected, "{headers:?}");
    }
    let weak = answer(tagged("W/\"foo\""), with("/", &[("if-match", "W/\"foo\"")])).await;
    assert_eq!(weak.status, 412);
}

#[tokio::test]
async fn a_tag_takes_the_place_of_the_date_in_a_304() {
    let answer_tag = ask(&[("if-modified-since", DATE)]).await;
    assert_eq!(answer_tag.header("last-modified"), None);
    let answer_date = answer(dated(), with("/", &[("if-modified-since", DATE)])).await;
    assert_eq!(answer_date.status, 304);
    assert_eq!(answer_date.header("last-modified"), Some(DATE));
}

#[tokio::test]
async fn only_answers_to_reads_that_went_well_are_looked_at() {
    let posted = answer(
        tagged("\"foo\""),
        http::Request::post("/")
            .header("if-none-match", "\"foo\"")
            .header("range", "bytes=0-1")
            .body(())
            .unwrap(),
    )
    .await;
    assert_eq!(
        (posted.status.as_u16(), posted.text()),
        (200, "Hello World")
    );

    let broken = view(async |environ: Environ| {
        let mut response = ("oh", 404).try_into_response()?;
        response.set_etag(&ETag::strong("foo")?);
        Ok::<_, Error>(Conditions::of(&environ).apply_with_ranges(response))
    });
    let headers = [("if-none-match", "\"foo\""), ("range", "bytes=0-0")];
    let broken = answer(broken, with("/", &headers)).await;
    assert_eq!((broken.status.as_u16(), broken.text()), (404, "oh"));
}

#[tokio::test]
async fn test_range_request_basic() {
    let part = ask(&[("range", "bytes=0-4")]).await;
    assert_eq!(part.status, 206);
    assert_eq!(part.header("content-range"), Some("bytes 0-4/11"));
    assert_eq!(part.header("content-length"), Some("5"));
    assert_eq!(
        part.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(part.header("etag"), Some("\"foo\""));
    assert_eq!(part.text(), "Hello");
    assert_eq!(ask(&[("range", "bytes=-5")]).await.text(), "World");
    assert_eq!(ask(&[("range", "bytes=6-")]).await.text(), "World");
}

#[tokio::test]
async fn test_range_request_out_of_bound() {
    let answer = ask(&[("range", "bytes=11-")]).await;
    assert_eq!(answer.status, 416);
    assert_eq!(answer.header("content-range"), Some("bytes */11"));
    assert!(
        answer
            .text()
            .contains("416 Requested Range Not Satisfiable")
    );
}

#[tokio::test]
async fn n8_what_is_no_single_range_of_bytes_is_ignored() {
    for range in [
        "items=0-1",
        "bytes=0-1,3-4",
        "bytes=4-2",
        "bytes",
        "",
        "bytes=a-",
    ] {
        let answer = ask(&[("range", range)]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text()),
            (200, "Hello World"),
            "{range}"
        );
        assert_eq!(answer.header("content-range"), None);
    }
}

#[tokio::test]
async fn n8_if_range_is_strong() {
    let range = ("range", "bytes=0-4");
    for (if_range, expected) in [
        ("\"foo\"", 206),
        ("\"bar\"", 200),
        ("W/\"foo\"", 200),
        (DATE, 206),
        (AFTER, 200),
        (BEFORE, 200),
        ("nonsense", 200),
    ] {
        let answer = ask(&[range, ("if-range", if_range)]).await;
        assert_eq!(answer.status, expected, "{if_range}");
    }
    let headers = [range, ("if-range", "W/\"foo\"")];
    assert_eq!(
        answer(tagged("W/\"foo\""), with("/", &headers))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn conditions_come_before_ranges() {
    let range = ("range", "bytes=0-4");
    assert_eq!(
        ask(&[range, ("if-none-match", "\"foo\"")]).await.status,
        304
    );
    assert_eq!(ask(&[range, ("if-match", "\"bar\"")]).await.status, 412);
}

#[tokio::test]
async fn ranges_are_defined_for_get_only() {
    let answer = answer(
        tagged("\"foo\""),
        head(with("/", &[("range", "bytes=0-4")])),
    )
    .await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-length"), Some("11"));
    assert!(answer.body.is_empty());
}

#[tokio::test]
async fn a_stream_of_known_length_is_read_over() {
    struct Chunks(Vec<&'static str>);
    impl http_body::Body for Chunks {
        type Data = bytes::Bytes;
        type Error = std::io::Error;
        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, std::io::Error>>>
        {
            let chunk = self.0.pop();
            std::task::Poll::Ready(chunk.map(|chunk| Ok(http_body::Frame::data(chunk.into()))))
        }
        fn size_hint(&self) -> http_body::SizeHint {
            http_body::SizeHint::with_exact(self.0.iter().map(|chunk| chunk.len() as u64).sum())
        }
    }
    let app = || {
        view(async |environ: Environ| {
            let body = Body::new(Chunks(vec!["ld", "o Wor", "", "ll", "He"]));
            Conditions::of(&environ).apply_with_ranges(Response::new(body))
        })
    };
    assert_eq!(answer(app(), get("/")).await.text(), "Hello World");
    for (range, expected) in [
        ("0-0", "H"),
        ("3-5", "lo "),
        ("4-8", "o Wor"),
        ("-3", "rld"),
    ] {
        let request = with("/", &[("range", &format!("bytes={range}"))]);
        let part = answer(app(), request).await;
        assert_eq!(part.status, 206, "{range}");
        assert_eq!(part.text(), expected, "{range}");
        assert_eq!(
            part.header("content-length"),
            Some(&*expected.len().to_string())
        );
    }
}

#[tokio::test]
async fn a_stream_of_unknown_length_has_no_ranges() {
    let app = view(async |environ: Environ| {
        let body = Body::from_chunks(["Hello ", "World"]);
        Conditions::of(&environ).apply_with_ranges(Response::new(body))
    });
    let answer = answer(app, with("/", &[("range", "bytes=0-4")])).await;
    assert_eq!(
        (answer.status.as_u16(), answer.text()),
        (200, "Hello World")
    );
    assert_eq!(answer.header("accept-ranges"), None);
}

#[tokio::test]
async fn test_range_request_without_length_of_nothing_is_ignored() {
    let app = view(async |environ: Environ| {
        Conditions::of(&environ).apply_with_ranges(Response::new(Body::empty()))
    });
    assert_eq!(
        answer(app, with("/", &[("range", "bytes=0-")]))
            .await
            .status,
        200
    );
}

#[test]
fn changes_are_made_to_the_state_that_the_client_means() {
    let conditions = |name: &str, value: &str| {
        let request = http::Request::put("/")
            .header(name, value)
            .body(())
            .unwrap();
        Conditions::of(&Environ::from_request(request))
    };
    let current = ETag::strong("v1").unwrap();
    assert!(
        conditions("if-match", "\"v1\"")
            .require(Some(&current))
            .is_ok()
    );
    assert!(
        conditions("if-match", "\"v0\"")
            .require(Some(&current))
            .is_err()
    );
    assert!(conditions("if-match", "*").require(None).is_err());
    assert!(conditions("if-none-match", "*").require(None).is_ok());
    assert!(
        conditions("if-none-match", "*")
            .require(Some(&current))
            .is_err()
    );
    assert_eq!(
        conditions("if-unmodified-since", BEFORE).evaluate(None, Some(date())),
        Precondition::PreconditionFailed
    );
    // RFC 9110 section 13.1.3: If-Modified-Since is for GET and HEAD.
    assert_eq!(
        conditions("if-modified-since", AFTER).evaluate(None, Some(date())),
        Precondition::Proceed
    );
}

#[tokio::test]
async fn add_etag_is_the_same_for_the_same_bytes() {
    let tag = |text: &'static str| {
        let mut response = text.try_into_response().unwrap();
        response.add_etag();
        response.headers().get("etag").cloned()
    };
    assert_eq!(tag("a"), tag("a"));
    assert_ne!(tag("a"), tag("b"));
    let mut stream = Body::from_chunks(["a"]).try_into_response().unwrap();
    stream.add_etag();
    assert!(!stream.headers().contains_key("etag"));
    let mut own = "a".try_into_response().unwrap();
    own.set_etag(&ETag::weak("mine").unwrap()).add_etag();
    assert_eq!(own.headers()["etag"], "W/\"mine\"");
}
