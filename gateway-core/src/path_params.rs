//! `PathParams`: the parameters of the route, such as `id` of `/items/{id}`, that the router of the
//! server's framework has matched.

/// The parameters that a host's router took out of the path, as names and values.
///
/// If a host's route has parameters, the [`extensions`](crate::Environ::extensions) of the environ
/// hold a value of this type: for `web::scope("/u/{id}")` of actix-web, or `nest_service("/u/{id}",
/// ..)` of axum. Otherwise it is absent. Values are percent-decoded once. They include those of all
/// the routes around the app, from the outermost on.
///
/// If a value is not UTF-8, it has replacement characters under actix-web. axum refuses such a path
/// for its own handlers, and no parameter is there. The path itself, byte for byte, is
/// [`script_name`](crate::Environ::script_name) and [`path_info`](crate::Environ::path_info).
///
/// # Examples
///
/// ```
/// use gateway_core::{Environ, HttpError, PathParams};
///
/// fn user(environ: &Environ) -> Result<u32, HttpError> {
///     let params = environ.extensions().get::<PathParams>();
///     let id = params.and_then(|params| params.get("id"));
///     id.and_then(|id| id.parse().ok()).ok_or_else(HttpError::not_found)
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // A host leaves it there:
/// let mut environ = Environ::from_request(http::Request::get("/u/7/cart").body(())?);
/// environ.extensions_mut().insert(PathParams::from_iter([("id", "7")]));
/// assert_eq!(user(&environ)?, 7);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathParams {
    pairs: Vec<(String, String)>,
}

impl PathParams {
    /// No parameters.
    #[must_use]
    pub const fn new() -> Self {
        Self { pairs: Vec::new() }
    }

    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// Sets a parameter. It replaces one of the same name.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let (name, value) = (name.into(), value.into());
        match self.pairs.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.pairs.push((name, value)),
        }
    }

    /// All of them, in the order of the path.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (&**name, &**value))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// True if there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }
}

impl<K: Into<String>, V: Into<String>> Extend<(K, V)> for PathParams {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, pairs: I) {
        for (name, value) in pairs {
            self.set(name, value);
        }
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for PathParams {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut params = Self::new();
        params.extend(pairs);
        params
    }
}
