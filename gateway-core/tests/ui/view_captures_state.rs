//! A view is called for each request; state goes through `view_with`.
use std::sync::Arc;

use gateway_core::{Environ, view};

fn main() {
    let db = Arc::new(["a row"]);
    let _ = view(async move |_environ: Environ| db[0]);

    let db = Arc::new(["a row"]);
    let _ = view(move |_environ: Environ| async move { db[0] });
}
