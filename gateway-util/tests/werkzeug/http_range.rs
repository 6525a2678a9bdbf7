//! `test_http.py`: ranges.

use std::time::{Duration, UNIX_EPOCH};

use gateway_util::{Conditions, ETag, RangeOutcome};

use crate::common::{environ, with};

#[test]
fn test_if_range_parsing() {
    let tag = ETag::strong("Test").unwrap();
    let is_part = |if_range: &str| {
        let headers = [("range", "bytes=0-1"), ("if-range", if_range)];
        let conditions = Conditions::of(&environ(with("/", &headers)));
        let outcome = conditions.range(10, Some(&tag), Some(UNIX_EPOCH));
        matches!(outcome, RangeOutcome::Part(_))
    };
    assert!(is_part("\"Test\""));
    assert!(is_part("Thu, 01 Jan 1970 00:00:00 GMT"));
    // A weak tag, one without quotes, another date, nothing: the whole is sent, which is never wrong.
    for other in ["W/\"Test\"", "Test", "Thu, 01 Jan 1970 00:00:01 GMT", ""] {
        assert!(!is_part(other), "{other}");
    }
}

fn range(value: &str) -> RangeOutcome {
    RangeOutcome::of(value.as_bytes(), 1000)
}

fn part(value: &str) -> Option<(u64, u64)> {
    match range(value) {
        RangeOutcome::Part(part) => Some((part.start(), part.last())),
        _ => None,
    }
}

#[test]
fn test_range_parsing() {
    assert_eq!(part("bytes=52-"), Some((52, 999)));
    assert_eq!(part("bytes=52-99"), Some((52, 99)));
    // Another unit, two ranges, and what is no range: the whole.
    for value in [
        "bytes=52",
        "bytes=52-99,-1000",
        "bytes = 1 - 100",
        "AWesomes=0-999",
        "bytes=-",
        "bytes=bad",
        "bytes=bad-1",
        "bytes=-bad",
        "bytes=52-99, bad",
    ] {
        assert_eq!(range(value), RangeOutcome::Whole, "{value}");
    }
}

#[test]
fn test_range_invalid_int() {
    for value in [
        "bytes=\u{1fbf1}\u{1fbf2}-",
        "bytes=+1-",
        "bytes=1-1_23",
        "bytes=0x1-2",
    ] {
        assert_eq!(range(value), RangeOutcome::Whole, "{value}");
    }
}

#[test]
fn test_is_resource_modified_for_range_requests() {
    let tag = ETag::of(b"awesome_if_range");
    let text = tag.to_string();
    let of = |headers: &[(&str, &str)]| Conditions::of(&environ(with("/", headers)));
    let same = of(&[("range", "bytes=0-1"), ("if-range", &text)]);
    assert!(matches!(
        same.range(10, Some(&tag), None),
        RangeOutcome::Part(_)
    ));
    let other = ETag::of(b"not_the_same");
    assert_eq!(same.range(10, Some(&other), None), RangeOutcome::Whole);
    // Without a Range, If-Range says nothing.
    let rangeless = of(&[("if-range", &text)]);
    assert_eq!(rangeless.range(10, Some(&tag), None), RangeOutcome::Whole);
    // A date has to be exactly that of the last change.
    let half_past_one = 1_199_194_200;
    let at = |seconds| Some(UNIX_EPOCH + Duration::from_secs(seconds));
    let dated = of(&[
        ("range", "bytes=0-1"),
        ("if-range", "Tue, 01 Jan 2008 13:30:00 GMT"),
    ]);
    assert!(matches!(
        dated.range(10, None, at(half_past_one)),
        RangeOutcome::Part(_)
    ));
    for seconds in [half_past_one + 1800, half_past_one - 1] {
        assert_eq!(dated.range(10, None, at(seconds)), RangeOutcome::Whole);
    }
}
