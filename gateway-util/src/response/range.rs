//! `ByteRange` and `RangeOutcome`: the `Range` header.

#[cfg(feature = "conditions")]
use http::HeaderValue;

use crate::field;

/// A part of a representation; never empty.
///
/// See [`RangeOutcome::of`], which makes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRange {
    start: u64,
    length: u64,
}

/// What a `Range` header asks for, given the length.
///
/// See [`of`](Self::of), which makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RangeOutcome {
    /// Everything, with a 200: there is no range, it is malformed or of another unit, or there are
    /// several.
    Whole,
    /// This part, with a 206.
    Part(ByteRange),
    /// A range outside the content: 416.
    Unsatisfiable,
}

impl ByteRange {
    /// The offset of the first byte.
    #[must_use]
    pub const fn start(self) -> u64 {
        self.start
    }

    /// How many bytes; at least one.
    #[expect(clippy::len_without_is_empty, reason = "a range is never empty")]
    #[must_use]
    pub const fn len(self) -> u64 {
        self.length
    }

    /// The offset of the last byte.
    #[must_use]
    pub const fn last(self) -> u64 {
        self.start + (self.length - 1)
    }

    #[cfg(feature = "conditions")]
    /// The value of `Content-Range` for this part of `complete` bytes.
    pub(crate) fn content_range(self, complete: u64) -> HeaderValue {
        let text = format!("bytes {}-{}/{complete}", self.start, self.last());
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("bytes */*"))
    }
}

impl RangeOutcome {
    /// Reads the value of a `Range` line against the length of the representation.
    ///
    /// RFC 9110 section 14.2 lets a server ignore ranges that it does not want to serve: another
    /// unit, a malformed range, several ranges, any range of an empty content.
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_util::RangeOutcome;
    ///
    /// let RangeOutcome::Part(part) = RangeOutcome::of(b"bytes=-4", 10) else { unreachable!() };
    /// assert_eq!((part.start(), part.last(), part.len()), (6, 9, 4));
    /// assert_eq!(RangeOutcome::of(b"bytes=10-", 10), RangeOutcome::Unsatisfiable);
    /// assert_eq!(RangeOutcome::of(b"lines=1-2", 10), RangeOutcome::Whole);
    /// assert_eq!(RangeOutcome::of(b"bytes=0-1,4-5", 10), RangeOutcome::Whole);
    /// ```
    #[must_use]
    pub fn of(value: &[u8], length: u64) -> Self {
        Self::parse(value, length).unwrap_or(Self::Whole)
    }

    fn parse(value: &[u8], length: u64) -> Option<Self> {
        let value = field::trim(value);
        let equals = field::find(value, |byte| byte == b'=')?;
        let (unit, ranges) = (value.get(..equals)?, value.get(equals + 1..)?);
        if !unit.eq_ignore_ascii_case(b"bytes") || length == 0 {
            return None;
        }
        let mut ranges = field::elements(ranges);
        let (first, last) = std::str::from_utf8(ranges.next()?).ok()?.split_once('-')?;
        if ranges.next().is_some() {
            return None;
        }
        let (start, end) = match (number(first), number(last)) {
            (None, Some(suffix)) if first.is_empty() => (length - suffix.min(length), length),
            (Some(start), None) if last.is_empty() => (start, length),
            (Some(start), Some(last)) if start <= last => {
                (start, last.saturating_add(1).min(length))
            }
            _ => return None,
        };
        if start >= end {
            return Some(Self::Unsatisfiable);
        }
        Some(Self::Part(ByteRange {
            start,
            length: end - start,
        }))
    }
}

/// Digits only. A number that is too large for `u64` is larger than any length.
fn number(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::field::assert_linear;

    fn of(value: &str, length: u64) -> Option<(u64, u64)> {
        match RangeOutcome::of(value.as_bytes(), length) {
            RangeOutcome::Part(part) => Some((part.start(), part.last())),
            RangeOutcome::Whole => None,
            RangeOutcome::Unsatisfiable => Some((u64::MAX, u64::MAX)),
        }
    }

    #[test]
    fn n8_one_range_is_read_in_all_its_forms() {
        const NONE: Option<(u64, u64)> = Some((u64::MAX, u64::MAX));
        for (value, expected) in [
            ("bytes=0-0", Some((0, 0))),
            ("bytes=2-4", Some((2, 4))),
            ("BYTES=2-4", Some((2, 4))),
            ("bytes= 2-4 ,", Some((2, 4))),
            ("bytes=2-", Some((2, 9))),
            ("bytes=2-99", Some((2, 9))),
            ("bytes=-3", Some((7, 9))),
            ("bytes=-99", Some((0, 9))),
            ("bytes=2-99999999999999999999999", Some((2, 9))),
            ("bytes=-99999999999999999999999", Some((0, 9))),
            ("bytes=10-", NONE),
            ("bytes=10-12", NONE),
            ("bytes=-0", NONE),
            ("bytes=99999999999999999999999-", NONE),
            ("bytes=4-2", None),
            ("bytes=+1-2", None),
            ("bytes=1-+2", None),
            ("bytes=-", None),
            ("bytes=", None),
            ("bytes", None),
            ("bytes=a-b", None),
            ("bytes=1-2-3", None),
            ("bytes=0-1,3-4", None),
            ("items=0-1", None),
            ("", None),
        ] {
            assert_eq!(of(value, 10), expected, "{value}");
        }
        assert_eq!(of("bytes=0-", 0), None);
    }

    #[test]
    fn ranges_are_linear() {
        for unit in ["0-1,", "-", ",", "1", "bytes=", "\"", " ", "0-"] {
            assert_linear(unit, |size| {
                let _ = RangeOutcome::of(format!("bytes={}", unit.repeat(size)).as_bytes(), 10);
                let _ = RangeOutcome::of(unit.repeat(size).as_bytes(), 10);
            });
        }
    }

    proptest! {
        #[test]
        fn rfc9110_14_1_2_a_part_lies_within_the_whole(
            first in prop_oneof![Just(String::new()), (0_u64..40).prop_map(|n| n.to_string())],
            last in prop_oneof![Just(String::new()), (0_u64..40).prop_map(|n| n.to_string())],
            length in 0_u64..30,
        ) {
            if let RangeOutcome::Part(part) = RangeOutcome::of(format!("bytes={first}-{last}").as_bytes(), length) {
                prop_assert!(part.len() > 0 && part.last() < length);
                match (first.parse::<u64>(), last.parse::<u64>()) {
                    (Ok(first), _) => prop_assert_eq!(part.start(), first),
                    (_, Ok(suffix)) => prop_assert_eq!(part.len(), suffix.min(length)),
                    _ => prop_assert!(false, "a part of `-`"),
                }
            }
        }

        #[test]
        fn any_bytes_are_a_range_or_none(value in proptest::collection::vec(any::<u8>(), 0..50)) {
            let value = [b"bytes=", &*value].concat();
            let _ = RangeOutcome::of(&value, 10);
        }
    }
}
