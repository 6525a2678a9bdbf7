//! An app returns its body or an error.
use gateway_core::{Environ, Gateway, StartResponse};

async fn hello(_: Environ, _: StartResponse) -> &'static str {
    "hello"
}

fn main() {
    let _ = Gateway::new(hello);
}
