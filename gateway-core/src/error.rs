//! `Error`: the error that an app or a body fails with, which holds any other error.

use std::error::Error as StdError;
use std::fmt;

/// A boxed error.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// Why an app, or a body, failed.
///
/// `?` converts any error into it. The gateway decides how it is answered: an
/// [`HttpError`](crate::HttpError) gives its own status and page, an input that is too large or
/// broken the status that says so, and everything else a generic 500, whose cause is logged and never
/// sent. Only the error itself counts, not one in its `source()`.
///
/// It does not implement [`std::error::Error`]. So every error can convert into it, as into
/// `anyhow::Error`. It converts into a boxed error.
///
/// # Examples
///
/// ```
/// use gateway_core::Error;
///
/// fn parse(text: &str) -> Result<u32, Error> {
///     Ok(text.parse()?)
/// }
///
/// assert_eq!(parse("7").ok(), Some(7));
/// assert!(parse("seven").is_err());
/// ```
pub struct Error(BoxError);

impl Error {
    /// An error with this message. The text is for the log, never for the client.
    pub fn msg(message: impl Into<String>) -> Self {
        Self(BoxError::from(message.into()))
    }

    /// Makes an error of one that is boxed already; see also [`ResultExt::or_error`].
    #[must_use]
    pub fn from_boxed(error: BoxError) -> Self {
        Self(error)
    }

    /// The error as a trait object, for its text and its causes.
    #[must_use]
    pub fn as_dyn(&self) -> &(dyn StdError + Send + Sync + 'static) {
        &*self.0
    }

    /// True if the error itself is an `E`.
    #[must_use]
    pub fn is<E: StdError + 'static>(&self) -> bool {
        self.0.is::<E>()
    }

    /// The error as an `E`, if it is one.
    #[must_use]
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        self.0.downcast_ref()
    }

    /// Takes the error out as an `E`.
    ///
    /// # Errors
    ///
    /// Gives the error back when it is not an `E`.
    pub fn downcast<E: StdError + 'static>(self) -> Result<E, Self> {
        self.0.downcast().map(|error| *error).map_err(Self)
    }

    /// The boxed error inside.
    #[must_use]
    pub fn into_boxed(self) -> BoxError {
        self.0
    }
}

impl<E> From<E> for Error
where
    E: StdError + Send + Sync + 'static,
{
    #[inline]
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl From<Error> for BoxError {
    fn from(error: Error) -> Self {
        error.0
    }
}

impl From<Error> for Box<dyn StdError> {
    fn from(error: Error) -> Self {
        error.0
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Turns results with boxed errors, `anyhow`'s among them, into results of this crate.
///
/// # Examples
///
/// ```
/// use gateway_core::{BoxError, Error, ResultExt};
///
/// fn work() -> Result<u32, BoxError> {
///     Err("the disk is full".into())
/// }
///
/// fn view() -> Result<u32, Error> {
///     Ok(work().or_error()?)
/// }
///
/// assert_eq!(view().map_err(|error| error.to_string()), Err("the disk is full".to_owned()));
/// ```
pub trait ResultExt<T>: sealed::Sealed {
    /// The same result with an [`Error`].
    ///
    /// # Errors
    ///
    /// The error, as an [`Error`].
    fn or_error(self) -> Result<T, Error>;
}

impl<T, E: Into<BoxError>> ResultExt<T> for Result<T, E> {
    fn or_error(self) -> Result<T, Error> {
        self.map_err(|error| Error(error.into()))
    }
}

/// Seals [`ResultExt`], so that methods can be added to it.
mod sealed {
    pub trait Sealed {}

    impl<T, E> Sealed for Result<T, E> {}
}
