//! A status is a number, a text or a `StatusCode`.
use gateway_core::StartResponse;

fn start(start_response: &StartResponse) {
    let _ = start_response.start(2.0, [("x-a", "1")]);
    let _ = start_response.start(Some(200), [("x-a", "1")]);
}

fn main() {}
