//! No case can hang a run, and no excuse outlives its reason.

use std::time::Duration;

use gateway_conformance::{CaseOutcome, Report, Suite, Via, app, cases};
use gateway_core::{App, AppExt as _, Body, Environ, Error, HttpError, StartResponse};

/// Collects each body before it sends it, those without an end too.
struct Collects<A>(A);

impl<A: App> App for Collects<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let (parts, body) = self.0.respond(environ).await?.into_parts();
        let bytes = body.bytes().await?;
        start_response.start(parts.status, parts.headers)?;
        Ok(Body::from(bytes))
    }
}

#[tokio::test]
async fn a_middleware_that_reads_bodies_without_an_end_fails_and_hangs_nothing() {
    // Bodies that wait for their client are given up at this deadline.
    let suite = Suite::new().deadline(Duration::from_millis(200));
    let report = suite.run_in_process(Collects(app())).await;
    let in_process = |case: &gateway_conformance::Case| case.via().contains(&Via::InProcess);
    assert_eq!(
        report.rows().len(),
        cases().iter().filter(|case| in_process(case)).count()
    );
    for case in [
        "b6_head_of_an_endless_body_ends",
        "b7_304_drops_an_endless_stream",
        "b1_a_body_may_ask_for_the_flush",
    ] {
        assert!(report.failures().contains(&case), "{case}\n{report}");
    }
}

/// Keeps its thread forever.
struct Keeps;

impl App for Keeps {
    async fn call(&self, _: Environ, _: StartResponse) -> Result<Body, Error> {
        loop {
            std::thread::park();
        }
    }
}

#[tokio::test]
async fn an_app_that_neither_ends_nor_waits_is_given_up() {
    let suite = Suite::new()
        .deadline(Duration::from_millis(20))
        .only("n5_text_is_html");
    let report = suite.run_in_process(Keeps).await;
    let [row] = report.rows() else {
        panic!("{report}");
    };
    let CaseOutcome::Failed(message) = &row.outcome else {
        panic!("{report}");
    };
    assert!(message.starts_with("given up after "), "{message}");
}

const CASE: &str = "n5_text_is_html";

async fn excused(suite: Suite, app: impl App) -> Report {
    suite.only("n5_").run_in_process(app).await
}

#[tokio::test]
async fn an_excuse_that_names_no_case_is_a_problem() {
    let report = excused(Suite::new().excuses("n5_no_such_case", "a reason"), app()).await;
    assert_eq!(report.failed(), 0, "{report}");
    assert!(!report.has_passed());
    let [problem] = report.problems() else {
        panic!("{report}");
    };
    assert!(problem.contains("n5_no_such_case"), "{problem}");
}

#[tokio::test]
async fn an_excuse_on_a_way_where_the_case_does_not_apply_is_a_problem() {
    let suite = Suite::new().excuses_on("s7_http2_has_no_connection_field", Via::Http1, "why");
    let report = excused(suite, app()).await;
    assert!(!report.has_passed());
    assert!(report.problems()[0].contains("http/1.1"), "{report}");
}

#[tokio::test]
async fn an_excuse_whose_case_passes_is_a_problem() {
    let report = excused(Suite::new().excuses(CASE, "a reason"), app()).await;
    assert_eq!((report.failed(), report.excused()), (0, 0), "{report}");
    assert!(!report.has_passed());
    assert!(report.problems()[0].contains(CASE), "{report}");
    assert_eq!(report.to_json()["problems"].as_array().unwrap().len(), 1);
}

/// Answers one case wrongly.
struct Breaks<A>(A);

impl<A: App> App for Breaks<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        if environ.raw_path_info().contains(CASE) {
            return Err(HttpError::gone().into());
        }
        self.0.call(environ, start_response).await
    }
}

#[tokio::test]
async fn an_excused_case_that_fails_does_not_fail_the_run_and_does_not_pass() {
    let alone = excused(Suite::new(), Breaks(app())).await;
    assert_eq!(alone.failures(), [CASE]);
    for suite in [
        Suite::new().excuses(CASE, "this middleware breaks it"),
        Suite::new().excuses_on(CASE, Via::InProcess, "this middleware breaks it"),
    ] {
        let report = excused(suite, Breaks(app())).await;
        report.assert_passed();
        assert_eq!(report.passed(), alone.passed());
        assert_eq!(report.excused(), 1);
        assert!(report.to_string().contains("this middleware breaks it"));
    }
}
