//! Reads weights, such as `q=0.5` (RFC 9110 section 12.4.2).

/// `0.5` as 500. At most 1, and at most three decimals. A missing zero is added, because Java's own
/// client sends `.2`.
pub(crate) fn weight(text: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(text).ok()?;
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let are_digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(whole) || !are_digits(decimals) || (whole.is_empty() && decimals.is_empty()) {
        return None;
    }
    if whole.bytes().any(|digit| digit != b'0') {
        return Some(1000);
    }
    let digit = |place| {
        decimals
            .as_bytes()
            .get(place)
            .map_or(0, |byte| u16::from(byte - b'0'))
    };
    let weight = digit(0) * 100 + digit(1) * 10 + digit(2);
    // A very small weight is not a refusal.
    let is_refused = decimals.bytes().all(|digit| digit == b'0');
    Some(if is_refused { 0 } else { weight.max(1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc9110_12_4_2_weights() {
        for (text, expected) in [
            ("1", Some(1000)),
            ("1.000", Some(1000)),
            ("0", Some(0)),
            ("0.000", Some(0)),
            ("0.5", Some(500)),
            ("0.123", Some(123)),
            ("0.1239", Some(123)),
            ("0.0001", Some(1)),
            (".2", Some(200)),
            ("1.", Some(1000)),
            ("0.", Some(0)),
            ("2", Some(1000)),
            ("1.5", Some(1000)),
            ("99999999999999999999999999", Some(1000)),
            ("", None),
            (".", None),
            ("-1", None),
            ("+1", None),
            ("1e3", None),
            ("NaN", None),
            ("0,5", None),
            ("0.5.5", None),
            ("\u{661}", None),
        ] {
            assert_eq!(weight(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(weight(b"\xFF"), None);
    }
}
