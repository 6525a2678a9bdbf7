//! S: start_response.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use gateway_core::{
    App, AppExt, AppendHeaders, Body, Environ, Error, Gateway, StartResponse, app_fn,
};
use http::{HeaderMap, HeaderValue, Request, StatusCode};

mod support;
use support::{Counter, Frames, Poller, Script, ask, data, environ, get, head, logged, read, run};

const NONE: [(&str, &str); 0] = [];

/// An app that does `start` and answers with `body`, whatever came of it.
fn starting<S>(body: &'static str, start: S) -> impl App
where
    S: Fn(&StartResponse) + Send + Sync + Clone + 'static,
{
    app_fn(move |_, start_response: StartResponse| {
        start(&start_response);
        async move { Ok(Body::from(body)) }
    })
}

#[test]
fn s1_a_second_start_is_an_error_that_cannot_be_swallowed() {
    let app = starting("body", |start_response| {
        start_response.start(200, NONE).unwrap();
        let error = start_response.start(200, NONE).unwrap_err();
        assert_eq!(error.clause(), "S1");
        assert!(error.is_already_started());
        assert!(!error.is_committed());
    });
    let (answer, log) = logged(|| ask(app, get("/")));
    answer.assert_clean_500();
    log.assert_one("S1", "started before");
}

#[test]
fn s1_a_start_after_a_refused_one_is_an_error() {
    let app = starting("body", |start_response| {
        assert_eq!(start_response.start(99, NONE).unwrap_err().clause(), "S5");
        assert_eq!(start_response.start(200, NONE).unwrap_err().clause(), "S1");
    });
    let (answer, log) = logged(|| ask(app, get("/")));
    answer.assert_clean_500();
    log.assert_one("S1", "");
}

#[test]
fn s1_a_refused_start_ends_the_exchange() {
    let app = starting("body", |start_response| {
        start_response
            .start(200, [("x-a", "1\r\nx-b: 2")])
            .unwrap_err();
    });
    let (answer, log) = logged(|| ask(app, get("/")));
    answer.assert_clean_500();
    assert_eq!(answer.header("x-a"), None);
    log.assert_one("S6", "x-a");
}

#[test]
fn s1_a_restart_clears_a_refused_start() {
    let app = starting("sorry", |start_response| {
        start_response.start(99, [("x-a", "1")]).unwrap_err();
        start_response.start(200, [("x-b", "1")]).unwrap_err();
        start_response
            .restart(503, [("x-c", "1")], Error::msg("boom"))
            .unwrap();
    });
    let answer = ask(app, get("/"));
    assert_eq!((answer.status, &*answer.text()), (503, "sorry"));
    assert_eq!(answer.headers.len(), 1, "{answer:?}");
    assert_eq!(answer.header("x-c"), Some("1"));
}

#[test]
fn s1_a_refused_restart_can_be_cleared_too() {
    let app = starting("sorry", |start_response| {
        start_response.start(200, [("x-a", "1")]).unwrap();
        let error = start_response.restart(1000, [("x-b", "1")], Error::msg("boom"));
        assert!(error.unwrap_err().to_string().contains("S5"));
        start_response
            .restart("503 Gone fishing", NONE, Error::msg("boom"))
            .unwrap();
    });
    let answer = ask(app, get("/"));
    assert_eq!(answer.status, 503);
    assert!(answer.headers.is_empty(), "{answer:?}");

    let stays_refused = starting("sorry", |start_response| {
        start_response.start(200, NONE).unwrap();
        start_response
            .restart(100, NONE, Error::msg("boom"))
            .unwrap_err();
    });
    ask(stays_refused, get("/")).assert_clean_500();
}

#[test]
fn s1_a_start_from_a_hook_is_a_second_start() {
    let app = starting("body", |start_response| {
        let inner = start_response.clone();
        let hooked = start_response.wrap(move |_, _| {
            assert_eq!(inner.start(200, NONE).unwrap_err().clause(), "S1");
        });
        assert_eq!(hooked.start(200, NONE).unwrap_err().clause(), "S1");
    });
    ask(app, get("/")).assert_clean_500();
}

#[test]
fn s1_of_two_racing_starts_none_goes_through_unnoticed() {
    for _ in 0..200 {
        let app = starting("body", |start_response| {
            let barrier = Barrier::new(2);
            let outcomes: Vec<bool> = thread::scope(|scope| {
                let starts = [200_u16, 201].map(|status| {
                    let (barrier, start_response) = (&barrier, start_response);
                    scope.spawn(move || {
                        barrier.wait();
                        start_response.start(status, NONE).is_ok()
                    })
                });
                starts
                    .into_iter()
                    .map(|start| start.join().unwrap())
                    .collect()
            });
            assert!(
                outcomes.iter().filter(|ok| **ok).count() < 2,
                "{outcomes:?}"
            );
        });
        ask(app, get("/")).assert_clean_500();
    }
}

#[test]
fn s2_a_restart_before_commit_replaces_the_head_whole() {
    let app = starting("sorry", |start_response| {
        let cookies = [("set-cookie", "a=1"), ("content-length", "999")];
        start_response.start(200, cookies).unwrap();
        start_response
            .restart(500, [("x-b", "1")], Error::msg("boom"))
            .unwrap();
    });
    let answer = ask(app, get("/"));
    assert_eq!((answer.status, &*answer.text()), (500, "sorry"));
    assert_eq!(answer.headers.len(), 1, "{answer:?}");
}

#[test]
fn s2_a_restart_with_no_start_before_it_starts() {
    let app = starting("sorry", |start_response| {
        start_response
            .restart(503, NONE, Error::msg("boom"))
            .unwrap();
    });
    assert_eq!(ask(app, get("/")).status, 503);
}

#[test]
fn s2_a_restart_after_commit_gives_the_error_back_and_aborts() {
    let app = app_fn(|_, start_response: StartResponse| async move {
        start_response.start(200, NONE)?;
        Ok(Body::from_producer(async move |mut writer| {
            writer.write("one").await?;
            assert!(start_response.is_committed());
            let error = start_response
                .restart(500, NONE, Error::msg("mine"))
                .unwrap_err();
            assert_eq!(error.to_string(), "mine");
            writer.write("two").await?;
            Ok(())
        }))
    });
    let (answer, log) = logged(|| ask(app, get("/")));
    assert_eq!((answer.status, &*answer.text()), (200, "one"));
    answer.assert_aborted();
    log.assert_one("S2", "after its head was sent");
}

#[test]
fn s2_a_restart_from_another_task_wakes_and_aborts_a_pending_body() {
    let kept: Arc<Mutex<Option<StartResponse>>> = Arc::default();
    let keep = kept.clone();
    let gateway = Gateway::new(app_fn(move |_, start_response: StartResponse| {
        *keep.lock().unwrap() = Some(start_response.clone());
        async move {
            start_response.start(200, NONE)?;
            Ok(Body::from_producer(async |mut writer| {
                writer.write("one").await?;
                std::future::pending().await
            }))
        }
    }));
    let response = run(gateway.handle(environ(&gateway, get("/"))));
    let mut frames = Frames::new(response.into_body());
    assert_eq!(frames.data(), "one");
    frames.assert_pending();
    let before = frames.wakes.count();
    let handle = kept.lock().unwrap().take().unwrap();
    let error = handle.restart(500, NONE, Error::msg("mine")).unwrap_err();
    assert_eq!(error.to_string(), "mine");
    assert!(frames.wakes.count() > before, "the host was not woken");
    assert!(frames.next().unwrap().is_err());
    assert!(frames.next().is_none());
}

#[test]
fn s3_bytes_with_no_start_are_a_500_that_names_the_rule() {
    let (answer, log) = logged(|| ask(starting("body", |_| {}), get("/")));
    answer.assert_clean_500();
    log.assert_one("S3", "the response was not started");
}

#[test]
fn s3_a_stream_with_no_start_is_a_500() {
    for frames in [
        vec![data("x")],
        vec![],
        vec![None, data("")],
        vec![support::trailers([("x-t", "1")])],
    ] {
        let script = Mutex::new(Some(Script::new(frames)));
        let app = app_fn(move |_, _| {
            let script = script.lock().unwrap().take().unwrap();
            async move { Ok(script.body()) }
        });
        let (answer, log) = logged(|| ask(app, get("/")));
        answer.assert_clean_500();
        log.assert_one("S3", "the response was not started");
    }
}

#[test]
fn s4_a_late_start_in_the_first_poll_works() {
    for request in [get("/"), head("/")] {
        let is_head = request.method() == "HEAD";
        let app = app_fn(|_, start_response: StartResponse| async move {
            Ok(Body::from_producer(async move |mut writer| {
                start_response.start(201, [("x-a", "1")])?;
                writer.write("late").await?;
                Ok(())
            }))
        });
        let answer = ask(app, request);
        assert_eq!(answer.status, 201);
        assert_eq!(answer.header("x-a"), Some("1"));
        assert_eq!(answer.text(), if is_head { "" } else { "late" });
    }
}

#[test]
fn s4_a_start_behind_empty_chunks_and_pendings_works() {
    let app = app_fn(|_, start_response: StartResponse| async move {
        let mut polls = 0;
        Ok(Body::from_chunks(std::iter::from_fn(move || {
            polls += 1;
            match polls {
                200 => start_response.start(200, NONE).map(|()| "").ok(),
                1..=300 => Some(""),
                301 => Some("data"),
                _ => None,
            }
        })))
    });
    assert_eq!(ask(app, get("/")).text(), "data");
}

#[test]
fn s4_a_start_by_another_task_wakes_the_driver() {
    for request in [get("/"), head("/")] {
        let kept: Arc<Mutex<Option<StartResponse>>> = Arc::default();
        let keep = kept.clone();
        let is_head = request.method() == "HEAD";
        let gateway = Gateway::new(app_fn(move |_, start_response: StartResponse| {
            *keep.lock().unwrap() = Some(start_response);
            async { Ok(Body::from_producer(async |_| std::future::pending().await)) }
        }));
        let mut driver = Poller::new(gateway.handle(environ(&gateway, request)));
        driver.assert_pending();
        let handle = kept.lock().unwrap().take().unwrap();
        let before = driver.wakes();
        handle.start(202, NONE).unwrap();
        assert!(driver.wakes() > before, "the driver was not woken");
        if is_head {
            // The start is all that HEAD waits for.
            assert_eq!(driver.finish().status(), 202);
            continue;
        }
        driver.assert_pending();
        // B1: and a flush from there commits.
        let before = driver.wakes();
        handle.commit_early();
        assert!(driver.wakes() > before, "the driver was not woken");
        assert_eq!(driver.finish().status(), 202);
        assert!(handle.is_committed());
    }
}

#[test]
fn s5_final_statuses_are_200_to_999() {
    for status in [200_u16, 204, 299, 304, 418, 599, 600, 999] {
        let app = starting("", move |start_response| {
            start_response.start(status, NONE).unwrap();
        });
        assert_eq!(ask(app, get("/")).status, status);
    }
    for status in [0_u16, 99, 100, 102, 103, 199, 1000, u16::MAX] {
        let app = starting("", move |start_response| {
            let error = start_response.start(status, NONE).unwrap_err();
            assert_eq!(error.clause(), "S5", "{status}");
            assert!(error.is_invalid_head());
        });
        ask(app, get("/")).assert_clean_500();
    }
    for status in [StatusCode::CONTINUE, StatusCode::EARLY_HINTS] {
        let app = starting("", move |start_response| {
            assert_eq!(
                start_response.start(status, NONE).unwrap_err().clause(),
                "S5"
            );
        });
        ask(app, get("/")).assert_clean_500();
    }
    for text in [
        "",
        "abc",
        "-200",
        "+200",
        "200OK",
        "2 00",
        "200 a\r\nx: y",
        "0200000",
    ] {
        let app = starting("", move |start_response| {
            assert_eq!(
                start_response.start(text, NONE).unwrap_err().clause(),
                "S5",
                "{text}"
            );
        });
        ask(app, get("/")).assert_clean_500();
    }
}

#[test]
fn s5_a_hook_cannot_make_a_status_informational() {
    let app = starting("", |start_response| {
        let hooked = start_response.wrap(|status, _| *status = StatusCode::CONTINUE);
        assert_eq!(hooked.start(200, NONE).unwrap_err().clause(), "S5");
    });
    ask(app, get("/")).assert_clean_500();
}

#[test]
fn s6_names_and_values_are_checked_at_the_call() {
    for (name, value) in [
        ("x a", "1"),
        ("", "1"),
        ("x:", "1"),
        ("x\r\n", "1"),
        ("é", "1"),
        ("x(", "1"),
        ("x", "a\r\nb"),
        ("x", "a\nb"),
        ("x", "a\rb"),
        ("x", "a\0b"),
        ("x", "\u{1b}"),
        ("x", "\u{7f}"),
        ("x", "a\n"),
    ] {
        let app = starting("", move |start_response| {
            let error = start_response.start(200, [(name, value)]).unwrap_err();
            assert_eq!(error.clause(), "S6", "{name:?}: {value:?}");
            // What may be a secret is not quoted.
            assert!(!error.to_string().contains("a\rb"));
        });
        ask(app, get("/")).assert_clean_500();
    }
    let app = starting("", |start_response| {
        let values = [
            ("X-Tab", "a\tb"),
            ("x-utf8", "é"),
            ("x-empty", ""),
            ("x-pad", " \t1 "),
        ];
        start_response.start(200, values).unwrap();
    });
    let answer = ask(app, get("/"));
    assert_eq!(answer.header("x-tab"), Some("a\tb"));
    assert_eq!(answer.headers["x-utf8"].as_bytes(), "é".as_bytes());
    assert_eq!(answer.header("x-empty"), Some(""));
    assert_eq!(answer.header("x-pad"), Some("1"));
}

#[test]
fn s7_hop_by_hop_headers_are_refused() {
    for name in [
        "Connection",
        "Keep-Alive",
        "Proxy-Connection",
        "TE",
        "Transfer-Encoding",
        "Upgrade",
    ] {
        let app = starting("", move |start_response| {
            let error = start_response.start(200, [(name, "x")]).unwrap_err();
            assert_eq!(error.clause(), "S7", "{name}");
        });
        ask(app, get("/")).assert_clean_500();
        let hooked = starting("", move |start_response| {
            let hooked = start_response.wrap(move |_, headers| {
                let name = name.parse::<http::HeaderName>().unwrap();
                headers.insert(name, HeaderValue::from_static("x"));
            });
            assert_eq!(hooked.start(200, NONE).unwrap_err().clause(), "S7");
        });
        ask(hooked, get("/")).assert_clean_500();
    }
    for value in [
        "content-length",
        "x-a, transfer-encoding",
        "",
        "x a",
        "set-cookie",
    ] {
        let app = starting("", move |start_response| {
            let error = start_response.start(200, [("trailer", value)]).unwrap_err();
            assert_eq!(error.clause(), "S7", "{value}");
        });
        ask(app, get("/")).assert_clean_500();
    }
    let app = starting("", |start_response| {
        let passed = [("proxy-authenticate", "Basic"), ("trailer", "x-sum, x-md5")];
        start_response.start(407, passed).unwrap();
    });
    assert_eq!(
        ask(app, get("/")).header("proxy-authenticate"),
        Some("Basic")
    );
}

#[test]
fn s7_the_connection_is_closed_on_request() {
    let closing = || {
        starting("x", |start_response| {
            start_response.close_connection();
            start_response.start(200, NONE).unwrap();
        })
    };
    assert_eq!(ask(closing(), get("/")).header("connection"), Some("close"));
    let request = Request::get("/")
        .version(http::Version::HTTP_2)
        .body(())
        .unwrap();
    assert_eq!(ask(closing(), request).header("connection"), None);
    // The wish is about the connection, not about the head that is replaced.
    let app = starting("x", |start_response| {
        start_response.close_connection();
        start_response
            .restart(500, NONE, Error::msg("boom"))
            .unwrap();
    });
    assert_eq!(ask(app, get("/")).header("connection"), Some("close"));
}

#[test]
fn s8_repeated_lines_stay_separate_and_in_order() {
    let lines = vec![
        ("set-cookie", "a=1"),
        ("link", "<1>"),
        ("Set-Cookie", "b=2"),
        ("vary", "a"),
        ("vary", "b"),
        ("www-authenticate", "Basic"),
        ("www-authenticate", "Bearer"),
        ("set-cookie", "a=1"),
    ];
    let forms: Vec<HeaderMap> = [
        |lines: Vec<_>| to_map(lines),
        |lines: Vec<(&'static str, &'static str)>| to_map(&*lines),
        |lines: Vec<_>| to_map(to_map(lines)),
    ]
    .map(|form| form(lines.clone()))
    .into();
    for form in forms {
        let app = starting("", move |start_response| {
            start_response.start(200, form.clone()).unwrap();
        });
        let answer = ask(app, get("/"));
        assert_eq!(answer.lines("set-cookie"), ["a=1", "b=2", "a=1"]);
        assert_eq!(answer.lines("vary"), ["a", "b"]);
        assert_eq!(answer.lines("www-authenticate"), ["Basic", "Bearer"]);
    }
}

fn to_map(headers: impl AppendHeaders) -> HeaderMap {
    let mut map = HeaderMap::new();
    headers.append_headers(&mut map).unwrap();
    map
}

#[test]
fn s9_lengths_that_are_no_number_or_differ_are_refused() {
    for values in [
        &["+5"][..],
        &["-5"],
        &[""],
        &["5x"],
        &["0x5"],
        &["5.0"],
        &["5 5"],
        &["5,"],
        &[",5"],
        &["5,,5"],
        &["5, 6"],
        &["5", "6"],
        &["99999999999999999999"],
        &["５"],
        &["5", ""],
    ] {
        let app = starting("12345", move |start_response| {
            let lines: Vec<_> = values
                .iter()
                .map(|value| ("content-length", *value))
                .collect();
            let error = start_response.start(200, lines).unwrap_err();
            assert_eq!(error.clause(), "S9", "{values:?}");
        });
        ask(app, get("/")).assert_clean_500();
    }
}

#[test]
fn s9_identical_lengths_collapse() {
    for values in [
        &["5"][..],
        &["5, 5"],
        &["5", "5"],
        &["5 "],
        &["\t5"],
        &["05"],
        &["5,5", "5"],
        &["005", "5"],
    ] {
        for request in [get("/"), head("/")] {
            let app = starting("12345", move |start_response| {
                let lines: Vec<_> = values
                    .iter()
                    .map(|value| ("Content-Length", *value))
                    .collect();
                start_response.start(200, lines).unwrap();
            });
            let answer = ask(app, request);
            assert_eq!(answer.status, 200, "{values:?}");
            let lines = answer.lines("content-length");
            assert_eq!(lines.len(), 1, "{values:?}: {lines:?}");
            assert_eq!(lines[0].parse(), Ok(5), "{values:?}: {lines:?}");
            assert!(!lines[0].contains(','));
        }
    }
}

#[test]
fn hooks_run_in_order_on_every_start_and_restart() {
    let seen = Counter::default();
    let count = seen.clone();
    let app = starting("", move |start_response| {
        let count = count.clone();
        let outer = start_response.wrap(move |_, headers| {
            count.add();
            headers.append("x-order", HeaderValue::from_static("outer"));
        });
        let inner = outer.wrap(|status, headers| {
            *status = StatusCode::ACCEPTED;
            headers.append("x-order", HeaderValue::from_static("inner"));
        });
        inner.start(200, [("x-order", "app")]).unwrap();
        inner
            .restart(500, [("x-order", "app")], Error::msg("boom"))
            .unwrap();
    });
    let answer = ask(app, get("/"));
    assert_eq!(answer.status, 202);
    assert_eq!(answer.lines("x-order"), ["app", "inner", "outer"]);
    assert_eq!(seen.get(), 2);
}

#[test]
fn b9_a_hook_that_panics_is_a_panic_of_the_app() {
    let app = starting("", |start_response| {
        start_response
            .wrap(|_, _| panic!("in the hook"))
            .start(200, NONE)
            .unwrap();
    });
    let (answer, log) = logged(|| ask(app, get("/")));
    answer.assert_clean_500();
    log.assert_one("B9", "in the hook");

    // Where the app catches it, it can still answer.
    let app = starting("sorry", |start_response| {
        let hooked = start_response.wrap(|_, _| panic!("in the hook"));
        let start = std::panic::AssertUnwindSafe(|| hooked.start(200, NONE));
        std::panic::catch_unwind(start).unwrap_err();
        assert_eq!(start_response.start(200, NONE).unwrap_err().clause(), "S1");
        start_response
            .restart(503, NONE, Error::msg("boom"))
            .unwrap();
    });
    assert_eq!(ask(app, get("/")).status, 503);
}

#[test]
fn a_handle_kept_beyond_the_exchange_disturbs_no_other() {
    let kept: Arc<Mutex<Vec<StartResponse>>> = Arc::default();
    let keep = kept.clone();
    let gateway = Gateway::new(app_fn(move |_, start_response: StartResponse| {
        keep.lock().unwrap().push(start_response.clone());
        async move {
            start_response.start(200, [("x-a", "1")])?;
            Ok(Body::from("answer"))
        }
    }));
    for _ in 0..20 {
        let response = run(gateway.handle(environ(&gateway, get("/"))));
        for old in &*kept.lock().unwrap() {
            assert!(old.is_committed());
            assert!(old.start(500, NONE).unwrap_err().is_committed());
            old.commit_early();
            old.close_connection();
        }
        let answer = read(response);
        assert_eq!((answer.status, &*answer.text()), (200, "answer"));
        assert_eq!(answer.lines("x-a"), ["1"]);
        assert_eq!(answer.header("connection"), None);
    }
}

#[test]
fn respond_gives_the_error_of_a_refused_start() {
    let app = starting("", |start_response| {
        start_response.start(99, NONE).unwrap_err();
    });
    let error = run(app.respond(Environ::from_request(get("/")))).unwrap_err();
    assert!(error.to_string().contains("S5"), "{error}");
}

#[test]
fn s1_a_second_start_from_another_task_wakes_a_pending_driver() {
    let kept: Arc<Mutex<Option<StartResponse>>> = Arc::default();
    let keep = kept.clone();
    let gateway = Gateway::new(app_fn(move |_, start_response: StartResponse| {
        *keep.lock().unwrap() = Some(start_response.clone());
        async move {
            start_response.start(200, NONE)?;
            Ok(Body::from_producer(async |_| std::future::pending().await))
        }
    }));
    let mut driver = Poller::new(gateway.handle(environ(&gateway, get("/"))));
    driver.assert_pending();
    let handle = kept.lock().unwrap().take().unwrap();
    let before = driver.wakes();
    assert_eq!(handle.start(200, NONE).unwrap_err().clause(), "S1");
    assert!(driver.wakes() > before, "the driver was not woken");
    read(driver.finish()).assert_clean_500();
}

#[test]
fn s1_no_hook_runs_for_a_start_that_is_refused_in_any_case() {
    let hooks = Arc::new(Mutex::new(0));
    let count = hooks.clone();
    let app = starting("refused", move |start_response| {
        let count = count.clone();
        let hooked = start_response.wrap(move |_, _| *count.lock().unwrap() += 1);
        hooked.start(200, NONE).unwrap();
        assert_eq!(hooked.start(200, NONE).unwrap_err().clause(), "S1");
        assert_eq!(hooked.start(200, NONE).unwrap_err().clause(), "S1");
    });
    ask(app, get("/")).assert_clean_500();
    assert_eq!(*hooks.lock().unwrap(), 1);
}

#[test]
fn s2_a_restart_in_the_middle_of_a_start_stands() {
    let app = starting("sorry", |start_response| {
        let inner = start_response.clone();
        let hooked = start_response.wrap(move |_, _| {
            let restarted = [("x-b", "1")];
            inner.restart(503, restarted, Error::msg("boom")).unwrap();
        });
        assert_eq!(
            hooked.start(200, [("x-a", "1")]).unwrap_err().clause(),
            "S1"
        );
    });
    let answer = ask(app, get("/"));
    assert_eq!((answer.status, &*answer.text()), (503, "sorry"));
    assert_eq!(answer.header("x-a"), None);
    assert_eq!(answer.header("x-b"), Some("1"));
}

#[test]
fn s2_a_handle_kept_beyond_a_failed_exchange_comes_too_late() {
    let kept: Arc<Mutex<Option<StartResponse>>> = Arc::default();
    let keep = kept.clone();
    let app = app_fn(move |_, start_response: StartResponse| {
        *keep.lock().unwrap() = Some(start_response);
        async { Err(Error::msg("failed")) }
    });
    ask(app, get("/")).assert_clean_500();
    let handle = kept.lock().unwrap().take().unwrap();
    assert!(handle.is_committed());
    assert!(handle.start(200, NONE).unwrap_err().is_committed());
}

#[test]
fn s2_a_start_in_the_last_poll_aborts() {
    let app = app_fn(|_, start_response: StartResponse| async move {
        start_response.start(200, NONE)?;
        Ok(Body::from_producer(async move |mut writer| {
            writer.write("one").await?;
            assert!(start_response.start(200, NONE).unwrap_err().is_committed());
            Ok(())
        }))
    });
    let (answer, log) = logged(|| ask(app, get("/")));
    assert_eq!(answer.text(), "one");
    answer.assert_aborted();
    log.assert_one("S2", "after its head was sent");
}

#[test]
fn s7_the_wish_to_close_the_connection_passes_respond() {
    let inner = Arc::new(starting("x", |start_response| {
        start_response.start(200, NONE).unwrap();
        start_response.close_connection();
    }));
    let outer = gateway_core::view(move |environ: Environ| {
        let inner = inner.clone();
        async move { inner.respond(environ).await }
    });
    assert_eq!(ask(outer, get("/")).header("connection"), Some("close"));
}
