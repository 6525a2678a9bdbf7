//! M2: the table through the lint. It changes nothing on the wire, and it says what is wrong with an
//! app, no more and no less.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;

use gateway_conformance::clauses::BROKEN_ON_PURPOSE;
use gateway_conformance::{CaseOutcome, Row, Suite, Via, app, cases};
use gateway_core::lint::{Finding, Findings, Lint, Side};

/// The case that a finding is about: its app is found under its name.
fn case(finding: &Finding) -> &str {
    let (_, path) = finding.request().split_once(' ').unwrap();
    path.trim_start_matches('/').split('/').next().unwrap()
}

async fn through_the_lint() -> (Vec<Row>, Vec<Finding>) {
    let findings = Findings::new();
    let app = Lint::new(app()).on_finding(&findings);
    let report = Suite::new().run_in_process(app).await;
    (report.rows().to_vec(), findings.take())
}

#[tokio::test]
async fn m2_the_lint_changes_nothing_on_the_wire() {
    let bare = Suite::new().run_in_process(app()).await;
    let (linted, _) = through_the_lint().await;
    assert_eq!(bare.rows().len(), linted.len());
    for (bare, linted) in bare.rows().iter().zip(&linted) {
        assert_eq!(bare.name, linted.name);
        assert_eq!(bare.outcome, linted.outcome, "{}", bare.name);
        assert_eq!(linted.outcome, CaseOutcome::Passed, "{}", linted.name);
    }
}

#[tokio::test]
async fn m2_the_lint_finds_what_is_broken_on_purpose_and_nothing_else() {
    let (_, findings) = through_the_lint().await;
    for finding in &findings {
        assert_eq!(finding.side(), Side::App, "{finding}");
    }
    let found: BTreeSet<(&str, &str)> = findings
        .iter()
        .map(|finding| (case(finding), finding.clause()))
        .collect();
    let in_process: BTreeSet<&str> = cases()
        .iter()
        .filter(|case| case.via().contains(&Via::InProcess))
        .map(|case| case.name())
        .collect();
    let expected: BTreeSet<(&str, &str)> = BROKEN_ON_PURPOSE
        .iter()
        .copied()
        .filter(|(case, _)| in_process.contains(case))
        .collect();
    let surprising: Vec<String> = findings
        .iter()
        .filter(|finding| !expected.contains(&(case(finding), finding.clause())))
        .map(ToString::to_string)
        .collect();
    assert!(surprising.is_empty(), "{}", surprising.join("\n"));
    let missed: Vec<_> = expected.difference(&found).collect();
    assert!(missed.is_empty(), "not found: {missed:?}");
}

#[test]
fn what_is_broken_on_purpose_is_a_case_of_the_table() {
    let cases: BTreeSet<&str> = cases().iter().map(|case| case.name()).collect();
    for (case, _) in BROKEN_ON_PURPOSE {
        assert!(cases.contains(case), "{case}");
    }
}

/// HEAD, 204, 205, 304 and redirects are what a lint is easily too strict with.
#[tokio::test]
async fn m2_the_lint_is_silent_on_answers_without_a_body() {
    let (rows, findings) = through_the_lint().await;
    for kind in ["b6_", "b7_204", "b7_205", "b7_304", "n9_"] {
        let tried = rows.iter().filter(|row| row.name.starts_with(kind)).count();
        assert!(tried > 1, "{kind}: {tried} cases");
        let found = findings
            .iter()
            .find(|finding| case(finding).starts_with(kind));
        assert!(found.is_none(), "{found:?}");
    }
}
