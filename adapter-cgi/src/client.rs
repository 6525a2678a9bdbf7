//! The other way: a CGI program, and a FastCGI server, as apps.

mod fast_cgi_client;
mod process;
mod program;
mod relay;
mod scripts;
mod variables;

pub use fast_cgi_client::FastCgiClient;
pub use program::CgiProgram;
