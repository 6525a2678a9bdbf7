//! The table itself: its names, and that it covers the clauses.

use std::collections::BTreeSet;

use gateway_conformance::clauses::{NOT_COVERED, clauses};
use gateway_conformance::{CaseOutcome, Suite, app, cases};

#[test]
fn every_clause_is_covered_or_says_why_not() {
    let covered: BTreeSet<&str> = cases()
        .iter()
        .flat_map(|case| case.clauses().to_vec())
        .collect();
    for clause in clauses().map(|clause| clause.id) {
        let excused = NOT_COVERED
            .iter()
            .any(|entry| entry.clause == clause && entry.part.is_none());
        assert!(
            covered.contains(&clause) != excused,
            "{clause}: covered by a case: {}, listed as not covered as a whole: {excused}",
            covered.contains(&clause)
        );
    }
}

#[test]
fn what_is_not_covered_is_of_a_clause_and_has_a_reason() {
    for entry in NOT_COVERED {
        let known = clauses().any(|clause| clause.id == entry.clause);
        assert!(known, "{}", entry.clause);
        let words = entry.reason.split_whitespace().count();
        assert!(
            words >= 5,
            "{}: {:?} is no reason",
            entry.clause,
            entry.reason
        );
    }
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
            assert!(
                clauses().any(|known| known.id == *clause),
                "{name}: {clause}"
            );
        }
        assert!(!case.via().is_empty(), "{name} applies nowhere");
    }
    // A case that is added or taken away is counted here, so that none is lost unseen.
    assert_eq!(names.len(), 435);
}

#[tokio::test]
async fn an_app_that_is_not_the_suites_does_not_pass() {
    // What it passes is what a 404 is the right answer to, and what the gateway answers itself.
    let report = Suite::new()
        .run_in_process(gateway_core::HttpError::not_found())
        .await;
    let passed: Vec<&str> = report
        .rows()
        .iter()
        .filter(|row| row.outcome == CaseOutcome::Passed)
        .map(|row| row.name)
        .collect();
    assert_eq!(
        passed,
        [
            "e14_connect_does_not_reach_the_app",
            "e12_two_hosts_get_the_gateways_page",
            "e12_a_malformed_host_gets_the_gateways_page",
            "e12_a_host_over_255_bytes_gets_the_gateways_page",
            "e14_an_asterisk_outside_of_options_gets_the_gateways_page",
            "e14_an_authority_outside_of_connect_gets_the_gateways_page",
            "e14_connect_gets_the_gateways_page",
            "i2_an_unknown_coding_gets_the_gateways_page",
            "i2_a_body_chunked_twice_gets_the_gateways_page",
            "i2_a_last_coding_that_is_not_chunked_gets_the_gateways_page",
            "i2_a_coding_in_http_1_0_gets_the_gateways_page",
            "e17_a_malformed_head_of_http_1_0_gets_the_gateways_page",
            "b1_an_http_error_after_the_start_is_its_page",
            "n3_a_status_overrides",
            "n4_a_status_may_be_digits",
            "n4_a_status_may_have_a_phrase",
            "n6_a_private_source_is_not_sent",
            "n6_raised_and_returned_are_the_same_page",
            "n6_the_page_of_head_is_not_sent",
        ]
    );
    assert_eq!(report.excused(), 0);
}

#[tokio::test]
async fn m3_the_table_passes_in_process() {
    let report = Suite::new().run_in_process(app()).await;
    report.assert_passed();
    assert_eq!(report.excused(), 0, "{report}");
}
