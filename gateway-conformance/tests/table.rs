//! The table itself: its names, and that it covers the clauses.

use std::collections::BTreeSet;

use gateway_conformance::clauses::{CLAUSES, NOT_COVERED};
use gateway_conformance::{Suite, app, cases};

#[test]
fn every_clause_is_covered_or_says_why_not() {
    let covered: BTreeSet<&str> = cases()
        .iter()
        .flat_map(|case| case.clauses().to_vec())
        .collect();
    for clause in CLAUSES {
        let excused = NOT_COVERED
            .iter()
            .any(|entry| entry.clause == *clause && entry.part.is_none());
        assert!(
            covered.contains(clause) != excused,
            "{clause}: covered by a case: {}, listed as not covered as a whole: {excused}",
            covered.contains(clause)
        );
    }
}

#[test]
fn what_is_not_covered_is_of_a_clause_and_has_a_reason() {
    for entry in NOT_COVERED {
        assert!(CLAUSES.contains(&entry.clause), "{}", entry.clause);
        assert!(
            entry.reason.len() > 20,
            "{}: {}",
            entry.clause,
            entry.reason
        );
    }
}

#[test]
fn the_clauses_are_those_of_the_rules() {
    let counts = [
        ("E", 16),
        ("I", 7),
        ("S", 9),
        ("B", 11),
        ("L", 6),
        ("N", 9),
        ("M", 3),
    ];
    let all: Vec<String> = counts
        .iter()
        .flat_map(|(letter, count)| (1..=*count).map(move |number| format!("{letter}{number}")))
        .collect();
    assert_eq!(CLAUSES, all);
}

#[test]
fn every_case_is_named_after_a_clause_of_its_own() {
    let mut names = BTreeSet::new();
    for case in cases() {
        let name = case.name();
        assert!(names.insert(name), "{name} is there twice");
        assert!(
            name.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
            "{name}"
        );
        let first = name.split('_').next().unwrap().to_uppercase();
        assert!(
            case.clauses().contains(&&*first),
            "{name}: {:?}",
            case.clauses()
        );
        for clause in case.clauses() {
            assert!(CLAUSES.contains(clause), "{name}: {clause}");
        }
        assert!(!case.via().is_empty(), "{name} applies nowhere");
    }
    assert!(names.len() >= 150, "{} cases", names.len());
}

#[tokio::test]
async fn an_app_that_is_not_the_suites_does_not_pass() {
    // What it passes is what a 404 is the right answer to.
    let report = Suite::new()
        .run_in_process(gateway_core::HttpError::not_found())
        .await;
    assert!(report.passed() < 12, "{} passed", report.passed());
    assert_eq!(report.excused(), 0);
}

#[tokio::test]
async fn m3_the_table_passes_in_process() {
    let report = Suite::new().run_in_process(app()).await;
    report.assert_passed();
    assert_eq!(report.excused(), 0, "{report}");
}
