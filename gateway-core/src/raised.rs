//! Finds the `HttpError` in an error that an app returned or a body failed with; any other error is
//! a 500.

use std::io;

use http::StatusCode;

use crate::body::BufferError;
use crate::error::Error;
use crate::http_error::HttpError;
use crate::input::InputError;

/// The errors that have a response of their own: an `HttpError`, and a failed read of the input,
/// also if it came through `std::io`. The same errors count when the body that was buffered failed
/// with them.
///
/// # Errors
///
/// Returns every other error: its response is a generic 500.
impl TryFrom<Error> for HttpError {
    type Error = Error;

    fn try_from(error: Error) -> Result<Self, Error> {
        let error = match error.downcast::<HttpError>() {
            Ok(error) => return Ok(error),
            Err(error) => error,
        };
        let error = match error.downcast::<InputError>() {
            Ok(error) => return Ok(error.into()),
            Err(error) => error,
        };
        let error = match error.downcast::<BufferError>() {
            Ok(error) => return Self::try_from(error.try_into_body_error()?),
            Err(error) => error,
        };
        match error.downcast::<io::Error>()?.downcast::<InputError>() {
            Ok(error) => Ok(error.into()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The response of the body's own error, if it has one, else a 500.
impl From<BufferError> for HttpError {
    fn from(error: BufferError) -> Self {
        Self::try_from(Error::from(error))
            .unwrap_or_else(|error| Self::internal_server_error().with_source(error.into_boxed()))
    }
}

impl HttpError {
    /// The response to any error: its own if it has one (an `HttpError`, a failed read of the
    /// input), else a generic 500 with the error as its source. For `From` of an error of your own
    /// that holds an [`Error`].
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::{Error, HttpError};
    ///
    /// assert_eq!(HttpError::from_error(HttpError::not_found().into()).status(), 404);
    /// assert_eq!(HttpError::from_error(Error::msg("the disk is full")).status(), 500);
    /// ```
    #[must_use]
    pub fn from_error(error: Error) -> Self {
        Self::try_from(error)
            .unwrap_or_else(|error| Self::internal_server_error().with_source(error.into_boxed()))
    }
}

impl Error {
    /// The status with which the gateway answers this error before the commit: for access logs and
    /// for middlewares that decide by it.
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::{Error, HttpError};
    ///
    /// assert_eq!(Error::from(HttpError::not_found()).status(), 404);
    /// assert_eq!(Error::msg("the disk is full").status(), 500);
    /// ```
    #[must_use]
    pub fn status(&self) -> StatusCode {
        if let Some(error) = self.downcast_ref::<HttpError>() {
            return error.status();
        }
        if let Some(error) = self.downcast_ref().and_then(BufferError::body_error) {
            return error.status();
        }
        let through_io = || self.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref();
        match self.downcast_ref::<InputError>().or_else(through_io) {
            Some(error) if error.is_too_large() => StatusCode::PAYLOAD_TOO_LARGE,
            Some(_) => StatusCode::BAD_REQUEST,
            None => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}
