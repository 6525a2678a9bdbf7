//! Behind the body stands a status or headers.
use gateway_core::view;

fn main() {
    let _ = view(async |_| ("text", 1.5));
}
