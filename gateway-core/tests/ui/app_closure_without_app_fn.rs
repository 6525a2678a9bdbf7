//! A bare closure has no types to infer.
use gateway_core::{Body, Gateway};

fn main() {
    let _ = Gateway::new(|_environ, start_response| async move {
        start_response.start(200, [("x-a", "1")])?;
        Ok(Body::from("hello"))
    });
}
