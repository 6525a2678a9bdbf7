//! Every middleware, with nothing to say about the cases.

use std::sync::Arc;
use std::time::Duration;

use gateway_core::{App, AppExt, BoxApp, HttpError};
use gateway_util::Mount;
use gateway_util::{Cascade, ErrorFormat, Hosts, Methods, MiddlewareExt};

pub(crate) type Wrap = (&'static str, fn(BoxApp) -> BoxApp);

fn refusing() -> impl App {
    HttpError::not_found()
}

pub(crate) const MIDDLEWARES: &[Wrap] = &[
    ("mount", |a| {
        Mount::new().at("/x", refusing()).fallback(a).boxed()
    }),
    ("mount at the root", |a| Mount::new().at("/", a).boxed()),
    ("hosts", |a| Hosts::new().at("a.example", a).boxed()),
    ("hosts, fallback", |a| {
        Hosts::new().at("b.example", refusing()).fallback(a).boxed()
    }),
    ("methods", |a| {
        let a = Arc::new(a);
        Methods::new().get(a.clone()).post(a).boxed()
    }),
    ("methods, fallback", |a| Methods::new().fallback(a).boxed()),
    ("cascade, first", |a| {
        a.or_else(HttpError::im_a_teapot()).boxed()
    }),
    ("cascade, second", |a| refusing().or_else(a).boxed()),
    ("cascade, only", |a| Cascade::new().then(a).boxed()),
    ("proxy_fix", |a| {
        a.proxy_fix()
            .x_for(1)
            .x_proto(1)
            .x_host(1)
            .x_port(1)
            .x_prefix(1)
            .forwarded(1)
            .boxed()
    }),
    ("method_override", |a| {
        a.method_override().header().query().boxed()
    }),
    ("catch_panic", |a| {
        a.catch_panic(|_: &str| HttpError::internal_server_error())
            .boxed()
    }),
    ("error_handlers", |a| {
        a.error_handlers().status(418, |_| "never").boxed()
    }),
    ("error_format, html", |a| {
        a.error_format(ErrorFormat::Html).boxed()
    }),
    ("access_log", |a| a.access_log().boxed()),
    ("metrics", |a| a.metrics().boxed()),
    ("spans", |a| a.spans().boxed()),
    ("request_id", |a| a.request_id().boxed()),
    ("runtime", |a| a.runtime().boxed()),
    ("timeout", |a| a.timeout(HOUR).boxed()),
    ("timeout, head", |a| {
        a.timeout(HOUR).until_first_byte().boxed()
    }),
    ("timeout, chunks", |a| {
        a.timeout(HOUR).between_chunks().boxed()
    }),
    ("conditional_get", |a| a.conditional_get().boxed()),
    ("auto_etag", |a| a.auto_etag().boxed()),
    ("head_as_get", |a| a.head_as_get().boxed()),
    ("basic_auth", |a| {
        a.basic_auth("r").user("ada", "pw").boxed()
    }),
    ("on_request", |a| {
        a.on_request(async |environ| Ok(environ)).boxed()
    }),
    ("on_response", |a| a.on_response(|_, _| ()).boxed()),
    ("trusted_hosts", |a| a.trusted_hosts(["a.example"]).boxed()),
    ("limit_input", |a| a.limit_input(99).boxed()),
    ("all at once", |a| {
        let a = a.head_as_get().auto_etag().conditional_get().timeout(HOUR);
        let a = a
            .catch_panic(|_: &str| HttpError::internal_server_error())
            .boxed();
        a.runtime()
            .request_id()
            .access_log()
            .method_override()
            .query()
            .proxy_fix()
            .x_for(1)
            .boxed()
    }),
];

pub(crate) const HOUR: Duration = Duration::from_secs(3600);
