//! `wsgi.input`.

use gateway_conformance::wire::{Protocol, WireRequest, exchange, http1};
use gateway_core::{App, AppExt, Environ, app_fn};
use pyo3::prelude::*;

use crate::support::{Server, events, noted, unique, wsgi};

async fn a_body_is_read(server: Server) {
    let body = "x".repeat(300_000);
    for protocol in Protocol::ALL {
        for name in ["reads", "reads_in_body", "reads_behind_the_end"] {
            let sized = WireRequest::post(format!("/hostile/{name}")).body(body.clone());
            // I2: it ends, also without a length.
            let chunks = body.as_bytes().chunks(70_000).map(<[u8]>::to_vec);
            let unsized_ = WireRequest::post(format!("/hostile/{name}")).chunked(chunks);
            for request in [sized, unsized_] {
                let response = exchange(server.address, protocol, &request).await.unwrap();
                assert!(response.is_complete() && response.status == 200, "{name}");
                assert!(response.text() == body, "{protocol:?} {name}");
            }
        }
        let request = WireRequest::get("/hostile/reads");
        let response = exchange(server.address, protocol, &request).await.unwrap();
        assert_eq!(response.text(), "");
    }
}

async fn lines_are_read(server: Server) {
    let text = "one\ntwo\nthree\nfour\nfive";
    let expected = r"[b'one\n', b'tw', b'o', b'\n', b'three\n', b'four\n', b'five', b'', b'', b'']";
    for protocol in Protocol::ALL {
        let whole = WireRequest::post("/hostile/reads_lines").body(text);
        let split = text.as_bytes().chunks(2).map(<[u8]>::to_vec);
        let split = WireRequest::post("/hostile/reads_lines").chunked(split);
        for request in [whole, split] {
            let response = exchange(server.address, protocol, &request).await.unwrap();
            assert_eq!(response.text(), expected);
        }
    }
}

/// I3: what a client cut short is not taken for a whole body.
async fn i3_a_body_cut_short_is_an_error(server: Server) {
    let query = unique();
    let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
    let head = format!(
        "POST /hostile/reads?{query} HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nfour"
    );
    connection.send(head).await.unwrap();
    drop(connection);
    // The thread is free again: as many calls as there are threads, and each is answered.
    for _ in 0..4 {
        let request = WireRequest::post("/hostile/reads").body("whole");
        let response = exchange(server.address, Protocol::Http1, &request)
            .await
            .unwrap();
        assert_eq!(response.text(), "whole");
    }
    assert!(events(&query).is_empty());
}

/// I4: the answer of a limit is a 413, though the callable knows nothing of it.
#[tokio::test]
async fn i4_a_limit_is_answered_with_413() {
    let inner = std::sync::Arc::new(wsgi("hostile:reads"));
    let app = app_fn(move |mut environ, start_response| {
        let inner = inner.clone();
        async move {
            environ.input_mut().limit(3);
            inner.call(environ, start_response).await
        }
    });
    let environ = Environ::from_request(http::Request::post("/").body("four").unwrap());
    let Err(error) = app.respond(environ).await else {
        panic!("the limit was not seen")
    };
    assert!(
        error
            .downcast_ref::<gateway_core::InputError>()
            .unwrap()
            .is_too_large()
    );
}

/// I5: who keeps the environ does not keep the request's body.
#[tokio::test]
async fn i5_the_input_ends_with_the_call() {
    let query = unique();
    let app = wsgi("hostile:keeps_the_environ");
    let request = http::Request::post(format!("/?{query}"))
        .body("unread")
        .unwrap();
    let response = app.respond(Environ::from_request(request)).await.unwrap();
    assert_eq!(response.into_body().bytes().await.unwrap(), "kept");
    noted(&query, "closed", 1).await;
    assert!(app.close(std::time::Duration::from_secs(30)));
    let error = crate::support::hostile(|hostile| {
        let environ = hostile.getattr("KEPT")?.get_item(0)?;
        let read = environ.get_item("wsgi.input")?.call_method0("read");
        Ok(read.map_err(|error| error.to_string()).map(drop))
    });
    assert_eq!(error, Err("ValueError: the request is over".to_owned()));
}

on_every_stack! {
    a_body_is_read,
    i3_a_body_cut_short_is_an_error,
    lines_are_read,
}
