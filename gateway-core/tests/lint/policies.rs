//! What is done with a finding.

use std::io;
use std::sync::{Arc, Mutex};

use gateway_core::lint::{Findings, Lint, OnFinding, Side};
use gateway_core::{App, AppExt, Body, Environ, Gateway, Input, StartResponse, app_fn};

use super::get;

fn forgetful() -> impl App {
    app_fn(|_, _| async { Ok(Body::from("no start")) })
}

#[tokio::test]
async fn by_default_a_finding_is_a_panic_that_names_the_clause() {
    let gateway = Gateway::new(forgetful().lint());
    let (parts, ()) = get("/").into_parts();
    let response = gateway.handle(gateway.environ(parts, Input::empty())).await;
    assert_eq!(response.status(), 500);

    let answer = forgetful()
        .lint()
        .respond(Environ::from_request(get("/")))
        .await;
    let text = answer.unwrap_err().to_string();
    assert!(text.contains("S3, broken by the app, on GET /: "), "{text}");
}

#[tokio::test]
async fn collected_findings_are_shared_and_taken_once() {
    let findings = Findings::new();
    let app = Lint::new(forgetful()).on_finding(OnFinding::Collect(findings.clone()));
    assert!(
        app.respond(Environ::from_request(get("/a%20b?token=1")))
            .await
            .is_err()
    );
    assert!(!findings.is_empty());
    let found = findings.take();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].clause(), "S3");
    assert_eq!(found[0].side(), Side::App);
    assert_eq!(found[0].request(), "GET /a%20b");
    assert!(found[0].message().contains("was not started"));
    assert!(findings.is_empty());
}

#[tokio::test]
async fn a_finding_names_its_clause_once() {
    let findings = Findings::new();
    let twice = app_fn(|_, start_response: StartResponse| async move {
        start_response.start(200, [("x-a", "1")])?;
        start_response.start(200, [("x-a", "1")])?;
        Ok(Body::empty())
    });
    let app = Lint::new(twice).on_finding(&findings);
    assert!(app.respond(Environ::from_request(get("/"))).await.is_err());
    let text = findings.take()[0].to_string();
    assert_eq!(
        text,
        "S1, broken by the app, on GET /: the response was started before"
    );
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(feature = "tracing")]
#[tokio::test]
async fn logged_findings_name_the_clause() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let app = Lint::new(forgetful()).on_finding(OnFinding::Log);
    // The answer is the gateway's own, as without the lint.
    let error = app
        .respond(Environ::from_request(get("/")))
        .await
        .unwrap_err();
    assert!(error.to_string().starts_with("S3: "), "{error}");
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("WARN"), "{text}");
    assert!(
        text.contains("lint: S3, broken by the app, on GET /"),
        "{text}"
    );
    assert!(text.contains("clause=\"S3\""), "{text}");
}
