//! A suite that cannot fail shows nothing: a gateway that is right passes, and one that is wrong in
//! one thing fails exactly the cases that name the clause.

mod fault;
mod gateway;
mod middleware;
mod request;
mod response;

use std::time::Duration;

use fault::Fault;
use gateway_conformance::wire::Protocol;
use gateway_conformance::{Capability, Report, Suite, cases};

async fn run(fault: Option<Fault>) -> Report {
    let address = gateway::start(fault).await;
    Suite::new()
        .prefix(gateway::PREFIX)
        .deadline(Duration::from_secs(5))
        .lacks(
            Capability::DisconnectWhileIdle,
            "the gateway of this test does not look at its socket between requests",
        )
        .lacks(
            Capability::AsteriskForm,
            "the app is mounted below a prefix, which an asterisk does not name",
        )
        .run(address, Protocol::Http1)
        .await
}

/// Demands that the fault fails these cases and no other, and that each of them names one of the
/// clauses that it breaks.
async fn fails(fault: Fault, clauses: &[&str], expected: &[&str]) {
    let report = run(Some(fault)).await;
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(report.failures(), expected, "{fault:?}\n{report}");
    for case in cases() {
        if expected.contains(&case.name()) {
            let named = case.clauses().iter().any(|clause| clauses.contains(clause));
            assert!(named, "{} does not name {clauses:?}", case.name());
        }
    }
}

#[tokio::test]
async fn the_gateway_without_a_fault_passes() {
    run(None).await.assert_passed();
}

macro_rules! faults {
    ($($name:ident: $fault:ident breaks $clauses:expr, fails $cases:expr;)*) => {$(
        #[tokio::test]
        async fn $name() {
            fails(Fault::$fault, &$clauses, &$cases).await;
        }
    )*};
}

faults! {
    b7_a_body_on_204_is_found: BodyOn204 breaks ["B7"], fails [];
    b6_a_body_on_head_is_found: BodyOnHead breaks ["B6"], fails [];
    b7_a_length_on_304_is_found: LengthOn304 breaks ["B7"], fails [];
    e4_decoding_twice_is_found: DecodesTwice breaks ["E4"], fails [];
    s8_joined_set_cookies_are_found: JoinsSetCookie breaks ["S8"], fails [];
    e9_cookies_joined_with_commas_are_found: JoinsCookiesWithCommas breaks ["E9"], fails [];
    l1_bodies_that_are_never_closed_are_found: NeverClosesBodies breaks ["L1", "L2", "L3"], fails [];
    b1_a_commit_on_an_empty_chunk_is_found: CommitsOnEmptyChunks breaks ["B1", "B2"], fails [];
    b2_empty_chunks_on_the_wire_are_found: SendsEmptyChunks breaks ["B2"], fails [];
    s6_line_ends_let_through_are_found: LetsLineEndsThrough breaks ["S5", "S6"], fails [];
    s1_swallowed_second_starts_are_found: SwallowsSecondStarts breaks ["S1"], fails [];
    b8_a_clean_end_of_an_error_is_found: EndsCleanlyOnErrors breaks ["B8"], fails [];
    b3_buffered_streams_are_found: BuffersStreams breaks ["B1", "B3"], fails [];
    e3_a_lost_mount_is_found: LosesTheMount breaks ["E2", "E3", "E5"], fails [];
    e5_a_dropped_question_mark_is_found: DropsBareQuestionMarks breaks ["E5"], fails [];
    e1_upper_case_methods_are_found: UppercasesMethods breaks ["E1"], fails [];
    e6_collapsed_slashes_are_found: CollapsesSlashes breaks ["E6"], fails [];
    i3_a_cut_taken_for_the_end_is_found: TakesCutForEnd breaks ["I3"], fails [];
    i5_unread_input_left_is_found: LeavesUnreadInput breaks ["I5"], fails [];
    b9_a_close_on_panic_is_found: ClosesOnPanics breaks ["B9"], fails [];
    b11_trailers_nobody_asked_for_are_found: SendsTrailersAlways breaks ["B11"], fails [];
    b1_shown_errors_are_found: ShowsErrors breaks ["B1"], fails [];
    i6_a_missing_100_continue_is_found: NeverContinues breaks ["I6"], fails [];
    b10_replaced_bytes_are_found: ReplacesNulls breaks ["B10"], fails [];
    b5_ignored_lengths_are_found: IgnoresDeclaredLengths breaks ["B5"], fails [];
    e8_invented_types_are_found: InventsTypes breaks ["E8"], fails [];
    e13_trusted_forwarded_fields_are_found: TrustsForwarded breaks ["E13"], fails [];
    e16_an_own_address_is_found: GivesItsOwnAddress breaks ["E16"], fails [];
    e10_underscores_taken_for_dashes_are_found: TakesUnderscoresForDashes breaks ["E10"], fails [];
    l5_headers_kept_are_found: KeepsHeaders breaks ["L5"], fails [];
}
