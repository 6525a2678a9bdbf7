//! Finds the length of the prefix that actix's router matched, in the path that was sent.

use actix_web::dev::{Path, Url};

/// How many bytes of the raw path are the prefix (E3).
///
/// actix matches on a decoded copy of the path in which `%2F`, `%25` and `%2B` stay as they are.
/// So the slashes of the copy are those of the raw path, one by one. Counting them finds
/// the end of the matched segments.
#[inline]
pub(crate) fn raw_offset(matched: &Path<Url>, raw: &str) -> usize {
    let (copy, rest) = (matched.as_str(), matched.unprocessed());
    let Some(prefix) = copy.get(..copy.len() - rest.len()) else {
        return 0;
    };
    offset(prefix, rest, raw)
}

fn offset(prefix: &str, rest: &str, raw: &str) -> usize {
    // A pattern may end within a segment. The whole segment then belongs to the app.
    let ends_within = !rest.is_empty() && !rest.starts_with('/');
    let prefix = if ends_within {
        prefix.rsplit_once('/').map_or(prefix, |(whole, _)| whole)
    } else {
        prefix
    };
    // E2: a slash at the end belongs to PATH_INFO.
    let prefix = prefix.trim_end_matches('/');
    if prefix.is_empty() {
        return 0;
    }
    // Nothing was decoded: decoding makes a path shorter, and nothing makes it longer again.
    if prefix.len() + rest.len() == raw.len() {
        return prefix.len();
    }
    let slashes = prefix.bytes().filter(|byte| *byte == b'/').count();
    raw.bytes()
        .enumerate()
        .filter(|(_, byte)| *byte == b'/')
        .nth(slashes)
        .map_or(raw.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::offset;

    #[test]
    fn e3_the_offset_is_in_the_raw_path() {
        for (prefix, rest, raw, expected) in [
            ("", "/a", "/a", ""),
            ("/ap", "/x", "/ap/x", "/ap"),
            ("/ap", "", "/ap", "/ap"),
            ("/ap", "/", "/ap/", "/ap"),
            ("/a b", "/x", "/a%20b/x", "/a%20b"),
            ("/a%2Fb", "/x", "/a%2Fb/x", "/a%2Fb"),
            ("/u/\u{fffd}", "/x", "/u/%FF/x", "/u/%FF"),
            ("/a/", "/b", "/a//b", "/a"),
            ("//a", "/b", "//a/b", "//a"),
            ("/a/b", "c", "/a/bc", "/a"),
        ] {
            assert_eq!(offset(prefix, rest, raw), expected.len(), "{raw}");
        }
    }
}
