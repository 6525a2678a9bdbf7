//! Nothing is not a response.
use gateway_core::{Environ, view};

async fn nothing(_: Environ) {}

fn main() {
    let _ = view(async |_| ());
    let _ = view(nothing);
}
