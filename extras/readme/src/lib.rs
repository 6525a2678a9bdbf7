//! README's snippets for axum and actix-web, tested in `tests/` with README's dependencies.
