//! What OpenTelemetry's exporters are given, and what a collector gets, on every stack.
#![cfg(feature = "opentelemetry")]
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use gateway_conformance::check_middleware;
use gateway_conformance::wire::{Protocol, WireRequest, WireResponse, exchange};
use gateway_core::{App, Environ, HttpError, view};
use gateway_observability::Traces;
use opentelemetry::global;
use opentelemetry::trace::{SpanKind, Status, TracerProvider};
use opentelemetry_otlp::{Protocol as Otlp, SpanExporter, WithExportConfig};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{self, SdkTracerProvider, SpanData};
use prost::Message;
use stacks::{Stack, TestServer};
use tokio::sync::broadcast;
use tokio::task::JoinSet;
use tracing::Instrument;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use support::{SECRET, TestResult, app, ask_in_vain, everywhere, leave, request};

/// The spans that have ended, for every test of this program: the subscriber is one for all threads.
static ENDED: LazyLock<broadcast::Sender<SpanData>> = LazyLock::new(|| broadcast::channel(4096).0);

#[derive(Debug)]
struct Channel;

impl trace::SpanExporter for Channel {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        for span in batch {
            // Without a receiver, nobody waits.
            let _ = ENDED.send(span);
        }
        Ok(())
    }
}

/// The spans that the collector was sent.
static COLLECTED: LazyLock<broadcast::Sender<Span>> = LazyLock::new(|| broadcast::channel(4096).0);

/// A collector of OTLP over HTTP, which is an app, too. It serves as long as the program runs.
static COLLECTOR: LazyLock<TestServer> = LazyLock::new(|| {
    let collector = view(async |mut environ: Environ| {
        if environ.path_info() != "/v1/traces" {
            return Err(HttpError::not_found());
        }
        let body = environ.take_input().bytes(1 << 20).await?;
        let export = ExportTraceServiceRequest::decode(body)
            .map_err(|error| HttpError::bad_request().with_source(error))?;
        let scopes = export.resource_spans.into_iter();
        for span in scopes
            .flat_map(|spans| spans.scope_spans)
            .flat_map(|scope| scope.spans)
        {
            // Without a receiver, nobody waits.
            let _ = COLLECTED.send(span);
        }
        Ok((
            Vec::<u8>::new(),
            200,
            [("content-type", "application/x-protobuf")],
        ))
    });
    TestServer::start(Stack::Hyper, "", collector).unwrap()
});

static PROVIDER: LazyLock<SdkTracerProvider> = LazyLock::new(|| {
    global::set_text_map_propagator(TraceContextPropagator::new());
    let endpoint = format!("http://{}/v1/traces", COLLECTOR.address());
    // It blocks, which it may not do on a thread of a runtime.
    let otlp = std::thread::spawn(move || {
        let exporter = SpanExporter::builder().with_http();
        let exporter = exporter.with_protocol(Otlp::HttpBinary);
        exporter.with_endpoint(endpoint).build().unwrap()
    });
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(otlp.join().unwrap())
        .with_simple_exporter(Channel)
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    // The crates of the servers have spans of their own below that level.
    let layer = layer.with_filter(LevelFilter::INFO);
    tracing_subscriber::registry().with(layer).init();
    provider
});

/// The spans of the traces that a test begins.
struct Ended(broadcast::Receiver<SpanData>);

impl Ended {
    fn new() -> Self {
        LazyLock::force(&PROVIDER);
        Self(ENDED.subscribe())
    }

    /// The spans of a trace, up to that of the request, which ends last.
    async fn of(&mut self, trace: &Trace) -> Vec<SpanData> {
        let mut spans = Vec::new();
        loop {
            let span = self.0.recv().await.unwrap();
            if span.span_context.trace_id().to_string() != trace.id {
                continue;
            }
            let is_last = span.span_kind == SpanKind::Server;
            spans.push(span);
            if is_last {
                return spans;
            }
        }
    }
}

/// A trace of a client.
#[derive(Clone)]
struct Trace {
    id: String,
    parent: String,
}

impl Trace {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        Self {
            id: format!("{n:032x}"),
            parent: format!("{n:016x}"),
        }
    }

    fn request(&self, path: &str) -> WireRequest {
        let parent = format!("00-{}-{}-01", self.id, self.parent);
        request(path).header("traceparent", parent)
    }

    async fn ask(&self, addr: SocketAddr, protocol: Protocol, path: &str) -> WireResponse {
        exchange(addr, protocol, &self.request(path)).await.unwrap()
    }
}

fn attributes(span: &SpanData) -> HashMap<String, String> {
    let pairs = span.attributes.iter();
    pairs
        .map(|pair| (pair.key.to_string(), pair.value.to_string()))
        .collect()
}

fn site() -> impl App {
    Traces::new(app(async |path: String, n: u32| {
        let span = tracing::info_span!("work", path, n);
        async {
            for _ in 0..4 {
                tokio::task::yield_now().await;
            }
        }
        .instrument(span)
        .await;
    }))
}

#[tokio::test]
async fn a_span_has_the_names_of_the_conventions_and_the_parent_of_the_client() -> TestResult {
    let run = async |addr: SocketAddr, protocol, what: String| {
        let (mut ended, trace) = (Ended::new(), Trace::new());
        let response = trace.ask(addr, protocol, "/ok").await;
        assert_eq!(response.text(), "hello");
        let spans = ended.of(&trace).await;
        let [span] = &spans[..] else {
            panic!("{what}: {spans:?}")
        };
        assert_eq!(span.parent_span_id.to_string(), trace.parent, "{what}");
        assert!(span.parent_span_is_remote);
        assert_eq!(span.name, "GET");
        assert_eq!(span.status, Status::Unset);
        let attributes = attributes(span);
        let version = if protocol == Protocol::Http2 {
            "2"
        } else {
            "1.1"
        };
        for (name, value) in [
            ("http.request.method", "GET"),
            ("http.response.status_code", "200"),
            ("url.scheme", "http"),
            ("url.path", "/ok"),
            ("network.protocol.version", version),
            ("client.address", "127.0.0.1"),
            ("network.peer.address", "127.0.0.1"),
            ("server.address", "127.0.0.1"),
            ("server.port", &addr.port().to_string()),
            ("user_agent.original", "a test"),
        ] {
            let got = attributes.get(name).map(String::as_str);
            assert_eq!(got, Some(value), "{what}: {name}");
        }
        assert!(!attributes.contains_key("url.query"), "{what}");
        assert!(!attributes.contains_key("error.type"), "{what}");
        Ok(())
    };
    everywhere(site, run).await
}

#[tokio::test]
async fn without_a_parent_a_span_begins_a_trace() -> TestResult {
    LazyLock::force(&PROVIDER);
    let run = async |addr, protocol, what: String| {
        let mut ended = ENDED.subscribe();
        let unique = format!("/job/top/{}", Trace::new().id);
        support::ask(addr, protocol, &unique).await;
        let span = loop {
            let span = ended.recv().await?;
            if attributes(&span).get("url.path") == Some(&unique) {
                break span;
            }
        };
        assert_eq!(
            span.parent_span_id.to_string(),
            "0000000000000000",
            "{what}"
        );
        Ok(())
    };
    everywhere(site, run).await
}

#[tokio::test]
async fn an_aborted_response_and_a_client_that_left_are_errors_of_the_span() -> TestResult {
    let run = async |addr, protocol, what: String| {
        for (path, error) in [
            ("/error", "B1"),
            ("/offline", "503"),
            ("/panic", "B9"),
            ("/late-panic", "B9"),
            ("/aborted", "B8"),
            ("/short", "B5"),
        ] {
            let (mut ended, trace) = (Ended::new(), Trace::new());
            if ["/error", "/offline", "/panic"].contains(&path) {
                let response = trace.ask(addr, protocol, path).await;
                assert!(!response.text().contains(SECRET));
            } else {
                ask_in_vain(addr, protocol, &trace.request(path)).await;
            }
            let spans = ended.of(&trace).await;
            let attributes = attributes(&spans[0]);
            let got = attributes.get("error.type").map(String::as_str);
            assert_eq!(got, Some(error), "{what}: {path}: {attributes:?}");
            assert!(
                matches!(spans[0].status, Status::Error { .. }),
                "{what}: {path}"
            );
        }
        let (mut ended, trace) = (Ended::new(), Trace::new());
        leave(addr, protocol, &trace.request("/endless")).await?;
        let spans = ended.of(&trace).await;
        let left = attributes(&spans[0]);
        assert_eq!(left["ended"], "client_gone", "{what}");
        assert_eq!(left["http.response.status_code"], "200", "{what}");
        Ok(())
    };
    everywhere(site, run).await
}

#[tokio::test]
async fn l5_concurrent_requests_do_not_mix_their_spans() -> TestResult {
    let run = async |addr, protocol, what: String| {
        let mut clients = JoinSet::new();
        for n in 0..20 {
            clients.spawn(async move {
                let (mut ended, trace) = (Ended::new(), Trace::new());
                let path = format!("/job/{n}");
                let response = trace.ask(addr, protocol, &path).await;
                (path, response, ended.of(&trace).await)
            });
        }
        for (path, response, mut spans) in clients.join_all().await {
            assert!(response.is_complete(), "{what}: {response:?}");
            let server = spans.pop().unwrap();
            assert_eq!(attributes(&server)["url.path"], path, "{what}");
            // One of the call, and three of the body.
            assert_eq!(spans.len(), 4, "{what}: {spans:?}");
            for span in spans {
                assert_eq!(attributes(&span)["path"], path, "{what}");
                assert_eq!(span.parent_span_id, server.span_context.span_id(), "{what}");
            }
        }
        Ok(())
    };
    everywhere(site, run).await
}

#[tokio::test]
async fn a_collector_gets_the_spans_by_otlp() -> TestResult {
    let run = async |addr, protocol, what: String| {
        let (mut ended, trace) = (Ended::new(), Trace::new());
        let mut collected = COLLECTED.subscribe();
        trace.ask(addr, protocol, "/job/otlp").await;
        // What one exporter was given, the other was given before.
        let spans = ended.of(&trace).await;
        tokio::task::spawn_blocking(|| PROVIDER.force_flush()).await??;
        let mut names = Vec::new();
        while names.len() < spans.len() {
            let span = collected.recv().await?;
            if hex(&span.trace_id) == trace.id {
                if span.name == "GET" {
                    assert_eq!(hex(&span.parent_span_id), trace.parent, "{what}");
                }
                names.push(span.name);
            }
        }
        names.sort();
        assert_eq!(names, ["GET", "work", "work", "work", "work"], "{what}");
        Ok(())
    };
    everywhere(site, run).await
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn m1_it_changes_nothing() {
    LazyLock::force(&PROVIDER);
    check_middleware(Traces::new).await.assert_passed();
    check_middleware(|app| Traces::new(app).query())
        .await
        .assert_passed();
}
