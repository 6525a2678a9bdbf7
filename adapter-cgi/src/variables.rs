//! The variables of a request, as a front end sent them.

use std::fmt;

use bytes::Bytes;

use crate::codec::CodecError;

/// The variables of a request as the front end sent them, in its order: for the function that is given
/// to [`CgiService::with`](crate::CgiService::with).
///
/// Some front ends send a variable for each line of a header, so that a name may be there twice.
#[derive(Clone, Default)]
pub struct Variables(Vec<(Bytes, Bytes)>);

impl Variables {
    /// The value of a variable, the first of that name, if the front end sent it. It may be empty.
    ///
    /// # Examples
    ///
    /// ```
    /// use adapter_cgi::CgiService;
    /// use gateway_core::{VarName, view};
    ///
    /// let service = CgiService::new(view(async |_| "Hello!")).with(|variables, environ| {
    ///     if let Some(name) = variables.get("SSL_CLIENT_S_DN_CN") {
    ///         environ.set_var(const { VarName::new("REMOTE_USER") }, name);
    ///     }
    /// });
    /// # let _ = service;
    /// ```
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter()
            .find(|(known, _)| *known == name.as_bytes())
            .map(|(_, value)| value)
    }

    /// All variables: names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The value of a variable as text, if it is there, is text, and is not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let value = std::str::from_utf8(self.get(name)?).ok()?;
        (!value.is_empty()).then_some(value)
    }

    /// Adds a variable.
    ///
    /// # Errors
    ///
    /// When there are as many as the limit.
    pub(crate) fn push(
        &mut self,
        name: Bytes,
        value: Bytes,
        limit: usize,
    ) -> Result<(), CodecError> {
        if self.0.len() >= limit {
            return Err(CodecError::TooMany { limit });
        }
        self.0.push((name, value));
        Ok(())
    }
}

impl FromIterator<(Bytes, Bytes)> for Variables {
    fn from_iter<I: IntoIterator<Item = (Bytes, Bytes)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

/// Names only: values may be secrets.
impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.iter().map(|(name, _)| name.escape_ascii().to_string());
        f.debug_list().entries(names).finish()
    }
}
