//! The numbers of a request, by each way in which an exchange ends.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::future::pending;

use gateway_core::{
    App, AppExt, Body, Connection, Error, Gateway, HttpError, Input, StartResponse, app_fn, view,
};
use gateway_util::{Metrics, MiddlewareExt};
use http::{Request, Version};
use http_body_util::BodyExt as _;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

/// Runs a future where the recorder is the one that is looked at.
fn recorded<F: Future>(run: impl FnOnce(Snapshotter) -> F) -> F::Output {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    metrics::with_local_recorder(&recorder, || runtime.block_on(run(snapshotter)))
}

/// Each series as `name{label=value,..}`, with its number or the number of its entries, sorted.
fn lines(snapshotter: &Snapshotter) -> Vec<String> {
    let mut lines: Vec<String> = snapshotter
        .snapshot()
        .into_vec()
        .into_iter()
        .map(|(key, _, _, value)| {
            let labels: Vec<String> = key
                .key()
                .labels()
                .map(|label| format!("{}={}", label.key(), label.value()))
                .collect();
            let value = match value {
                DebugValue::Counter(count) => count.to_string(),
                DebugValue::Gauge(value) => value.to_string(),
                DebugValue::Histogram(values) if key.key().name().ends_with("size") => {
                    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
                    values.join("+")
                }
                DebugValue::Histogram(values) => format!("x{}", values.len()),
            };
            format!("{}{{{}}} {value}", key.key().name(), labels.join(","))
        })
        .collect();
    lines.sort();
    lines
}

async fn ask<A: App>(gateway: &Gateway<A>, request: http::request::Builder) {
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let response = gateway.handle(gateway.environ(parts, Input::empty())).await;
    let _ = response.into_body().collect().await;
}

/// The labels of the one request that an app was asked, and the size of its answer.
fn size_of(app: impl App, request: http::request::Builder) -> String {
    recorded(async move |snapshotter| {
        ask(&Gateway::new(app.metrics()), request).await;
        let lines = lines(&snapshotter);
        let [active, duration, size] = &*lines else {
            panic!("{lines:#?}")
        };
        assert!(active.starts_with("http.server.active_requests{") && active.ends_with("} 0"));
        let labels = size.strip_prefix("http.server.response.body.size").unwrap();
        let (only, _) = labels.rsplit_once(' ').unwrap();
        assert_eq!(*duration, format!("http.server.request.duration{only} x1"));
        labels.to_owned()
    })
}

fn labels(more: &str) -> String {
    format!("{{http.request.method=GET,url.scheme=http,network.protocol.version=1.1,{more}")
}

#[test]
fn l8_each_end_of_an_exchange_has_its_labels() {
    let get = || Request::get("/");
    let hello = || view(async |_| "hello");
    assert_eq!(
        size_of(hello(), get()),
        labels("http.response.status_code=200} 5")
    );
    assert_eq!(
        size_of(hello(), Request::head("/").version(Version::HTTP_2)),
        "{http.request.method=HEAD,url.scheme=http,network.protocol.version=2,\
         http.response.status_code=200} 0"
    );
    // A status from 500 on is an error, one below it is not.
    let teapot = view(async |_| ("short", 418));
    assert_eq!(
        size_of(teapot, get()),
        labels("http.response.status_code=418} 5")
    );
    let down = view(async |_| ("down", 503));
    assert_eq!(
        size_of(down, get()),
        labels("http.response.status_code=503,error.type=503} 4")
    );
    let short = app_fn(|_, start: StartResponse| async move {
        start.start(200, [("content-length", 5)])?;
        Ok(Body::from_chunks(["ab"]))
    });
    assert_eq!(
        size_of(short, get()),
        labels("http.response.status_code=200,error.type=B5} 2")
    );
    let failing = app_fn(|_, _| async move { Err(Error::msg("private")) });
    assert!(
        size_of(failing, get())
            .starts_with(&labels("http.response.status_code=500,error.type=B1} "))
    );
}

#[test]
fn methods_that_are_not_known_share_a_label() {
    let brew = || Request::builder().method("BREW").uri("/");
    let of = |method: &str, status| {
        format!(
            "{{http.request.method={method},url.scheme=http,network.protocol.version=1.1,\
             http.response.status_code={status}}} 0"
        )
    };
    assert_eq!(
        size_of(view(async |_| ("", 204)), brew()),
        of("_OTHER", 204)
    );
    recorded(async |snapshotter| {
        let app = view(async |_| ("", 204)).metrics().known_methods(["BREW"]);
        let gateway = Gateway::new(app);
        ask(&gateway, brew()).await;
        ask(&gateway, Request::get("/")).await;
        let lines = lines(&snapshotter);
        for method in ["BREW", "_OTHER"] {
            let line = format!("http.server.response.body.size{}", of(method, 204));
            assert!(lines.contains(&line), "{lines:#?}");
        }
    });
}

#[test]
fn l3_a_client_that_leaves_is_counted_and_is_in_flight_no_longer() {
    recorded(async |snapshotter| {
        let app = view(async |_| pending::<&str>().await).metrics();
        let gateway = Gateway::new(app.boxed());
        let (parts, ()) = Request::get("/").body(()).unwrap().into_parts();
        let mut handling = Box::pin(gateway.handle(gateway.environ(parts, Input::empty())));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(handling.as_mut().poll(&mut cx).is_pending());
        let active = "http.server.active_requests{http.request.method=GET,url.scheme=http}";
        assert_eq!(lines(&snapshotter), [format!("{active} 1")]);
        drop(handling);
        let lines = lines(&snapshotter);
        // A snapshot takes what it shows: it is one less than before.
        assert_eq!(lines[0], format!("{active} -1"));
        let gone = labels("error.type=client_gone}");
        assert_eq!(lines[1], format!("http.server.request.duration{gone} x1"));
    });
}

#[test]
fn e12_an_observer_of_the_gateway_counts_what_was_refused() {
    recorded(async |snapshotter| {
        let app = view(async |_| "never");
        let gateway = Gateway::new(app).with_observer(Metrics::observer());
        let (parts, ()) = Request::get("/").body(()).unwrap().into_parts();
        let mut environ = gateway.environ(parts, Input::empty());
        environ.set_connection(Connection::new().with_required_host(true));
        drop(gateway.handle(environ).await);
        let head = gateway_core::RefusedHead::new(Version::HTTP_11).with_target("?");
        drop(gateway.refuse(&head, HttpError::bad_request()));
        let lines = lines(&snapshotter);
        let refused = "http.response.status_code=400,error.type=refused} x1";
        assert!(
            lines.iter().any(|line| line.ends_with(refused)),
            "{lines:#?}"
        );
        // It is told at the end only.
        assert!(
            !lines.iter().any(|line| line.contains("active")),
            "{lines:#?}"
        );
    });
}

#[test]
fn a_request_of_a_known_series_allocates_nothing_for_its_numbers() {
    fn allocations(app: impl App) -> u64 {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let gateway = Gateway::new(app);
        let all = || {
            runtime.block_on(async {
                for _ in 0..100 {
                    let mut request = Request::new(());
                    *request.uri_mut() = http::Uri::from_static("/hello");
                    let (parts, ()) = request.into_parts();
                    let environ = gateway.environ(parts, Input::empty());
                    drop(gateway.handle(environ).await);
                }
            });
        };
        all();
        allocation_counter::measure(all).count_total
    }
    let bare = allocations(view(async |_| "hello"));
    assert!(bare > 0, "nothing was measured");
    assert_eq!(allocations(view(async |_| "hello").metrics()), bare);
}
