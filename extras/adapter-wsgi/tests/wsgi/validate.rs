//! `wsgiref.validate` between the gateway and callables, Flask and Django among them: silent.

use gateway_conformance::wire::{Protocol, WireRequest, exchange};
use pyo3::prelude::*;

use crate::support::Server;

/// What the validator has said so far, by callable.
fn complaints() -> String {
    Python::attach(|py| {
        let complaints = py.import("checked")?.getattr("COMPLAINTS")?;
        PyResult::Ok(complaints.str()?.to_string())
    })
    .unwrap()
}

fn names() -> Vec<String> {
    Python::attach(|py| {
        let callables = py.import("checked")?.getattr("CALLABLES")?;
        let names = callables.call_method0("keys")?;
        names
            .try_iter()?
            .map(|name| name?.extract())
            .collect::<PyResult<_>>()
    })
    .unwrap()
}

async fn the_validator_is_silent(server: Server) {
    drop(crate::support::wsgi("checked:app"));
    let names = names();
    assert!(names.len() >= 14, "{names:?}");
    for protocol in Protocol::ALL {
        for name in &names {
            let target = format!("/checked/app/{name}/?a=%20b");
            let requests = [
                WireRequest::get(&target),
                WireRequest::head(&target),
                WireRequest::post(&target).body("one\ntwo\n"),
                WireRequest::post(&target).chunked(["one\n", "two\n"]),
                WireRequest::new("OPTIONS", &target)
                    .header("Cookie", "a=b")
                    .header("Cookie", "c=d"),
            ];
            for request in requests {
                let response = exchange(server.address, protocol, &request).await.unwrap();
                assert!(response.is_complete(), "{} {name}", request.method());
                // One of them answers so on purpose.
                assert!(
                    response.status < 500 || name == "restarts",
                    "{} {name}: {}",
                    request.method(),
                    complaints()
                );
            }
        }
    }
    assert_eq!(complaints(), "{}");
}

async fn django_answers(server: Server) {
    for (method, path, body, expected) in [
        ("GET", "/", "", "Hello, Django!"),
        ("POST", "/echo", "sent", "sent"),
        (
            "GET",
            "/where",
            "",
            "/django_app/app/where /where /django_app/app/where",
        ),
        ("GET", "/stream", "", "one two"),
    ] {
        for protocol in Protocol::ALL {
            let request = WireRequest::new(method, format!("/django_app/app{path}"));
            let request = if body.is_empty() {
                request
            } else {
                request.body(body)
            };
            let response = exchange(server.address, protocol, &request).await.unwrap();
            assert_eq!(
                (response.status, &*response.text()),
                (200, expected),
                "{path}"
            );
        }
    }
}

on_every_stack! {
    django_answers,
    the_validator_is_silent,
}
