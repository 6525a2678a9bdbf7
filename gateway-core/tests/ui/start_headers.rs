//! Headers are pairs.
use gateway_core::StartResponse;

fn start(start_response: &StartResponse) {
    let _ = start_response.start(200, "x-a: 1");
    let _ = start_response.start(200, ["x-a: 1"]);
    let _ = start_response.start(200, ());
}

fn main() {}
