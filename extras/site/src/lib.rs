//! Postcards: a site of the size of a tutorial's last chapter, as one app for three stacks.
//!
//! Accounts with hashed passwords, sessions in cookies, forms that another site cannot send, posts with
//! pictures and paging, live notifications, and a JSON API that describes itself. The README walks through
//! it.
//!
//! | module | what is there |
//! |---|---|
//! | `site` | the routes, and the middlewares around them |
//! | `routes` | a router: patterns, methods, and parameters of the path |
//! | `views` | one file for each group of pages: a view reads a request and returns a response |
//! | `model` | what the site knows: accounts, sessions, posts, pictures; SQL is only here |
//! | `state` | what the views share |
//! | `visitor` | who sends a request |
//! | `error` | what can go wrong, and which response it becomes |
//! | `stack` | hyper, axum and actix-web |
//!
//! # Examples
//!
//! ```
//! # tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
//! use gateway_testing::Client;
//! use site::State;
//!
//! let directory = tempfile::tempdir()?;
//! let client = Client::new(site::site(State::open(directory.path())?)?);
//! let mut page = client.get("/").send().await.assert_status(200);
//! assert!(page.text().await.contains("<h1>Postcards</h1>"));
//! # Ok::<(), gateway_core::BoxError>(())
//! # })?;
//! # Ok::<(), gateway_core::BoxError>(())
//! ```

mod error;
mod here;
mod model;
mod origin;
mod pages;
mod routes;
mod site;
mod stack;
mod state;
mod views;
mod visitor;

pub use site::{site, site_behind_a_proxy};
pub use stack::Stack;
pub use state::State;
