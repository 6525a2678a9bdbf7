//! What callables do wrong, or rarely: each has its right answer, its iterable is closed once, and the
//! server goes on.

use gateway_conformance::wire::{Protocol, WireError, WireRequest, WireResponse, exchange};

use crate::support::{Server, events, noted, unique};

/// What a client sees.
#[derive(Debug, Clone, Copy)]
enum Seen {
    /// A whole response.
    Whole(u16, &'static str),
    /// The gateway's page of a 500.
    Page,
    /// A response that does not end where it should (B8).
    Aborted,
}
use Seen::{Aborted, Page, Whole};

/// Callable, what a client sees, and how often `close()` is called.
const CASES: &[(&str, Seen, usize)] = &[
    ("never_starts", Page, 1),
    ("never_starts_list", Page, 0),
    ("starts_twice", Page, 0),
    ("starts_twice_and_swallows", Page, 1),
    ("yields_str", Page, 1),
    ("yields_str_late", Aborted, 1),
    ("is_str", Page, 0),
    ("raises", Page, 0),
    ("raises_in_first_step", Page, 1),
    ("raises_in_body", Aborted, 1),
    ("raises_in_close", Whole(200, "whole body"), 1),
    ("raises_in_close_and_body", Aborted, 1),
    ("system_exit", Page, 0),
    ("system_exit_in_body", Aborted, 1),
    ("keyboard_interrupt", Page, 0),
    ("generator", Whole(200, "from a generator"), 0),
    ("Unstarted", Whole(204, ""), 1),
    ("hop_by_hop", Page, 0),
    ("latin1_header", Whole(200, "data"), 0),
    ("non_latin1_header", Page, 0),
    ("split_header", Page, 0),
    ("bad_header_name", Page, 0),
    ("bytes_header", Page, 0),
    ("bad_status", Page, 0),
    ("informational", Page, 0),
    ("returns_none", Page, 0),
    ("too_short", Aborted, 1),
    ("too_short_list", Page, 0),
    ("too_long", Whole(200, "four"), 1),
    ("too_long_chunk", Whole(200, "four"), 1),
    ("recurses", Page, 0),
    ("recurses_in_c", Page, 0),
    ("writes", Whole(200, "written twice and yielded"), 1),
    ("writes_all", Whole(200, "written"), 0),
    ("writes_str", Page, 0),
    ("starts_late", Whole(201, "late"), 1),
    ("exc_info_before", Whole(503, "sorry"), 1),
    ("exc_info_none", Whole(200, "fine"), 1),
    ("exc_info_after", Aborted, 1),
    ("exc_info_after_and_swallows", Aborted, 1),
];

fn is_seen(seen: Seen, answer: &Result<WireResponse, WireError>) -> bool {
    match (seen, answer) {
        (Whole(status, text), Ok(response)) => {
            response.is_complete() && response.status == status && response.text() == text
        }
        (Page, Ok(response)) => {
            response.is_complete()
                && response.status == 500
                && response.text().contains("Internal Server Error")
                && !response.text().contains("on purpose")
        }
        (Aborted, Ok(response)) => !response.is_complete() && response.status == 200,
        (Aborted, Err(error)) => error.is_closed() || error.is_reset(),
        (_, Err(_)) => false,
    }
}

async fn each_has_its_answer(server: Server) {
    let mut wrong = Vec::new();
    for protocol in Protocol::ALL {
        for (name, seen, closed) in CASES {
            let query = unique();
            let request = WireRequest::get(format!("/hostile/{name}?{query}"));
            let answer = exchange(server.address, protocol, &request).await;
            if !is_seen(*seen, &answer) {
                wrong.push(format!(
                    "{protocol:?} {name}: expected {seen:?}: {answer:?}"
                ));
            }
            if *closed > 0 {
                noted(&query, "closed", *closed).await;
            }
            // An iterable that nobody reads is closed as well.
            let head = unique();
            let request = WireRequest::head(format!("/hostile/{name}?{head}"));
            let response = exchange(server.address, protocol, &request).await.unwrap();
            assert!(response.is_complete(), "{protocol:?} {name}");
            if *closed > 0 {
                noted(&head, "closed", *closed).await;
            }
            // One more close() of theirs would be there by the end of another call.
            let request = WireRequest::get("/plain/bare");
            let response = exchange(server.address, protocol, &request).await.unwrap();
            assert_eq!(response.text(), "Hello, World!", "after {name}");
            for query in [&query, &head] {
                let count = events(query)
                    .iter()
                    .filter(|event| **event == "closed")
                    .count();
                assert_eq!(count, *closed, "{name}: {:?}", events(query));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn bytes_of_latin1_reach_the_wire(server: Server) {
    let request = WireRequest::get("/hostile/latin1_header");
    for protocol in Protocol::ALL {
        let response = exchange(server.address, protocol, &request).await.unwrap();
        let value = response
            .headers
            .iter()
            .find(|(name, _)| name == "x-name")
            .unwrap();
        assert_eq!(value.1, b"J\xfcrgen");
    }
}

async fn a_restart_replaces_the_head(server: Server) {
    let request = WireRequest::get("/hostile/exc_info_before");
    for protocol in Protocol::ALL {
        let response = exchange(server.address, protocol, &request).await.unwrap();
        assert_eq!((response.status, response.count("x-first")), (503, 0));
    }
}

async fn a_late_exc_info_is_raised_again(server: Server) {
    let query = unique();
    let request = WireRequest::get(format!("/hostile/exc_info_after_and_swallows?{query}"));
    // Its answer is among the cases.
    let _ = exchange(server.address, Protocol::Http1, &request).await;
    noted(&query, "closed", 1).await;
    assert_eq!(events(&query), ["raised again", "closed"]);
}

on_every_stack! {
    a_late_exc_info_is_raised_again,
    a_restart_replaces_the_head,
    bytes_of_latin1_reach_the_wire,
    each_has_its_answer,
}
