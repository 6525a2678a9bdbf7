//! Nothing is not an answer.
use gateway_core::{Environ, view};

async fn nothing(_: Environ) {}

fn main() {
    let _ = view(async |_| ());
    let _ = view(nothing);
}
