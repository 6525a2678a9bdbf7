//! `Session`: the app under test, how it is reached, and the cookies.

use std::sync::{Mutex, MutexGuard, PoisonError};

use gateway_core::{Connection, Gateway};
use http::Version;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::jar::Jar;
use crate::witness::Witness;

/// Characters that a path cannot hold as they are (RFC 3986 section 3.3); a `%` of a prefix is
/// data, too.
const NOT_IN_A_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The app, how it is reached, and the cookies.
pub(crate) struct Session {
    pub(crate) gateway: Gateway<Witness>,
    pub(crate) connection: Connection,
    /// The host, with its port if the origin names one.
    pub(crate) authority: String,
    /// The mount point of the app: decoded text without a slash at its end.
    pub(crate) prefix: String,
    pub(crate) version: Version,
    jar: Mutex<Jar>,
}

impl Session {
    /// An app at `http://localhost`, over HTTP/1.1.
    pub(crate) fn new(app: Witness) -> Self {
        Self {
            gateway: Gateway::new(app),
            connection: Connection::new(),
            authority: "localhost".to_owned(),
            prefix: String::new(),
            version: Version::HTTP_11,
            jar: Mutex::default(),
        }
    }

    /// The whole target of a path below the mount point. `None` if the path does not begin with a
    /// slash.
    pub(crate) fn target(&self, path: &str) -> Option<String> {
        if path == "*" {
            return Some(path.to_owned());
        }
        let is_mount_point = !self.prefix.is_empty() && (path.is_empty() || path.starts_with('?'));
        (path.starts_with('/') || is_mount_point).then(|| {
            let prefix = utf8_percent_encode(&self.prefix, NOT_IN_A_PATH);
            format!("{prefix}{path}")
        })
    }

    pub(crate) fn jar(&self) -> MutexGuard<'_, Jar> {
        self.jar.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The host without its port.
    pub(crate) fn host(&self) -> &str {
        match self.authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => host,
            _ => &self.authority,
        }
    }
}
