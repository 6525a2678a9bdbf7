//! Request helpers, responses and middlewares for gateway apps.
//!
//! `gateway-core` is the convention and changes rarely; what is convenient lives here.
//!
//! - Answers: [`redirect`], [`ResponseFields`], [`ETag`] and [`Conditions`], [`SendFile`] and
//!   [`StaticDir`], [`EventStream`], [`JsonLines`], [`read_body`], [`Either`].
//! - Errors: [`HttpErrorFields`], [`abort_with`], [`Problem`], [`ErrorHandlers`].
//! - Requests: [`EnvironExt`] for the query, forms, JSON, cookies, what the client accepts, and who
//!   it says it is.
//!
//! Every reader of a request has a bound, and an [`HttpError`](gateway_core::HttpError) of the right
//! status for what is wrong with it.
//!
//! # Features
//!
//! Both are on by default: `files` ([`SendFile`], [`StaticDir`]) and `multipart`
//! (multipart forms, whose large parts go to disk).
#![cfg_attr(docsrs, feature(doc_cfg))]

mod error;
mod error_handlers;
mod http_date;
mod request;
mod response;

pub use error::{HttpErrorFields, Problem, RetryAfter, abort_with};
pub use error_handlers::{ErrorHandlers, Failure};
#[cfg(feature = "multipart")]
pub use request::FilePart;
pub use request::{Accept, Authorization, BasicCredentials, EnvironExt, Form, FormLimits, Pairs};
pub use response::{
    ByteRange, CacheControl, Conditions, ETag, ETagError, Either, Event, EventError, EventStream,
    JsonLines, Outcome, RangeOutcome, Redirect, ResponseFields, read_body, read_exactly, redirect,
};
#[cfg(feature = "files")]
pub use response::{SendFile, StaticDir};

mod blocking;
pub mod middleware;

pub use blocking::{
    Blocking, BlockingReader, BlockingWriter, Iterated, Written, blocking, blocking_writer,
};
#[doc(no_inline)]
pub use gateway_core::{LimitInput, Mount};
#[doc(inline)]
pub use middleware::{
    AccessEntry, AccessLog, AutoETag, BasicAuth, BeforeProxyFix, Cascade, CatchPanic,
    ConditionalGet, Ended, HeadAsGet, Hosts, IsHead, LogFormat, MethodOverride, Methods,
    MiddlewareExt, OnRequest, OnResponse, OverriddenMethod, ProxyFix, RequestId, RequestIdValue,
    Runtime, Timeout,
};
