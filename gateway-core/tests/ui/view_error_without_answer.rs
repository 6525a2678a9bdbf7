//! An error says which response it becomes.
use std::fmt;

use gateway_core::view;

#[derive(Debug)]
struct MyError;

impl fmt::Display for MyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("my error")
    }
}

impl std::error::Error for MyError {}

fn main() {
    let _ = view(async |_| Err::<&str, _>(MyError));
    let _ = view(async |_| std::fs::read("a file"));
}
