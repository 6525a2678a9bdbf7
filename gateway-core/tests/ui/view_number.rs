//! A number is not an answer.
use gateway_core::{IntoResponse, view};

fn main() {
    let _ = view(async |_| 42);
    let _ = 42.into_response();
}
