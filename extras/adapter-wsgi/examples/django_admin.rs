//! Django's admin beside a Rust site: `cargo run --example django_admin`.
//!
//! `examples/django_site.py` says how its database is made.

use adapter_hyper::{Server, default_addr};
use adapter_wsgi::{Wsgi, look_in};
use gateway_core::{BoxError, view};
use gateway_util::Mount;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    look_in(concat!(env!("CARGO_MANIFEST_DIR"), "/examples"))?;
    let django = Wsgi::import("django_site:app")?.threads(4);
    // Django finds `/office` in SCRIPT_NAME: its links, cookies and redirects begin with it.
    let app = Mount::new().at("/office", django).fallback(view(
        async |_| "The site is Rust. The admin is at /office/admin/.\n",
    ));
    let server = Server::bind(default_addr()?).await?;
    println!("listening on http://{}", default_addr()?);
    server.serve(app).await?;
    Ok(())
}
