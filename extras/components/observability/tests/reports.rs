//! What Sentry's client is given, on every stack.
#![cfg(feature = "sentry")]
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::sync::Arc;

use gateway_conformance::check_middleware;
use gateway_conformance::wire::Protocol;
use gateway_core::{App, Gateway, Input, view};
use gateway_observability::Reports;
use sentry_core::protocol::{Context, EnvelopeItem, Event, SpanStatus, Transaction};
use sentry_core::{Breadcrumb, ClientOptions, Envelope, Hub, Level, Transport};
use sentry_panic::PanicIntegration;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use support::{SECRET, TestResult, app, ask, ask_in_vain, everywhere, leave, request};

/// The envelopes of a client, in their order.
#[derive(Clone)]
struct Sent(Arc<Mutex<mpsc::UnboundedReceiver<Envelope>>>);

struct Channel(mpsc::UnboundedSender<Envelope>);

impl Transport for Channel {
    fn send_envelope(&self, envelope: Envelope) {
        // Without a receiver, the test is over.
        let _ = self.0.send(envelope);
    }
}

fn client(options: ClientOptions) -> (Arc<Hub>, Sent) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let options = options
        .dsn("https://key@sentry.invalid/1")
        .traces_sample_rate(1.0)
        .transport(Arc::new(Channel(sender)));
    let hub = Hub::new(Some(Arc::new(options.into())), Arc::default());
    (Arc::new(hub), Sent(Arc::new(Mutex::new(receiver))))
}

impl Sent {
    /// The events of one exchange, and the transaction that ends it.
    async fn exchange(&self) -> (Vec<Event<'static>>, Transaction<'static>) {
        let mut receiver = self.0.lock().await;
        let mut events = Vec::new();
        loop {
            let envelope = receiver.recv().await.unwrap();
            if let Some(event) = envelope.event() {
                events.push(event.clone());
            }
            let mut items = envelope.items();
            let transaction = items.find_map(|item| match item {
                EnvelopeItem::Transaction(transaction) => Some(transaction.clone()),
                _ => None,
            });
            if let Some(transaction) = transaction {
                return (events, *transaction);
            }
        }
    }
}

fn status(transaction: &Transaction<'static>) -> Option<SpanStatus> {
    match transaction.contexts.get("trace") {
        Some(Context::Trace(trace)) => trace.status,
        _ => None,
    }
}

/// The app of the tests; `/job/N` reports its number at the end of its body.
fn site(hub: &Arc<Hub>) -> impl App + use<> {
    let app = app(async |path: String, n: u32| {
        sentry_core::configure_scope(|scope| scope.set_tag("path", &path));
        for _ in 0..4 {
            tokio::task::yield_now().await;
            sentry_core::add_breadcrumb(Breadcrumb {
                message: Some(format!("{path} {n}")),
                ..Breadcrumb::default()
            });
        }
        if n == 3 {
            sentry_core::capture_message(&path, Level::Info);
        }
    });
    Reports::new(app).with_hub(hub.clone())
}

#[tokio::test]
async fn an_error_is_reported_with_its_cause_which_no_client_sees() -> TestResult {
    let (hub, sent) = client(ClientOptions::new());
    let run = async |addr, protocol, what: String| {
        for (path, code, outer) in [("/error", 500, None), ("/offline", 503, Some("HttpError"))] {
            let response = ask(addr, protocol, path).await;
            assert_eq!(response.status, code, "{what}");
            assert!(!response.text().contains(SECRET));
            let (events, transaction) = sent.exchange().await;
            let [event] = &events[..] else {
                panic!("{what}: {events:?}")
            };
            let types = event
                .exception
                .iter()
                .map(|exception| exception.ty.as_str());
            assert_eq!(
                types.collect::<Vec<_>>(),
                ["Refused"].into_iter().chain(outer).collect::<Vec<_>>()
            );
            assert_eq!(event.exception[0].value.as_deref(), Some(SECRET));
            let request = event.request.as_ref().unwrap();
            let url = request.url.as_ref().unwrap();
            assert_eq!(url.as_str(), format!("http://{addr}{path}"), "{what}");
            assert_eq!(request.method.as_deref(), Some("GET"));
            assert_eq!(request.headers["user-agent"], "a test");
            assert_eq!(
                request.env["SERVER_PORT"],
                addr.port().to_string(),
                "{what}"
            );
            // What may be a secret is not sent.
            assert!(!request.headers.contains_key("authorization"));
            assert_eq!(request.query_string, None);
            assert_eq!(event.transaction, Some(format!("GET {path}")));
            assert_eq!(transaction.name, event.transaction);
            let expected = if code == 500 {
                SpanStatus::InternalError
            } else {
                SpanStatus::Unavailable
            };
            assert_eq!(status(&transaction), Some(expected), "{what}");
        }
        Ok(())
    };
    everywhere(|| site(&hub), run).await
}

#[tokio::test]
async fn what_may_be_a_secret_is_sent_where_the_client_says_so() -> TestResult {
    let (hub, sent) = client(ClientOptions::new().send_default_pii(true));
    let run = async |addr, protocol, what: String| {
        ask(addr, protocol, "/error").await;
        let (events, _) = sent.exchange().await;
        let request = events[0].request.as_ref().unwrap();
        assert_eq!(
            request.query_string.as_deref(),
            Some("token=secret"),
            "{what}"
        );
        assert_eq!(request.headers["authorization"], "Basic c2VjcmV0");
        assert_eq!(request.env["REMOTE_ADDR"], "127.0.0.1");
        Ok(())
    };
    everywhere(|| site(&hub), run).await
}

#[tokio::test]
async fn what_is_no_fault_is_no_report() -> TestResult {
    let (hub, sent) = client(ClientOptions::new());
    let run = async |addr, protocol, what: String| {
        for (path, expected) in [("/ok", SpanStatus::Ok), ("/missing", SpanStatus::NotFound)] {
            ask(addr, protocol, path).await;
            let (events, transaction) = sent.exchange().await;
            assert_eq!(events, [], "{what}");
            assert_eq!(status(&transaction), Some(expected), "{what}");
        }
        Ok(())
    };
    everywhere(|| site(&hub), run).await
}

#[tokio::test]
async fn a_panic_is_reported_once_in_the_call_and_in_the_body() -> TestResult {
    let (hub, sent) = client(ClientOptions::new());
    let run = async |addr, protocol, what: String| {
        for (path, expected) in [
            ("/panic", SpanStatus::InternalError),
            ("/late-panic", SpanStatus::Aborted),
        ] {
            if path == "/panic" {
                assert_eq!(ask(addr, protocol, path).await.status, 500, "{what}");
            } else {
                ask_in_vain(addr, protocol, &request(path)).await;
            }
            let (events, transaction) = sent.exchange().await;
            let [event] = &events[..] else {
                panic!("{what}: {events:?}")
            };
            assert_eq!(event.exception[0].ty, "panic", "{what}");
            assert_eq!(event.exception[0].value.as_deref(), Some(SECRET));
            assert_eq!(event.level, Level::Fatal);
            assert_eq!(status(&transaction), Some(expected), "{what}");
        }
        Ok(())
    };
    everywhere(|| site(&hub), run).await
}

#[tokio::test]
async fn a_panic_is_reported_once_beside_the_panic_hook_and_what_the_app_has_said() -> TestResult {
    let hook = ClientOptions::new().add_integration(PanicIntegration::new());
    for options in [ClientOptions::new(), hook] {
        let (hub, sent) = client(options);
        let app = view(async |_| -> &str {
            sentry_core::capture_message("first", Level::Info);
            panic!("{SECRET}")
        });
        let app = Reports::new(app).with_hub(hub);
        let gateway = Gateway::new(app);
        let (parts, ()) = http::Request::get("/").body(())?.into_parts();
        drop(gateway.handle(gateway.environ(parts, Input::empty())).await);
        let (events, _) = sent.exchange().await;
        let [first, panic] = &events[..] else {
            panic!("{events:?}")
        };
        assert_eq!(first.message.as_deref(), Some("first"));
        assert_eq!(panic.exception[0].value.as_deref(), Some(SECRET));
    }
    Ok(())
}

#[tokio::test]
async fn an_aborted_body_is_reported_with_its_cause_or_its_clause() -> TestResult {
    let (hub, sent) = client(ClientOptions::new());
    let run = async |addr, protocol, what: String| {
        for path in ["/aborted", "/short"] {
            ask_in_vain(addr, protocol, &request(path)).await;
            let (events, transaction) = sent.exchange().await;
            let [event] = &events[..] else {
                panic!("{what}: {events:?}")
            };
            if path == "/aborted" {
                assert_eq!(event.exception[0].value.as_deref(), Some(SECRET), "{what}");
            } else {
                let message = event.message.as_deref();
                assert_eq!(
                    message,
                    Some("the app broke B5 of the gateway interface"),
                    "{what}"
                );
            }
            assert_eq!(status(&transaction), Some(SpanStatus::Aborted), "{what}");
        }
        Ok(())
    };
    everywhere(|| site(&hub), run).await
}

#[tokio::test]
async fn l3_a_client_that_leaves_is_seen_and_is_no_error() -> TestResult {
    let (hub, sent) = client(ClientOptions::new());
    let run = async |addr, protocol, what: String| {
        leave(addr, protocol, &request("/endless")).await?;
        let (events, transaction) = sent.exchange().await;
        assert_eq!(events, [], "{what}");
        assert_eq!(status(&transaction), Some(SpanStatus::Cancelled), "{what}");
        Ok(())
    };
    everywhere(|| site(&hub), run).await
}

#[tokio::test]
async fn l5_concurrent_requests_do_not_mix_their_hubs() -> TestResult {
    let (hub, sent) = client(ClientOptions::new());
    let run = async |addr, protocol, what: String| {
        let mut clients = JoinSet::new();
        for n in 0..40 {
            clients.spawn(async move { ask(addr, protocol, &format!("/job/{n}")).await });
        }
        for response in clients.join_all().await {
            assert!(response.is_complete(), "{what}: {response:?}");
        }
        let mut messages = Vec::new();
        for _ in 0..40 {
            // The events of other exchanges may come between.
            let (events, transaction) = sent.exchange().await;
            let name = transaction.name.unwrap();
            assert!(name.starts_with("GET /job/"), "{what}: {name}");
            for event in events {
                let path = event.message.clone().unwrap();
                assert_eq!(event.tags["path"], path, "{what}");
                assert_eq!(event.transaction, Some(format!("GET {path}")), "{what}");
                let own: Vec<_> = (0..16)
                    .map(|crumb| Some(format!("{path} {}", crumb / 4)))
                    .collect();
                let crumbs: Vec<_> = event
                    .breadcrumbs
                    .iter()
                    .map(|crumb| crumb.message.clone())
                    .collect();
                assert_eq!(crumbs, own, "{what}");
                messages.push(path);
            }
        }
        messages.sort();
        messages.dedup();
        assert_eq!(messages.len(), 40, "{what}");
        Ok(())
    };
    everywhere(|| site(&hub), run).await
}

#[tokio::test]
async fn a_transaction_continues_the_trace_of_the_client() -> TestResult {
    let (hub, sent) = client(ClientOptions::new());
    let run = async |addr, protocol: Protocol, what: String| {
        let trace = "09e04486820349518ac7b5d2adbf6ba5-9cf635fa5b870b3a-1";
        let request = request("/ok").header("sentry-trace", trace);
        gateway_conformance::wire::exchange(addr, protocol, &request).await?;
        let (_, transaction) = sent.exchange().await;
        let Some(Context::Trace(context)) = transaction.contexts.get("trace") else {
            panic!("{what}: {transaction:?}")
        };
        assert!(trace.starts_with(&context.trace_id.to_string()), "{what}");
        Ok(())
    };
    everywhere(|| site(&hub), run).await
}

#[tokio::test]
async fn m1_it_changes_nothing() {
    let (hub, _sent) = client(ClientOptions::new());
    let report = check_middleware(|app| Reports::new(app).with_hub(hub.clone())).await;
    report.assert_passed();
    // Without a client, too.
    check_middleware(Reports::new).await.assert_passed();
}
