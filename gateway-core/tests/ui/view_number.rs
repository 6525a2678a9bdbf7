//! A number is not a response.
use gateway_core::{TryIntoResponse, view};

fn main() {
    let _ = view(async |_| 42);
    let _ = 42.try_into_response();
}
