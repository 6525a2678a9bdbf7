//! `ViewError`: the trait of the error types that a view may return: those that convert into an
//! `HttpError`.

use crate::error::Error;
use crate::http_error::HttpError;

/// An error that a view may return: one that converts into an [`HttpError`], or an [`Error`].
///
/// Do not implement this trait. `impl From<MyError> for HttpError` says which response `MyError`
/// becomes, and implements it. An error that does not say so does not compile as the `E` of a
/// returned `Result<T, E>` (N1), so no error of an app becomes a generic 500 by mistake.
///
/// How an error is answered depends on what `?` converts it into:
///
/// | the function returns | `?` on a `MyError` | the response |
/// |---|---|---|
/// | `Result<_, MyError>` | as it is | the page of `HttpError::from(error)` |
/// | `Result<_, HttpError>` | uses `From<MyError> for HttpError` | the page of that error |
/// | `Result<_, Error>`, the form of [`App::call`](crate::App::call) | takes any error as it is, and does not ask for its `HttpError` | a generic 500; the error is logged |
///
/// An [`HttpError`] inside an [`Error`] stays what it is. In a function that returns
/// `Result<_, Error>`, `HttpError::from(error)` gives an error its own response.
///
/// # Examples
///
/// ```
/// use gateway_core::{AppExt, Environ, HttpError, view};
///
/// enum ShopError {
///     NoSuchItem,
///     Database(std::io::Error),
/// }
///
/// impl From<ShopError> for HttpError {
///     fn from(error: ShopError) -> Self {
///         match error {
///             ShopError::NoSuchItem => HttpError::not_found(),
///             // The source of a 5xx is logged at ERROR, and never sent.
///             ShopError::Database(error) => HttpError::service_unavailable().with_source(error),
///         }
///     }
/// }
///
/// fn find(id: &str) -> Result<String, ShopError> {
///     match id {
///         "1" => Ok("a hat".to_owned()),
///         "2" => Err(ShopError::Database(std::io::Error::other("the disk is full"))),
///         _ => Err(ShopError::NoSuchItem),
///     }
/// }
///
/// async fn item(environ: Environ) -> Result<String, ShopError> {
///     find(&environ.query_string().to_string())
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let environ = Environ::from_request(http::Request::get("/?3").body(())?);
/// let error = view(item).respond(environ).await.err().ok_or("the item does not exist")?;
/// assert_eq!(error.status(), 404);
/// # Ok::<(), gateway_core::BoxError>(())
/// # }).unwrap();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is an error without a response",
    label = "a view returns this error",
    note = "say which response it becomes: `impl From<{Self}> for HttpError`",
    note = "or return `Result<_, gateway_core::Error>`: any error becomes one through `?`, and is answered with a generic 500 and logged"
)]
pub trait ViewError {
    /// Converts the error for the gateway.
    #[doc(hidden)]
    fn into_error(self) -> Error;
}

#[diagnostic::do_not_recommend]
impl<E: Into<HttpError>> ViewError for E {
    fn into_error(self) -> Error {
        self.into().into()
    }
}

impl ViewError for Error {
    fn into_error(self) -> Error {
        self
    }
}
