//! `VarName`: the name of a variable that a middleware or a host sets in the environ.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use super::cgi::KEYS;

/// The name of a variable that a middleware or a host adds to the environ, such as `REMOTE_USER`.
///
/// The names of the request's own variables ([`Environ::get`](crate::Environ::get) lists them) and
/// `HTTP_*` are refused, so a variable and an accessor can never disagree. So are the names of WSGI
/// itself, `wsgi.*`, because a WSGI app would take them for its server's.
///
/// # Examples
///
/// ```
/// use gateway_core::{Environ, VarName};
///
/// // Checked when it is compiled.
/// const REQUEST_ID: VarName = VarName::new("REQUEST_ID");
///
/// let mut environ = Environ::from_request(http::Request::new(()));
/// environ.set_var(REQUEST_ID, "42");
/// assert_eq!(environ.get("REQUEST_ID").map(|id| id.to_string()), Some("42".into()));
///
/// // Known at run time only.
/// assert!(VarName::try_from("HTTP_HOST".to_owned()).is_err());
/// ```
///
/// ```compile_fail
/// use gateway_core::VarName;
///
/// const PATH: VarName = VarName::new("PATH_INFO");
/// # let _ = PATH;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VarName(Cow<'static, str>);

impl VarName {
    /// Makes a name that is known when the program is compiled.
    ///
    /// # Panics
    ///
    /// If the request itself has a variable of this name, or no variable can have it. In a `const`
    /// that is an error of the compiler.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        match check(name) {
            Ok(()) => Self(Cow::Borrowed(name)),
            #[expect(clippy::panic, reason = "a constant that is wrong must not compile")]
            Err(Kind::Reserved) => {
                panic!("the request itself has a variable of this name")
            }
            #[expect(clippy::panic, reason = "a constant that is wrong must not compile")]
            Err(Kind::Malformed) => {
                panic!("the name of a variable is visible ASCII without `=`, and not empty")
            }
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for VarName {
    type Error = VarNameError;

    fn try_from(name: String) -> Result<Self, VarNameError> {
        match check(&name) {
            Ok(()) => Ok(Self(Cow::Owned(name))),
            Err(kind) => Err(VarNameError { name, kind }),
        }
    }
}

impl TryFrom<&str> for VarName {
    type Error = VarNameError;

    fn try_from(name: &str) -> Result<Self, VarNameError> {
        Self::try_from(name.to_owned())
    }
}

impl fmt::Display for VarName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const fn check(name: &str) -> Result<(), Kind> {
    let bytes = name.as_bytes();
    if bytes.is_empty() {
        return Err(Kind::Malformed);
    }
    let mut at = 0;
    while at < bytes.len() {
        // Names of a process environment end at `=`.
        if !bytes[at].is_ascii_graphic() || bytes[at] == b'=' {
            return Err(Kind::Malformed);
        }
        at += 1;
    }
    if begins(bytes, b"HTTP_") || begins(bytes, b"wsgi.") {
        return Err(Kind::Reserved);
    }
    let mut at = 0;
    while at < KEYS.len() {
        let key = KEYS[at].as_bytes();
        if key.len() == bytes.len() && begins(bytes, key) {
            return Err(Kind::Reserved);
        }
        at += 1;
    }
    Ok(())
}

const fn begins(bytes: &[u8], prefix: &[u8]) -> bool {
    if bytes.len() < prefix.len() {
        return false;
    }
    let mut at = 0;
    while at < prefix.len() {
        if bytes[at] != prefix[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// A text that cannot name a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VarNameError {
    name: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Reserved,
    Malformed,
}

impl VarNameError {
    /// True if the request itself has a variable of this name.
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        self.kind == Kind::Reserved
    }
}

impl fmt::Display for VarNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Reserved => write!(f, "{} is a variable of the request itself", self.name),
            Kind::Malformed => write!(
                f,
                "{:?} cannot name a variable: only visible ASCII without `=` can",
                self.name
            ),
        }
    }
}

impl StdError for VarNameError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_request_are_refused() {
        let others = ["HTTP_HOST", "HTTP_PROXY", "HTTP_", "wsgi.input", "wsgi."];
        for name in KEYS.into_iter().chain(others) {
            assert!(VarName::try_from(name).unwrap_err().is_reserved(), "{name}");
        }
        for name in ["", "A=B", "A B", "A\0", "\u{e4}"] {
            assert!(
                !VarName::try_from(name).unwrap_err().is_reserved(),
                "{name}"
            );
        }
        for name in ["REMOTE_USER", "PATH_INFO_", "PATH", "wsgi", "HTTPS"] {
            assert_eq!(VarName::try_from(name).unwrap().as_str(), name);
        }
    }
}
