//! The order is body, status, headers.
use gateway_core::view;

fn main() {
    let _ = view(async |_| ("text", [("x-a", "1")], 200));
}
