//! Conditions and ranges, for whatever a client sends.

mod common;

use std::time::{Duration, UNIX_EPOCH};

use common::environ;
use gateway_util::{Conditions, ETag, Precondition, RangeOutcome};
use http::{HeaderValue, Request};
use proptest::prelude::*;

const NAMES: [&str; 6] = [
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
    "if-range",
    "range",
];

/// What such fields are made of.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"\"v1\"".to_vec()),
        Just(b"W/\"v1\"".to_vec()),
        Just(b"*".to_vec()),
        Just(b", ".to_vec()),
        Just(b"bytes=".to_vec()),
        Just(b"0-4".to_vec()),
        Just(b"-".to_vec()),
        Just(b"Sun, 09 Sep 2001 01:46:40 GMT".to_vec()),
        Just(b"Sun, 09 Sep 2001 01:46:41 GMT".to_vec()),
        prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn n8_any_conditions_are_judged_in_the_order_of_rfc9110_13_2_2(
        fields in prop::collection::vec((0_usize..6, value()), 0..4),
    ) {
        let mut request = Request::new(());
        for (place, value) in fields {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                request.headers_mut().insert(NAMES[place], value);
            }
        }
        let has = |name: &str| request.headers().contains_key(name);
        let is_plain = !NAMES[..4].iter().any(|name| has(name));
        let is_ranged = has("range");
        let conditions = Conditions::of(&environ(request));
        let tag = ETag::strong("v1").unwrap();
        let modified = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let outcome = conditions.evaluate(Some(&tag), Some(modified));
        if is_plain {
            prop_assert_eq!(outcome, Precondition::Proceed);
        }
        let part = conditions.range(10, Some(&tag), Some(modified));
        if !is_ranged {
            prop_assert_eq!(part, RangeOutcome::Whole);
        }
        if let RangeOutcome::Part(part) = part {
            prop_assert!(part.last() < 10);
        }
    }
}
