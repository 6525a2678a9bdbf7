//! The site, through the test client: in process, without a socket, with the lint on.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod accounts;
mod api;
mod live;
mod pages;
mod pictures;
mod posts;
mod support;
