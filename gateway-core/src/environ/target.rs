//! The accessors of the request target: SCRIPT_NAME, PATH_INFO, the query and the whole URI.

use std::borrow::Cow;

use http::uri::Authority;
use http::{Uri, Version};

use super::{EnvValue, Environ, SplitError, path};

impl Environ {
    /// SCRIPT_NAME: the part of the path that led to this app, decoded; `""` at the root (E2).
    #[must_use]
    pub fn script_name(&self) -> EnvValue<'_> {
        path::decode(self.raw_script_name()).into()
    }

    /// PATH_INFO: the rest of the path, decoded once (E4).
    ///
    /// The value borrows the environ. `to_string()` or `into_bytes().into_owned()` makes a copy that is free of it, so
    /// that the input can be taken: [`EnvValue`] has an example.
    #[must_use]
    pub fn path_info(&self) -> EnvValue<'_> {
        path::decode(self.raw_path_info()).into()
    }

    /// SCRIPT_NAME as it was sent, not decoded.
    #[must_use]
    pub fn raw_script_name(&self) -> &str {
        self.raw_path()
            .get(..self.script_name_len())
            .unwrap_or_default()
    }

    /// PATH_INFO as it was sent, not decoded.
    #[must_use]
    pub fn raw_path_info(&self) -> &str {
        self.raw_path()
            .get(self.script_name_len()..)
            .unwrap_or_default()
    }

    /// Moves `prefix` from PATH_INFO to SCRIPT_NAME and tells whether it was there.
    ///
    /// The prefix is decoded text. A slash at its end is ignored, one at its start is added, and
    /// `""` and `"/"` always match and move nothing. It matches whole segments: `/ap` is not a
    /// prefix of `/apple` (E3). `%2F` in the path is data and matches no slash.
    pub fn mount(&mut self, prefix: &str) -> bool {
        let prefix = prefix.trim_end_matches('/');
        if !prefix.is_empty() && !prefix.starts_with('/') {
            return self.mount(&format!("/{prefix}"));
        }
        let Some(length) = path::match_prefix(self.raw_path_info(), prefix) else {
            return false;
        };
        self.inner_mut().script_len += length;
        true
    }

    /// How many bytes of the raw path are SCRIPT_NAME.
    /// [`set_script_name_len`](Self::set_script_name_len) restores it.
    #[doc(alias = "split")]
    #[must_use]
    pub fn script_name_len(&self) -> usize {
        self.inner().script_len
    }

    /// Cuts the raw path into SCRIPT_NAME and PATH_INFO at a byte offset, for adapters that know
    /// their host's mount point and for middlewares that undo a [`mount`](Self::mount).
    ///
    /// # Errors
    ///
    /// When a segment does not end at the offset. Nothing is changed then.
    #[inline]
    #[doc(alias = "set_split")]
    pub fn set_script_name_len(&mut self, offset: usize) -> Result<(), SplitError> {
        let is_boundary = match self.lent_target() {
            // The query need not be cut off: no prefix matches beyond a `?`.
            Some(target) => {
                let prefix = target.as_bytes().get(..offset).unwrap_or_default();
                !prefix.contains(&b'?') && path::is_boundary(target, offset)
            }
            None => path::is_boundary(self.raw_path(), offset),
        };
        if !is_boundary {
            return Err(SplitError(offset));
        }
        self.inner_mut().script_len = offset;
        Ok(())
    }

    /// The URI as the host parsed it: what was sent, with the authority on HTTP/2.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        self.inner().head.uri()
    }

    /// The target in the host's own type, if it is lent.
    #[inline]
    fn lent_target(&self) -> Option<&str> {
        self.inner().head.lent()?.target()
    }

    /// The whole path as sent; empty for `*` and for CONNECT's authority (E14).
    fn raw_path(&self) -> &str {
        match self.lent_target() {
            Some(target) => path_and_query(target).0,
            None => path::raw_path(self.uri()),
        }
    }

    /// The authority that was sent, if there is one. A lent target has none.
    #[inline]
    pub(crate) fn authority(&self) -> Option<&Authority> {
        match self.lent_target() {
            Some(_) => None,
            None => self.uri().authority(),
        }
    }

    /// REQUEST_URI: the raw request target with its query, unchanged by mounting (E5).
    ///
    /// On HTTP/1.1 an absolute-form target is given whole; on HTTP/2 it is `:path`.
    #[must_use]
    pub fn request_uri(&self) -> Cow<'_, str> {
        if let Some(target) = self.lent_target() {
            return Cow::Borrowed(target);
        }
        let uri = self.uri();
        let absolute = uri.scheme().is_some() && self.version() < Version::HTTP_2;
        match (uri.path_and_query(), uri.authority()) {
            (Some(target), _) if !absolute => Cow::Borrowed(target.as_str()),
            // CONNECT: the target is the authority.
            (None, Some(authority)) => Cow::Borrowed(authority.as_str()),
            // `Uri`'s own `Display` would put a slash before a query without a path.
            (Some(target), Some(authority)) => Cow::Owned(format!(
                "{}://{authority}{target}",
                uri.scheme_str().unwrap_or_default(),
                target = target.as_str(),
            )),
            _ => Cow::Owned(uri.to_string()),
        }
    }

    /// QUERY_STRING: raw, `""` where there is none (E7).
    #[must_use]
    pub fn query_string(&self) -> &str {
        match self.lent_target() {
            Some(target) => path_and_query(target).1,
            None => self.uri().query().unwrap_or_default(),
        }
    }
}

/// Splits a target in origin form.
fn path_and_query(target: &str) -> (&str, &str) {
    match target.bytes().position(|byte| byte == b'?') {
        Some(at) => (
            target.get(..at).unwrap_or_default(),
            target.get(at + 1..).unwrap_or_default(),
        ),
        None => (target, ""),
    }
}
