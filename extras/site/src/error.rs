//! `SiteError`: what can go wrong, and which response each of it becomes.

use std::io;

use gateway_core::{BoxError, CookieError, Error, HttpError};

/// Why a view could not do what it was asked for.
#[derive(Debug)]
pub(crate) enum SiteError {
    /// There is no such post, picture or token.
    NotFound,
    /// It belongs to somebody else.
    NotYours,
    /// Another account has this name.
    NameTaken,
    /// What was sent breaks a limit; the text tells the user which one.
    Invalid(&'static str),
    /// The database has failed.
    Database(rusqlite::Error),
    /// A file could not be read or written.
    File(io::Error),
    /// Something else has failed that should not.
    Fault(BoxError),
    /// What the gateway says: a request that is malformed or too large, a page that is not there, a
    /// redirect that ends a view early.
    Gateway(Error),
}

impl SiteError {
    /// The text for the user who can do something about it.
    pub(crate) fn advice(&self) -> Option<&'static str> {
        match self {
            Self::NameTaken => Some("This name is taken."),
            Self::Invalid(text) => Some(text),
            _ => None,
        }
    }
}

/// With this, a view may return a `SiteError`.
impl From<SiteError> for HttpError {
    fn from(error: SiteError) -> Self {
        match error {
            SiteError::NotFound => Self::not_found(),
            SiteError::NotYours => Self::forbidden().with_description("This is not your post."),
            SiteError::NameTaken => Self::conflict().with_description("This name is taken."),
            SiteError::Invalid(text) => Self::unprocessable_entity().with_description(text),
            // The source is logged and never sent.
            SiteError::Database(error) => Self::internal_server_error().with_source(error),
            SiteError::File(error) => Self::internal_server_error().with_source(error),
            SiteError::Fault(error) => Self::internal_server_error().with_source(error),
            SiteError::Gateway(error) => Self::from_error(error),
        }
    }
}

impl From<rusqlite::Error> for SiteError {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::QueryReturnedNoRows => Self::NotFound,
            error => Self::Database(error),
        }
    }
}

impl From<io::Error> for SiteError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound,
            _ => Self::File(error),
        }
    }
}

impl From<minijinja::Error> for SiteError {
    fn from(error: minijinja::Error) -> Self {
        Self::Fault(error.into())
    }
}

impl From<HttpError> for SiteError {
    fn from(error: HttpError) -> Self {
        Self::Gateway(error.into())
    }
}

impl From<Error> for SiteError {
    fn from(error: Error) -> Self {
        Self::Gateway(error)
    }
}

impl From<CookieError> for SiteError {
    fn from(error: CookieError) -> Self {
        Self::Gateway(error.into())
    }
}
