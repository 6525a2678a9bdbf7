//! Runs a gateway app behind any web server: CGI, FastCGI, SCGI and the uwsgi protocol. The other way,
//! a CGI program and a FastCGI server are apps.

mod body;
mod codec;
mod exchange;
mod front_end;
mod limits;
mod output;
mod protocol;
mod request;
#[cfg(feature = "server")]
mod server;
mod service;
mod variables;

pub use front_end::FrontEnd;
pub use protocol::Protocol;
#[cfg(feature = "server")]
pub use server::{Server, is_cgi, run_cgi};
pub use service::{CgiError, CgiService};
pub use variables::Variables;
