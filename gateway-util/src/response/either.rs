//! `Either`: one of two return values.

use gateway_core::{Error, Response, TryIntoResponse};

/// One of two return values, for a view whose branches have different types.
///
/// # Examples
///
/// ```
/// use gateway_core::{TryIntoResponse, Json};
/// use gateway_util::Either;
///
/// fn view(wants_json: bool) -> impl TryIntoResponse {
///     if wants_json {
///         Either::Left(Json(["a"]))
///     } else {
///         Either::Right("<p>a")
///     }
/// }
///
/// assert_eq!(view(true).try_into_response()?.headers()["content-type"], "application/json");
/// assert_eq!(view(false).try_into_response()?.headers()["content-type"], "text/html; charset=utf-8");
/// # Ok::<(), gateway_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Either<A, B> {
    /// The first form.
    Left(A),
    /// The second form.
    Right(B),
}

impl<A: TryIntoResponse, B: TryIntoResponse> TryIntoResponse for Either<A, B> {
    fn try_into_response(self) -> Result<Response, Error> {
        match self {
            Self::Left(value) => value.try_into_response(),
            Self::Right(value) => value.try_into_response(),
        }
    }
}
