//! The request target (E5).

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use crate::variables::Variables;

/// What stands for itself in a path (RFC 3986 section 3.3), and the slash.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
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
    .remove(b'@')
    .remove(b'/');

/// The target as the client sent it; where the front end does not say it, one that decodes to the
/// path that it does say.
pub(super) fn of(variables: &Variables) -> Cow<'_, [u8]> {
    match variables.get("REQUEST_URI") {
        Some(target) if !target.is_empty() => Cow::Borrowed(target),
        _ => Cow::Owned(made(variables).into_bytes()),
    }
}

fn made(variables: &Variables) -> String {
    let script_name = variables.get("SCRIPT_NAME").unwrap_or_default();
    let path_info = variables.get("PATH_INFO").unwrap_or_default();
    let mut target = String::new();
    let script_name = match script_name {
        // E2: the root has no name.
        [rest @ .., b'/'] if rest.is_empty() || path_info.starts_with(b"/") => rest,
        whole => whole,
    };
    for half in [script_name, path_info] {
        target.extend(percent_encode(half, ENCODED));
    }
    if !target.starts_with('/') {
        target.insert(0, '/');
    }
    if let Some(query) = variables.text("QUERY_STRING") {
        target.push('?');
        target.push_str(query);
    }
    target
}
