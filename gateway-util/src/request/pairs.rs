//! `Pairs`: the names and values of a query, a form or a cookie line.

use std::str::FromStr;

use gateway_core::{BoxError, HttpError};
#[cfg(feature = "forms")]
use serde::de::DeserializeOwned;

/// The names and values of a query, a form or a `Cookie` line, in the order in which they were sent:
/// Werkzeug's `MultiDict`. A name may be there more than once.
///
/// # Examples
///
/// ```
/// use gateway_core::Environ;
/// use gateway_util::EnvironExt;
/// # fn main() -> Result<(), gateway_core::Error> {
/// let request = http::Request::get("/?tag=a&tag=b&page=2&q=caf%C3%A9+cr%C3%A8me").body(())?;
/// let query = Environ::from_request(request).query();
/// assert_eq!(query.get("tag"), Some("a"));
/// assert_eq!(query.get_all("tag").collect::<Vec<_>>(), ["a", "b"]);
/// assert_eq!(query.get("q"), Some("café crème"));
/// assert_eq!(query.parse::<u32>("page")?, Some(2));
/// assert_eq!(query.parse::<u32>("tag").unwrap_err().status(), 400);
/// assert_eq!(query.require("name").unwrap_err().status(), 400);
/// # Ok(())
/// # }
/// ```
#[doc(alias = "MultiDict")]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// Reads `application/x-www-form-urlencoded`: `+` is a space, and bytes that are not UTF-8
    /// become U+FFFD.
    #[cfg(feature = "forms")]
    #[must_use]
    pub fn from_urlencoded(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    #[cfg(feature = "multipart")]
    pub(super) fn push(&mut self, name: String, value: String) {
        self.0.push((name, value));
    }

    /// The first value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).next()
    }

    /// All values of a name.
    pub fn get_all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.iter()
            .filter(move |(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// The first value of a required name.
    ///
    /// # Errors
    ///
    /// 400.
    pub fn require(&self, name: &str) -> Result<&str, HttpError> {
        self.get(name).ok_or_else(|| {
            HttpError::bad_request().with_source(format!("the field {name:?} is missing"))
        })
    }

    /// The first value of a name as a number or another type that can be read from text.
    ///
    /// # Errors
    ///
    /// 400 if there is one that cannot be read. The client sees the general page of the status. The error's
    /// source says why, and is logged at DEBUG.
    pub fn parse<T>(&self, name: &str) -> Result<Option<T>, HttpError>
    where
        T: FromStr<Err: Into<BoxError>>,
    {
        self.get(name)
            .map(str::parse)
            .transpose()
            .map_err(|error| HttpError::bad_request().with_source(error))
    }

    /// All of it as a struct, through serde.
    ///
    /// A `Vec` takes every value of its name, and none if `#[serde(default)]` allows that.
    /// Any other field takes one value, and a name that is there twice
    /// is an error. An optional number is `None` if its value is empty. So is optional text with
    /// `#[serde(deserialize_with = "serde_html_form::de::empty_as_none")]`. Without that it is
    /// `Some("")`, because a text may be empty.
    ///
    /// # Errors
    ///
    /// 400 if the values do not fit the struct. The error's source says why, and is logged at DEBUG;
    /// [`explained`](crate::HttpErrorFields::explained) tells it to the client.
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_util::Pairs;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Search {
    ///     #[serde(default)]
    ///     tag: Vec<String>,
    ///     page: Option<u32>,
    /// }
    ///
    /// let search: Search = Pairs::from_urlencoded(b"tag=a&tag=b&page=").deserialize()?;
    /// assert_eq!((search.tag.len(), search.page), (2, None));
    /// # Ok::<(), gateway_core::HttpError>(())
    /// ```
    #[cfg(feature = "forms")]
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, HttpError> {
        let text = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(self.iter())
            .finish();
        serde_html_form::from_str(&text)
            .map_err(|error| HttpError::bad_request().with_source(error))
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, String)> for Pairs {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}
