//! `ETag`: entity tags, and how they are compared.

use std::error::Error as StdError;
use std::fmt;
#[cfg(feature = "etag")]
use std::fmt::Write;

use http::HeaderValue;
#[cfg(feature = "etag")]
use sha2::{Digest, Sha256};

use crate::field;

/// An entity tag: the name of one state of a resource (RFC 9110 section 8.8.3).
///
/// # Examples
///
/// ```
/// use gateway_util::ETag;
/// # fn main() -> Result<(), gateway_util::ETagError> {
/// let tag = ETag::strong("v1")?;
/// assert_eq!(tag.to_string(), "\"v1\"");
/// assert!(tag.weak_eq(&ETag::weak("v1")?));
/// assert!(!tag.strong_eq(&ETag::weak("v1")?));
/// assert!(ETag::strong("a\"b").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ETag {
    is_weak: bool,
    tag: String,
}

impl ETag {
    /// A tag. Equal tags mean equal bytes.
    ///
    /// # Errors
    ///
    /// If the text holds a quote, a space, a control character or anything beyond ASCII.
    pub fn strong(tag: impl Into<String>) -> Result<Self, ETagError> {
        let tag = tag.into();
        if !tag.bytes().all(is_etagc) {
            return Err(ETagError(()));
        }
        Ok(Self {
            is_weak: false,
            tag,
        })
    }

    /// A tag. Equal tags mean the same content for the reader. It serves caches, not ranges.
    ///
    /// # Errors
    ///
    /// As [`strong`](Self::strong).
    pub fn weak(tag: impl Into<String>) -> Result<Self, ETagError> {
        Ok(Self {
            is_weak: true,
            ..Self::strong(tag)?
        })
    }

    #[cfg(feature = "etag")]
    /// A strong tag made from the bytes: half of their SHA-256.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut tag = String::with_capacity(32);
        for byte in Sha256::digest(bytes).iter().take(16) {
            // Writing to a string cannot fail.
            let _ = write!(tag, "{byte:02x}");
        }
        Self {
            is_weak: false,
            tag,
        }
    }

    /// Reads the value of an `ETag` line.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (tag, rest) = parse_one(field::trim(value))?;
        rest.is_empty().then_some(tag)
    }

    /// The same tag as a weak one.
    #[must_use]
    pub fn into_weak(self) -> Self {
        Self {
            is_weak: true,
            ..self
        }
    }

    /// Another tag, for another form of the same state.
    #[cfg(feature = "files")]
    pub(super) fn with_suffix(mut self, suffix: &str) -> Self {
        self.tag.push('-');
        self.tag.push_str(suffix);
        self
    }

    /// True for a weak tag.
    #[must_use]
    pub fn is_weak(&self) -> bool {
        self.is_weak
    }

    /// True if both are equal and strong: for If-Match, If-Range.
    #[must_use]
    pub fn strong_eq(&self, other: &Self) -> bool {
        !self.is_weak && !other.is_weak && self.tag == other.tag
    }

    /// True if both are equal, weak or not: for If-None-Match.
    #[must_use]
    pub fn weak_eq(&self, other: &Self) -> bool {
        self.tag == other.tag
    }

    pub(crate) fn header_value(&self) -> HeaderValue {
        // A header value can hold everything that a tag can.
        HeaderValue::try_from(self.to_string()).unwrap_or(HeaderValue::from_static("\"\""))
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_weak {
            f.write_str("W/")?;
        }
        write!(f, "\"{}\"", self.tag)
    }
}

fn is_etagc(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x7E)
}

/// The tag at the start, and the rest.
fn parse_one(value: &[u8]) -> Option<(ETag, &[u8])> {
    let (is_weak, value) = match value.strip_prefix(b"W/") {
        Some(value) => (true, value),
        None => (false, value),
    };
    let value = value.strip_prefix(b"\"")?;
    let end = field::find(value, |byte| byte == b'"')?;
    let (tag, rest) = value.split_at_checked(end)?;
    let tag = ETag::strong(std::str::from_utf8(tag).ok()?).ok()?;
    Some((ETag { is_weak, ..tag }, rest.get(1..)?))
}

#[cfg(feature = "conditions")]
/// The value of If-Match or If-None-Match.
#[derive(Debug, Clone)]
pub(crate) enum ETagList {
    /// `*`: any existing state.
    Any,
    /// One of these.
    Tags(Vec<ETag>),
}

#[cfg(feature = "conditions")]
impl ETagList {
    /// Reads a list. An element that is not a tag is left out.
    pub(crate) fn parse(value: &[u8]) -> Self {
        if field::trim(value) == b"*" {
            return Self::Any;
        }
        let mut tags = Vec::new();
        let mut rest = value;
        loop {
            rest = field::trim_start(rest);
            if rest.is_empty() {
                return Self::Tags(tags);
            }
            if let Some((tag, behind)) = parse_one(rest) {
                tags.push(tag);
                rest = behind;
            }
            // A comma inside quotes belongs to a tag, one outside ends an element.
            rest = match field::find(rest, |byte| byte == b',') {
                Some(comma) => rest.get(comma + 1..).unwrap_or_default(),
                None => b"",
            };
        }
    }

    /// True if an element equals the current tag.
    pub(crate) fn has(&self, current: Option<&ETag>, eq: fn(&ETag, &ETag) -> bool) -> bool {
        match (self, current) {
            (Self::Any, _) => true,
            (Self::Tags(tags), Some(current)) => tags.iter().any(|tag| eq(tag, current)),
            (Self::Tags(_), None) => false,
        }
    }
}

/// Text that cannot be an entity tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ETagError(());

impl fmt::Display for ETagError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entity tag holds visible ASCII characters other than quotes")
    }
}

impl StdError for ETagError {}

#[cfg(all(test, feature = "conditions"))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::field::assert_linear;

    #[test]
    fn lists_keep_what_is_a_tag() {
        let ETagList::Tags(tags) = ETagList::parse(b" W/\"a\" , \"b,c\",bare, \"d\"x,, \"open")
        else {
            panic!("a list is not `*`");
        };
        let tags: Vec<_> = tags.iter().map(ETag::to_string).collect();
        assert_eq!(tags, ["W/\"a\"", "\"b,c\"", "\"d\""]);
        assert!(matches!(ETagList::parse(b" * "), ETagList::Any));
    }

    #[test]
    fn lists_of_tags_are_linear() {
        for unit in [
            "\"a\",", "\"", ",", "W/", "W/\"", "\"a b\",", "\" ", "a", "*", "\"a\"", " ",
        ] {
            assert_linear(unit, |size| {
                let line = unit.repeat(size);
                let _ = ETagList::parse(line.as_bytes()).has(None, ETag::weak_eq);
                let _ = ETag::parse(line.as_bytes());
            });
        }
    }

    proptest! {
        #[test]
        fn rfc9110_8_8_3_every_tag_of_a_list_is_found(
            tags in proptest::collection::vec(("[!#-~]{0,9}", any::<bool>()), 1..9),
            gap in "[ \t,]{0,3}",
        ) {
            let tags: Vec<_> = tags
                .iter()
                .map(|(tag, is_weak)| {
                    let tag = ETag::strong(tag.as_str()).unwrap();
                    if *is_weak { tag.into_weak() } else { tag }
                })
                .collect();
            let line: String = tags.iter().map(|tag| format!("{gap}{tag}{gap},")).collect();
            let list = ETagList::parse(line.as_bytes());
            for tag in &tags {
                prop_assert!(list.has(Some(tag), ETag::weak_eq));
                prop_assert_eq!(&ETag::parse(tag.to_string().as_bytes()).unwrap(), tag);
            }
            prop_assert!(!list.has(Some(&ETag::strong("longer-than-all").unwrap()), ETag::weak_eq));
        }

        #[test]
        fn any_bytes_are_a_list(line in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = ETagList::parse(&line);
        }
    }
}
