//! README's snippets for axum and actix-web. The tests are what this crate is for.
