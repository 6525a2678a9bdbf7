//! Neither a value nor a function of another shape is an app.
use gateway_core::Gateway;

fn main() {
    let _ = Gateway::new("hello");
}
