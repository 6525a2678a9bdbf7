//! The body of a request made in process.
use gateway_core::Environ;

fn main() {
    let _ = Environ::from_request(http::Request::new(42));
}
