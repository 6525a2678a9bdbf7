//! The CGI view of the environ: look-up of variables by key, and iteration over all of them.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{EnvValue, Environ};

/// The variables of every request, which have accessors.
pub(super) const KEYS: [&str; 13] = [
    "REQUEST_METHOD",
    "SCRIPT_NAME",
    "PATH_INFO",
    "QUERY_STRING",
    "REQUEST_URI",
    "REQUEST_SCHEME",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "CONTENT_TYPE",
    "CONTENT_LENGTH",
    "REMOTE_ADDR",
    "REMOTE_PORT",
];

/// Names of headers up to this length are made without an allocation.
const SHORT: usize = 64;

impl Environ {
    /// Looks a variable up by its CGI key: `"REQUEST_METHOD"`, `"PATH_INFO"`, `"HTTP_HOST"` or one
    /// set with [`set_var`](Self::set_var).
    ///
    /// - A request header `X-Name` is `HTTP_X_NAME`. Repeated lines are joined with `", "`, those
    ///   of `Cookie` with `"; "` (E9).
    /// - `CONTENT_TYPE` and `CONTENT_LENGTH` have no `HTTP_` prefix, and are absent when the client
    ///   sent none (E8).
    /// - A header with `_` in its name is left out: it would be read as its `-` twin (E10). `Proxy`
    ///   is left out, because CGI would turn it into `HTTP_PROXY` (E11). Both are in
    ///   [`headers`](Self::headers).
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::Environ;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let request = http::Request::get("/a%20b?q=1").header("accept", "a").header("accept", "b");
    /// let environ = Environ::from_request(request.body(())?);
    /// assert_eq!(environ.get("HTTP_ACCEPT").map(|v| v.to_string()), Some("a, b".into()));
    /// assert_eq!(environ.get("QUERY_STRING").map(|v| v.to_string()), Some("q=1".into()));
    /// assert_eq!(environ.get("CONTENT_TYPE"), None);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn get(&self, key: &str) -> Option<EnvValue<'_>> {
        if let Some(value) = self.var(key) {
            return Some(EnvValue::borrowed(value));
        }
        if let Some(name) = key.strip_prefix("HTTP_") {
            return self.http_variable(name);
        }
        Some(match key {
            "REQUEST_METHOD" => EnvValue::text(self.request_method().as_str()),
            "SCRIPT_NAME" => self.script_name(),
            "PATH_INFO" => self.path_info(),
            "QUERY_STRING" => EnvValue::text(self.query_string()),
            "REQUEST_URI" => EnvValue::text(self.request_uri()),
            "REQUEST_SCHEME" => EnvValue::text(self.scheme().as_str()),
            "SERVER_NAME" => EnvValue::text(self.server_name()),
            "SERVER_PORT" => EnvValue::text(self.server_port().to_string()),
            "SERVER_PROTOCOL" => EnvValue::text(self.server_protocol()),
            "CONTENT_TYPE" => return self.content_type(),
            "CONTENT_LENGTH" => EnvValue::text(self.content_length()?.to_string()),
            "REMOTE_ADDR" => EnvValue::text(self.remote_addr()?.to_string()),
            "REMOTE_PORT" => EnvValue::text(self.remote_port()?.to_string()),
            _ => return None,
        })
    }

    fn http_variable(&self, key: &str) -> Option<EnvValue<'_>> {
        if key == "HOST" {
            return self.host().map(EnvValue::text);
        }
        // E8 and E11.
        if matches!(key, "CONTENT_TYPE" | "CONTENT_LENGTH" | "PROXY") {
            return None;
        }
        let mut buffer = [0; SHORT];
        match buffer.get_mut(..key.len()) {
            Some(buffer) => self.http_header(key, buffer),
            None => self.http_header(key, &mut vec![0; key.len()]),
        }
    }

    /// The header of a key whose `HTTP_` was taken off. Its name is written into `buffer`, which is
    /// as long as the key.
    fn http_header(&self, key: &str, buffer: &mut [u8]) -> Option<EnvValue<'_>> {
        for (byte, from) in buffer.iter_mut().zip(key.bytes()) {
            *byte = match from {
                b'_' => b'-',
                // A key in lower case or with a dash is no CGI key.
                b'-' | b'a'..=b'z' => return None,
                from => from.to_ascii_lowercase(),
            };
        }
        let name = std::str::from_utf8(buffer).ok()?;
        self.header(name).or_else(|| {
            // E10, by opt-in: the name as it was sent, if no twin with dashes exists.
            if !self.keeps_underscores() || !key.contains('_') {
                return None;
            }
            let mut sent = None;
            self.each_header_name(&mut |known| {
                if sent.is_none() && known.replace('_', "-") == name {
                    sent = Some(known.to_owned());
                }
            });
            self.header(&sent?)
        })
    }

    /// E10, by opt-in: the value of a variable whose header was sent with `_`. The name is known here,
    /// so that no look at all the others is needed: a client may send very many.
    fn underscored(&self, name: &str) -> Option<EnvValue<'_>> {
        let twin = name.replace('_', "-");
        // E8.
        if matches!(&*twin, "content-type" | "content-length") {
            return None;
        }
        self.header(&twin).or_else(|| self.header(name))
    }

    /// Every CGI variable with its value: first those of the request, then `HTTP_*` in the order of
    /// the request, then those set with [`set_var`](Self::set_var). The last ones hide others of
    /// the same key.
    ///
    /// It can be exported to a process environment as it is: it never has `HTTP_PROXY` (E11).
    #[must_use]
    pub fn vars(&self) -> Vec<(Cow<'_, str>, EnvValue<'_>)> {
        let mut vars: Vec<(Cow<'_, str>, EnvValue<'_>)> = KEYS
            .iter()
            .filter(|key| self.var(key).is_none())
            .filter_map(|key| Some((Cow::Borrowed(*key), self.get(key)?)))
            .collect();
        let mut names = vec!["host".to_owned()];
        let mut known = HashSet::from(["host".to_owned()]);
        self.each_header_name(&mut |name| {
            if known.insert(name.to_owned()) {
                names.push(name.to_owned());
            }
        });
        let mut keys = HashSet::new();
        for name in names {
            // E10: without the opt-in, a name with `_` has no variable.
            if name.contains('_') && !self.keeps_underscores() {
                continue;
            }
            let key = format!("HTTP_{}", name.to_ascii_uppercase().replace('-', "_"));
            if self.var(&key).is_some() || !keys.insert(key.clone()) {
                continue;
            }
            let value = if name.contains('_') {
                self.underscored(&name)
            } else {
                self.get(&key)
            };
            if let Some(value) = value {
                vars.push((Cow::Owned(key), value));
            }
        }
        vars.extend(
            self.added_vars()
                .map(|(key, value)| (Cow::Borrowed(key), EnvValue::borrowed(value))),
        );
        vars
    }
}
