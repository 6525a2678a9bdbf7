//! The servers that the components are tested on, and a server for a test.
//!
//! [`Stack`] serves an app below a prefix of the host's own router, and [`TestServer`] runs it on a
//! thread of the test.

mod stack;
mod test_server;

pub use stack::Stack;
pub use test_server::{TestServer, on_each};
