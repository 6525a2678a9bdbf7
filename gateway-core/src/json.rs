//! `Json`: a serialisable value as the return value of a view.

use std::collections::{BTreeMap, HashMap};

use http::HeaderValue;
use serde::Serialize;

use crate::error::Error;
use crate::response::Response;
use crate::try_into_response::{TryIntoResponse, typed};

/// Any serialisable value as a JSON return value: Flask's `jsonify`.
///
/// It is sent without white space, with a newline at the end, as `application/json` (N5). Maps and
/// lists of `serde_json::Value`s need no wrapper.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{TryIntoResponse, Json};
///
/// let response = Json([1, 2]).try_into_response()?;
/// assert_eq!(response.headers()["content-type"], "application/json");
/// assert_eq!(response.into_body().bytes().await?, "[1,2]\n");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[doc(alias = "jsonify")]
#[derive(Debug, Clone, Copy, Default)]
pub struct Json<T>(
    /// The value.
    pub T,
);

impl<T: Serialize> TryIntoResponse for Json<T> {
    fn try_into_response(self) -> Result<Response, Error> {
        let mut json = serde_json::to_vec(&self.0)?;
        json.push(b'\n');
        Ok(typed(json, HeaderValue::from_static("application/json")))
    }
}

macro_rules! json_without_wrapper {
    ($([$($generics:tt)*] $type:ty;)*) => {$(
        impl<$($generics)*> TryIntoResponse for $type {
            fn try_into_response(self) -> Result<Response, Error> {
                Json(self).try_into_response()
            }
        }
    )*};
}

json_without_wrapper! {
    [] serde_json::Value;
    [] serde_json::Map<String, serde_json::Value>;
    [] Vec<serde_json::Value>;
    [K: Serialize, V: Serialize] BTreeMap<K, V>;
    [K: Serialize, V: Serialize, S] HashMap<K, V, S>;
}
