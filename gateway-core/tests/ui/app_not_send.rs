//! What an app holds over an await must be `Send`.
use std::rc::Rc;

use gateway_core::{Body, Environ, Error, Gateway, StartResponse};

async fn hello(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
    let text = Rc::new("hello");
    std::future::ready(()).await;
    start_response.start(200, [("x-text", *text)])?;
    Ok(Body::from(*text))
}

fn main() {
    let _ = Gateway::new(hello);
}
