//! The request target, out of a decoded path.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

/// What may stand in a path (RFC 3986 section 3.3) is not encoded.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// A query is raw already: only what cannot be sent in one is encoded.
const QUERY: &AsciiSet = &PATH
    .remove(b'%')
    .remove(b'?')
    .remove(b'[')
    .remove(b']')
    .remove(b'|')
    .remove(b'^')
    .remove(b'{')
    .remove(b'}')
    .remove(b'`')
    .remove(b'\\');

/// The parts of a target as a server gives them, decoded.
pub(super) struct Target<'a> {
    pub(super) script_name: &'a [u8],
    pub(super) path_info: &'a [u8],
    pub(super) query: &'a [u8],
    /// The target as it was sent, where the server tells.
    pub(super) raw: Option<&'a [u8]>,
}

impl Target<'_> {
    /// The target, and how many bytes of it are the SCRIPT_NAME.
    pub(super) fn encode(&self) -> (String, usize) {
        let script_name = self
            .script_name
            .strip_suffix(b"/")
            .unwrap_or(self.script_name);
        let decoded = [script_name, self.path_info].concat();
        if self.raw == Some(b"*") && decoded.is_empty() {
            return ("*".to_owned(), 0);
        }
        let sent = self
            .raw
            .and_then(path_of)
            .filter(|path| *percent_decode(path.as_bytes()).collect::<Vec<_>>() == *decoded);
        let mut target = match sent {
            Some(path) => path.to_owned(),
            None => {
                let path = percent_encode(&decoded, PATH).to_string();
                if path.starts_with('/') {
                    path
                } else {
                    format!("/{path}")
                }
            }
        };
        let mounted = raw_len(&target, script_name.len());
        if !self.query.is_empty() {
            target.push('?');
            target.extend(percent_encode(self.query, QUERY));
        }
        (target, mounted)
    }
}

/// The path of a raw target, which may be in absolute form.
fn path_of(raw: &[u8]) -> Option<&str> {
    let raw = std::str::from_utf8(raw).ok()?;
    let raw = match raw.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            rest.find('/').map(|at| &rest[at..])?
        }
        _ => raw,
    };
    let path = raw.split(['?', '#']).next()?;
    path.starts_with('/').then_some(path)
}

/// How many bytes of a raw path so many decoded bytes are.
fn raw_len(raw: &str, decoded: usize) -> usize {
    let raw = raw.as_bytes();
    let is_hex = |at: usize| raw.get(at).is_some_and(u8::is_ascii_hexdigit);
    let mut at = 0;
    for _ in 0..decoded {
        at += if raw.get(at) == Some(&b'%') && is_hex(at + 1) && is_hex(at + 2) {
            3
        } else {
            1
        };
    }
    at.min(raw.len())
}
