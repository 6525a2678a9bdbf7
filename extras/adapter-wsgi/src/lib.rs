//! WSGI callables as gateway apps, and gateway apps as WSGI callables.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod call;
mod callable;
mod close;
mod environ;
mod errors;
mod import;
mod input;
mod iterate;
mod latin1;
mod outer;
mod output;
mod pool;
mod python_error;
mod start_response;
mod worker;
mod write;
mod wsgi;

pub use callable::WsgiCallable;
pub use import::{ImportError, look_in};
pub use outer::OuterEnviron;
pub use wsgi::Wsgi;
