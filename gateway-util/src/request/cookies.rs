//! Reads the `Cookie` field.

use super::Pairs;
use crate::field;

/// Reads the value of a `Cookie` line: pairs, separated by semicolons.
///
/// Only spaces and tabs are trimmed (RFC 6265bis section 5.6): a browser that keeps other white space
/// in a name would let `\u{2000}__Host-id` pass for `__Host-id` here. A pair without `=` or without a
/// name is left out.
pub(super) fn parse(line: &[u8]) -> Pairs {
    field::count(line.len());
    line.split(|byte| *byte == b';').filter_map(pair).collect()
}

fn pair(pair: &[u8]) -> Option<(String, String)> {
    let equals = field::find(pair, |byte| byte == b'=')?;
    let name = field::trim(pair.get(..equals)?);
    let value = field::trim(pair.get(equals + 1..)?);
    let value = value
        .strip_prefix(b"\"")
        .and_then(|value| value.strip_suffix(b"\""))
        .unwrap_or(value);
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    (!name.is_empty()).then(|| (text(name), text(value)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::field::assert_linear;

    fn read(line: &str) -> Vec<(String, String)> {
        parse(line.as_bytes())
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    #[test]
    fn rfc6265bis_5_6_only_space_and_tab_are_trimmed() {
        for space in ["\u{2000}", "\u{a0}", "\u{3000}", "\u{85}", "\x0b", "\x0c"] {
            let cookies = parse(format!("{space}user=evil; user=good").as_bytes());
            assert_eq!(cookies.get("user"), Some("good"), "{space:?}");
            let cookies = parse(format!("user{space}=evil; user=good").as_bytes());
            assert_eq!(cookies.get("user"), Some("good"), "{space:?}");
            let cookies = parse(format!("user=a{space}; b={space}").as_bytes());
            assert_eq!(cookies.get("user"), Some(&*format!("a{space}")));
            assert_eq!(cookies.get("b"), Some(space));
        }
        assert_eq!(
            read(" \ta\t=\t1 ;b = \"2\" ;c=; =d; e;f=\"; g=\"\"; h=i=j"),
            [
                ("a", "1"),
                ("b", "2"),
                ("c", ""),
                ("f", "\""),
                ("g", ""),
                ("h", "i=j")
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
    }

    #[test]
    fn cookies_are_linear() {
        for unit in [";", "a=b;", "=", " ", "a", "\"", "a=\"", "\u{2000}"] {
            assert_linear(unit, |size| {
                let _ = parse(unit.repeat(size).as_bytes());
            });
        }
    }

    proptest! {
        #[test]
        fn what_a_client_sends_is_read(
            sent in proptest::collection::vec(("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,9}", "[!#-+--:<-\\[\\]-~]{0,9}"), 0..9),
        ) {
            let line: Vec<_> = sent.iter().map(|(name, value)| format!("{name}={value}")).collect();
            prop_assert_eq!(read(&line.join("; ")), sent);
        }

        #[test]
        fn any_bytes_are_cookies_or_left_out(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            for (name, _) in parse(&line).iter() {
                prop_assert!(!name.is_empty() && !name.contains([';', '=']));
            }
        }
    }
}
