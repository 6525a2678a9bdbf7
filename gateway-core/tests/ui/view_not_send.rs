//! What a view holds over an await must be `Send`.
use std::rc::Rc;

use gateway_core::view;

fn main() {
    let _ = view(async |_| {
        let text = Rc::new("hello");
        std::future::ready(()).await;
        *text
    });
}
