//! Reads comma-separated lists (RFC 9110 section 5.6.1).

use super::{find, quoted, trim};

/// The elements of a list without the white space around them. Empty elements are skipped, and a
/// comma inside a quoted string separates nothing.
///
/// An unclosed string reaches to the end of the list, and its element is the last one.
pub(crate) fn elements(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(list);
    std::iter::from_fn(move || {
        loop {
            let list = rest?;
            let end = end_of_element(list);
            let element = trim(list.get(..end).unwrap_or_default());
            rest = list.get(end + 1..);
            if !element.is_empty() {
                return Some(element);
            }
        }
    })
}

/// The position of the comma that ends the first element.
fn end_of_element(list: &[u8]) -> usize {
    end_at(list, b',')
}

/// The position of the first such byte outside quoted strings, or the end.
pub(super) fn end_at(text: &[u8], separator: u8) -> usize {
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let Some(found) = find(rest, |byte| byte == separator || byte == b'"') else {
            break;
        };
        at += found;
        if text.get(at) == Some(&separator) {
            return at;
        }
        let Some((inside, _)) = quoted::cut(text.get(at..).unwrap_or_default()) else {
            break;
        };
        at += inside.len() + 2;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::assert_linear;

    #[test]
    fn rfc9110_5_6_1_lists() {
        let split = |list: &'static str| elements(list.as_bytes()).collect::<Vec<_>>();
        assert_eq!(split("a , b,\tc"), [b"a", b"b", b"c"]);
        assert_eq!(split(", a, ,,b ,"), [b"a", b"b"]);
        assert_eq!(split("a=\"x,y\\\",z\", b"), [&b"a=\"x,y\\\",z\""[..], b"b"]);
        assert_eq!(split("a, b=\"c, d"), [&b"a"[..], b"b=\"c, d"]);
        assert_eq!(split("a\u{a0},b"), ["a\u{a0}".as_bytes(), b"b"]);
        assert!(split("").is_empty() && split(" ,\t, ").is_empty());
    }

    #[test]
    fn lists_are_linear() {
        for unit in [
            ",", "a,", "\"", "\"a\",", "\"\\", "\\\"", " ,", "\",\"", " ",
        ] {
            assert_linear(unit, |size| {
                elements(unit.repeat(size).as_bytes()).for_each(drop);
            });
        }
    }
}
