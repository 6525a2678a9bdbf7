//! The laboratory: apps that keep or break the clauses of SPEC.md, to be tried over the wire.

mod failure;
mod framing;
mod query;
mod request;
mod socket;
mod start;
mod stream;

use gateway_core::{App, view};
use gateway_util::Mount;

use crate::chat::chat;
use crate::routes::Routes;

/// All of its apps, to be mounted anywhere. Each accepts every method.
pub(crate) fn app() -> impl App {
    let routes = Routes::new()
        .at("/environ", view(request::environ))
        .at("/echo", request::echo)
        .at("/count", view(request::count))
        .at("/limit", request::limit)
        .at("/ignore-body", view(request::ignore_body))
        .at("/stream", view(stream::stream))
        .at("/events", stream::events)
        .at("/push", view(stream::push))
        .at("/slow", view(stream::slow))
        .at("/cookies", view(start::cookies))
        .at("/late-start", start::late_start)
        .at("/restart", start::restart)
        .at("/double-start", start::double_start)
        .at("/no-start", start::no_start)
        .at("/hop-by-hop", start::hop_by_hop)
        .at("/bad-header", start::bad_header)
        .at("/fail-first", view(failure::fail_first))
        .at("/fail-after-empty", view(failure::fail_after_empty))
        .at("/fail-late", view(failure::fail_late))
        .at("/panic", view(failure::panic))
        .at("/panic-late", view(failure::panic_late))
        .at("/error", view(failure::error))
        .at("/length/short", framing::length_short)
        .at("/length/long", framing::length_long)
        .at("/length/stream-short", framing::length_stream_short)
        .at("/length/stream-long", framing::length_stream_long);
    let routes = routes
        .at("/ws", view(socket::ws))
        .at("/ws/refuse", view(socket::ws_refuse))
        .at("/ws/fail", view(socket::ws_fail))
        .at("/ws/panic", view(socket::ws_panic))
        .at("/ws/chat", chat())
        .at("/upgrade", view(socket::upgrade));
    Mount::new()
        .at("/raw", view(request::raw))
        .at("/status", framing::status)
        .fallback(routes)
}
