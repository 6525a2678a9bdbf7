//! A value of a type of one's own needs `Json`.
use gateway_core::view;

#[derive(serde::Serialize)]
struct Item {
    id: u32,
}

fn main() {
    let _ = view(async |_| Item { id: 1 });
}
