//! There is no fourth part.
use gateway_core::view;

fn main() {
    let _ = view(async |_| ("text", 200, [("x-a", "1")], "more"));
}
