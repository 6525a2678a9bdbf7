//! The Forwarded header, RFC 7239.

/// What one proxy says: the pairs of an element, names in lower case.
pub(super) struct Element(Option<Vec<(String, Vec<u8>)>>);

impl Element {
    /// The `hops`th element from the right.
    ///
    /// The line is cut from its right end. A trusted proxy appends a well-formed element behind a
    /// comma; what a client sent before that, an open quote say, has no bearing on where it begins.
    pub(super) fn from_the_right(line: &[u8], hops: usize) -> Option<Self> {
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

    /// False for an element that breaks the grammar, or has a parameter twice.
    pub(super) fn is_well_formed(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn get(&self, name: &str) -> Option<&[u8]> {
        let pairs = self.0.as_ref()?;
        pairs
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| &**value)
    }
}

/// The last comma outside of quotes, counted from the right.
fn last_comma(line: &[u8]) -> Option<usize> {
    let mut quoted = false;
    for (at, byte) in line.iter().enumerate().rev() {
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
    backslashes.count() % 2 == 1
}

fn parse(element: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let mut pairs: Vec<(String, Vec<u8>)> = Vec::new();
    let mut rest = element.trim_ascii();
    if rest.is_empty() {
        return Some(pairs);
    }
    loop {
        let equals = rest.iter().position(|byte| *byte == b'=')?;
        let name = rest.get(..equals)?;
        if name.is_empty() || !name.iter().all(|byte| is_token(*byte)) {
            return None;
        }
        let name = String::from_utf8(name.to_ascii_lowercase()).ok()?;
        // RFC 7239 section 4: once at most. Two would let one be taken for the other.
        if pairs.iter().any(|(known, _)| *known == name) {
            return None;
        }
        let (value, behind) = value(rest.get(equals + 1..)?)?;
        pairs.push((name, value));
        let behind = behind.trim_ascii_start();
        match behind.split_first() {
            None => return Some(pairs),
            Some((b';', next)) => rest = next.trim_ascii_start(),
            Some(_) => return None,
        }
    }
}

/// A token or a quoted string, and what is behind it.
fn value(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let Some(mut rest) = text.strip_prefix(b"\"") else {
        let end = text
            .iter()
            .position(|byte| !is_loose_token(*byte))
            .unwrap_or(text.len());
        return (end > 0).then_some((text.get(..end)?.to_vec(), text.get(end..)?));
    };
    let mut value = Vec::new();
    loop {
        match rest.split_first()? {
            (b'"', behind) => return Some((value, behind)),
            (b'\\', behind) => {
                let (byte, behind) = behind.split_first()?;
                value.push(*byte);
                rest = behind;
            }
            (byte, behind) => {
                value.push(*byte);
                rest = behind;
            }
        }
    }
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Many proxies write `192.0.2.7:80` and `[::1]` without the quotes that the grammar asks for.
fn is_loose_token(byte: u8) -> bool {
    is_token(byte) || b":[]".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(line: &str, hops: usize, name: &str) -> Option<String> {
        let element = Element::from_the_right(line.as_bytes(), hops)?;
        element
            .get(name)
            .map(|value| String::from_utf8_lossy(value).into_owned())
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
            "for=a;",
            "for=a;;proto=http",
            "for=a proto=http",
            "for=\"a",
            "for=a;for=b",
            "for=a;FOR=b",
            "fo r=a",
            "for =a",
            "for=a\"b\"",
            ";",
        ] {
            let element = Element::from_the_right(bad.as_bytes(), 1).unwrap();
            assert!(!element.is_well_formed(), "{bad}");
            assert_eq!(element.get("for"), None, "{bad}");
        }
        assert!(Element::from_the_right(b"", 1).unwrap().is_well_formed());
    }
}
