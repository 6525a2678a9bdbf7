//! Python's WSGI (PEP 3333) both ways.
//!
//! - [`Wsgi`] makes an app of a WSGI callable: a Flask or Django application under hyper, axum and
//!   actix-web, beside Rust routes and below Rust middlewares.
//! - [`WsgiCallable`] makes a WSGI callable of an app, in an extension module: a Rust endpoint under
//!   gunicorn, waitress, or a `DispatcherMiddleware`.
//! - The program `serve` serves a callable: `serve MODULE:CALLABLE --stack hyper`.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `embed` (default) | the interpreter is started when it is first needed: for Rust programs |
//! | `program` (default) | the programs `serve` and `load`, with every server |
//! | `abi3` | Python's stable interface: one extension module for every version from 3.10 on |
//!
//! An extension module takes `default-features = false, features = ["abi3"]`. The two kinds do not go
//! into one workspace: a module must not link the interpreter's library, and a program must.
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

/// The README's examples, compiled.
#[cfg(all(doctest, feature = "program"))]
#[doc = include_str!("../README.md")]
pub struct Readme;

/// The examples of the book's chapter on moving from Flask, compiled.
#[cfg(all(doctest, feature = "program"))]
#[doc = include_str!("../../../book/src/from-flask.md")]
pub struct FromFlask;
