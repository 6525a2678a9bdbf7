//! An app takes two arguments.
use gateway_core::{Body, Environ, Error, Gateway};

async fn hello(_: Environ) -> Result<Body, Error> {
    Ok(Body::from("hello"))
}

fn main() {
    let _ = Gateway::new(hello);
}
