//! The showcase as an app: the same on every stack.
//!
//! [`site`] is what the `showcase` binary serves, under one access log:
//!
//! - the views of `views.rs`: every form that a view can return;
//! - the laboratory under `/lab/`, for trying the clauses of SPEC.md over the wire;
//! - the helpers and middlewares of `gateway-util` under `/util/`;
//! - two pages, `/showcase` and `/util`, which show each of them beside its code.
//!
//! People who come with a browser are led from `/` to the showcase, and see errors that look like it.
//!
//! [`Stack`] is what serves it. The small programs in `src/bin/` each show one way to mount an
//! app, or a component with another interface; their first line says how to run them.
//!
//! # Examples
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! use gateway_core::{AppExt, Environ};
//!
//! let environ = Environ::from_request(http::Request::get("/").body(())?);
//! let response = examples::site().respond(environ).await?;
//! assert_eq!(response.into_body().bytes().await?, "Hello, World!");
//! # Ok::<(), gateway_core::Error>(())
//! # }).unwrap();
//! ```

pub mod arguments;
mod assets;
mod chat;
mod lab;
mod listen;
mod page;
mod people;
mod routes;
mod site;
pub mod stack;
mod util;
mod views;

pub use chat::chat;
pub use listen::{announce, listen, listen_at, passed};
pub use routes::Routes;
pub use site::{site, site_on};
pub use stack::Stack;
