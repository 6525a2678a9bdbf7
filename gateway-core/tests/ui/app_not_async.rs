//! An app is async.
use gateway_core::{Body, Environ, Error, Gateway, StartResponse};

fn hello(_: Environ, _: StartResponse) -> Result<Body, Error> {
    Ok(Body::from("hello"))
}

fn main() {
    let _ = Gateway::new(hello);
}
