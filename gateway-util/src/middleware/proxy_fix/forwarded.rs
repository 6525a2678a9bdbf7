//! Reads the `Forwarded` header (RFC 7239).

use std::borrow::Cow;

use crate::field::{self, Parameters};

/// The values of one proxy: the pairs of an element that are used.
pub(super) struct Element<'a>(Option<Pairs<'a>>);

/// RFC 7239 section 5. Pairs of other names are extensions.
#[derive(Default)]
struct Pairs<'a> {
    by: Option<Cow<'a, [u8]>>,
    node: Option<Cow<'a, [u8]>>,
    host: Option<Cow<'a, [u8]>>,
    proto: Option<Cow<'a, [u8]>>,
}

impl<'a> Element<'a> {
    /// The `hops`th element from the right.
    ///
    /// The line is read from its right end. A trusted proxy appends a well-formed element after a
    /// comma. What a client sent before that, such as an open quote, does not change where it
    /// begins.
    pub(super) fn from_the_right(line: &'a [u8], hops: usize) -> Option<Self> {
        let mut rest = Some(line);
        let mut element = None;
        for _ in 0..hops {
            let cut = last_comma(rest?);
            (rest, element) = match cut {
                Some(at) => (rest?.get(..at), rest?.get(at + 1..)),
                None => (None, rest),
            };
        }
        element.map(|element| Self(parse(element)))
    }

    /// False for an element that violates the grammar, or has a parameter twice.
    pub(super) fn is_well_formed(&self) -> bool {
        self.0.is_some()
    }

    /// `for`: the address that the request came from.
    pub(super) fn node(&self) -> Option<&[u8]> {
        self.0.as_ref()?.node.as_deref()
    }

    /// `host`: the host that the client asked for.
    pub(super) fn host(&self) -> Option<&[u8]> {
        self.0.as_ref()?.host.as_deref()
    }

    /// `proto`: the scheme that the client used.
    pub(super) fn proto(&self) -> Option<&[u8]> {
        self.0.as_ref()?.proto.as_deref()
    }
}

/// The last comma outside quotes, searched from the right.
fn last_comma(line: &[u8]) -> Option<usize> {
    let mut quoted = false;
    for (at, byte) in line.iter().enumerate().rev() {
        field::count(1);
        match byte {
            b'"' if !is_escaped(line, at) => quoted = !quoted,
            b',' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

fn is_escaped(line: &[u8], at: usize) -> bool {
    let before = line.get(..at).unwrap_or_default();
    let backslashes = before.iter().rev().take_while(|byte| **byte == b'\\');
    let backslashes = backslashes.count();
    field::count(backslashes);
    backslashes % 2 == 1
}

/// RFC 7239 section 4: pairs between semicolons, which may be empty. One malformed pair makes the
/// whole element invalid.
fn parse(element: &[u8]) -> Option<Pairs<'_>> {
    let mut pairs = Pairs::default();
    for pair in Parameters::new(element) {
        let pair = pair.ok()?;
        let place = match pair.name().to_ascii_lowercase().as_slice() {
            b"by" => &mut pairs.by,
            b"for" => &mut pairs.node,
            b"host" => &mut pairs.host,
            b"proto" => &mut pairs.proto,
            _ => continue,
        };
        // At most once. Of two, one could be read instead of the other.
        if place.replace(pair.value()).is_some() {
            return None;
        }
    }
    Some(pairs)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::field::assert_linear;
    use crate::middleware::proxy_fix::values;

    fn get(line: &str, hops: usize, name: &str) -> Option<String> {
        let element = Element::from_the_right(line.as_bytes(), hops)?;
        let value = match name {
            "for" => element.node(),
            "host" => element.host(),
            _ => element.proto(),
        };
        value.map(|value| String::from_utf8_lossy(value).into_owned())
    }

    #[test]
    fn elements_are_counted_from_the_right() {
        let line = "for=a, For=\"b,c\";proto=https ;host=\"x\\\"y\" , for=d";
        assert_eq!(get(line, 1, "for").as_deref(), Some("d"));
        assert_eq!(get(line, 2, "for").as_deref(), Some("b,c"));
        assert_eq!(get(line, 2, "host").as_deref(), Some("x\"y"));
        assert_eq!(get(line, 3, "for").as_deref(), Some("a"));
        assert!(Element::from_the_right(line.as_bytes(), 4).is_none());
    }

    #[test]
    fn an_open_quote_on_the_left_moves_no_trusted_element() {
        for evil in [
            "for=\"evil",
            "for=\"evil\\",
            "\"",
            "\"\"\"",
            "for=\"a\"b\"",
            "\\\"",
        ] {
            let line = format!("{evil}, for=\"[2001:db8::1]:80\";proto=https");
            assert_eq!(
                get(&line, 1, "for").as_deref(),
                Some("[2001:db8::1]:80"),
                "{line}"
            );
        }
    }

    #[test]
    fn malformed_elements_say_nothing() {
        for bad in [
            "for",
            "=a",
            "for=",
            "for=a proto=http",
            "for=\"a",
            "for=a;for=b",
            "for=a;FOR=b",
            "fo r=a",
            "for =a",
            "for=a\"b\"",
            "by=a;for=b;by=c",
            "for=a;x",
        ] {
            let element = Element::from_the_right(bad.as_bytes(), 1).unwrap();
            assert!(!element.is_well_formed(), "{bad}");
            assert_eq!(element.node(), None, "{bad}");
        }
        assert!(Element::from_the_right(b"", 1).unwrap().is_well_formed());
    }

    #[test]
    fn rfc7239_4_empty_pairs_say_nothing() {
        for line in [
            "for=192.0.2.1;proto=https;host=ex.example",
            "for=192.0.2.1;proto=https;host=ex.example;",
            ";for=192.0.2.1;;proto=https; ;host=ex.example;;",
            "for=\"192.0.2.1\" ; Proto=https ;\tHOST=ex.example",
            "for=192.0.2.1;proto=https;secret=\";for=x\";host=ex.example;ext=a;ext=b",
            "for=x;, for=192.0.2.1;proto=https;host=ex.example;",
        ] {
            for (name, value) in [
                ("for", "192.0.2.1"),
                ("proto", "https"),
                ("host", "ex.example"),
            ] {
                assert_eq!(get(line, 1, name).as_deref(), Some(value), "{line}");
            }
        }
    }

    #[test]
    fn forwarded_is_linear() {
        for unit in [
            "a=b;", ";", "for=a;", "for=a,", "\"", "\\", "\\\"", "a=\"b\";", "a=\"", ",", " ",
            "a1=b;",
        ] {
            assert_linear(unit, |size| {
                let line = unit.repeat(size);
                let _ = Element::from_the_right(line.as_bytes(), 1);
                let _ = Element::from_the_right(line.as_bytes(), size);
                let _ = values::from_the_right(line.as_bytes(), size).map(values::host);
            });
        }
    }

    proptest! {
        #[test]
        fn e13_what_a_client_sends_moves_nothing_on_the_right(evil in "[^\\p{Cc}]{0,60}") {
            let line = format!("{evil}, for=\"[2001:db8::1]:80\";proto=https");
            let node = get(&line, 1, "for");
            prop_assert_eq!(node.as_deref(), Some("[2001:db8::1]:80"));
        }
    }
}
