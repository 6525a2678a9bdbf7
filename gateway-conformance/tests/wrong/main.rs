//! A suite that cannot fail shows nothing: a gateway that is right passes, and one that is wrong in
//! one thing fails exactly the cases that name the clause.

#![expect(clippy::unwrap_used, reason = "a gateway that fails fails its test")]

mod fault;
mod gateway;
mod http2;
mod lint;
mod middleware;
mod no_runtime;
mod program;
mod request;
mod response;
mod tunnel;
mod upgrade;

use std::time::Duration;

use fault::Fault;
use gateway_conformance::wire::Protocol;
use gateway_conformance::{Capability, Report, Suite, cases};

async fn run(fault: Option<Fault>) -> Report {
    let address = gateway::start(fault).await;
    suite().run(address, Protocol::Http1).await
}

/// The table, as the gateway of these tests can be held to it.
fn suite() -> Suite {
    Suite::new()
        .prefix(gateway::PREFIX)
        .deadline(Duration::from_secs(5))
        .at_once(8)
        .lacks(
            Capability::DisconnectWhileIdle,
            "the gateway of this test does not look at its socket between requests",
        )
        .lacks(
            Capability::AsteriskForm,
            "the app is mounted below a prefix, which an asterisk does not name",
        )
}

/// Demands that the fault fails these cases and no other, and that each of them names one of the
/// clauses that it breaks.
async fn fails(fault: Fault, clauses: &[&str], expected: &[&str]) {
    fails_in(&run(Some(fault)).await, fault, clauses, expected);
}

fn fails_in(report: &Report, fault: Fault, clauses: &[&str], expected: &[&str]) {
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

#[tokio::test]
async fn the_case_after_which_a_server_stops_answering_is_named() {
    let address = gateway::start(Some(Fault::StopsAnswering)).await;
    let suite = Suite::new().prefix(gateway::PREFIX).only("n5_");
    let report = suite.run(address, Protocol::Http1).await;
    assert_eq!(report.failed(), 0, "{report}");
    let [problem] = report.problems() else {
        panic!("{report}");
    };
    let named = format!(
        "http/1.1: the server stopped answering after {} (",
        fault::LAST_CASE
    );
    assert!(problem.starts_with(&named), "{problem}");
    assert!(problem.ends_with(" cases were not run"), "{problem}");
    assert!(!report.has_passed());
}

#[tokio::test]
async fn a_server_without_the_suites_app_is_told_so() {
    let address = gateway::start(None).await;
    let report = Suite::new()
        .prefix("/elsewhere")
        .run(address, Protocol::Http1)
        .await;
    assert!(report.rows().is_empty(), "{report}");
    assert!(
        report.problems()[0].contains("/elsewhere/_facts/probe is answered with 404"),
        "{report}"
    );
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
    b7_a_body_on_204_is_found: BodyOn204 breaks ["B7"], fails [
        "b7_204_does_not_wait_for_a_stream",
        "b7_204_drops_a_declared_length",
        "b7_204_drops_a_stream",
        "b7_204_has_no_body_and_no_length",
        "b7_204_with_a_length_of_zero_has_none",
        "l1_the_body_of_a_204_is_closed",
        "l8_a_204_is_told_without_bytes",
        "n2_no_content_is_said_with_a_status",
        "n2_null_with_204_has_no_body",
    ];
    b6_a_body_on_head_is_found: BodyOnHead breaks ["B6"], fails [
        "b5_head_is_exempt",
        "b6_head_does_not_wait_for_a_body",
        "b6_head_has_the_fields_of_get_and_no_body",
        "b6_head_of_a_stream_has_no_body",
        "b6_head_of_an_endless_body_ends",
        "b6_head_of_an_error_has_no_body",
        "b6_head_polls_until_the_late_start",
        "l1_the_body_of_head_is_closed",
        "l2_callbacks_of_head_run",
        "l8_an_answer_to_head_is_told_without_bytes",
        "m1_a_length_survives",
        "n6_the_page_of_head_is_not_sent",
        "s3_no_start_is_a_500_for_head_too",
    ];
    b7_a_length_on_304_is_found: LengthOn304 breaks ["B7"], fails [
        "b7_304_drops_a_declared_length",
        "b7_304_drops_a_stream",
        "b7_304_drops_an_endless_stream",
        "b7_304_has_no_body_and_no_length_of_its_own",
    ];
    e4_decoding_twice_is_found: DecodesTwice breaks ["E4"], fails [
        "e4_decoding_happens_once",
    ];
    s8_joined_set_cookies_are_found: JoinsSetCookie breaks ["S8"], fails [
        "m1_a_length_survives",
        "n3_cookies_of_a_tuple_add",
        "n7_each_cookie_is_a_line",
        "s8_cookies_go_out_as_lines",
        "u5_the_fields_of_the_app_are_kept",
    ];
    e9_cookies_joined_with_commas_are_found: JoinsCookiesWithCommas breaks ["E9"], fails [
        "e9_cookies_are_joined_with_a_semicolon",
    ];
    l1_bodies_that_are_never_closed_are_found: NeverClosesBodies breaks ["L1", "L2", "L3", "L8"], fails [
        "b3_a_client_that_does_not_read_stops_the_producer",
        "l3_a_client_that_leaves_stops_the_producer",
        "l3_a_writer_in_another_task_learns_it_too",
        "l3_a_writer_learns_that_the_client_has_left",
        "l3_the_end_of_a_response_is_the_end_of_the_exchange",
        "l8_a_body_that_fails_late_is_told",
        "l8_a_client_that_leaves_in_mid_stream_is_told",
        "l8_a_response_shorter_than_declared_is_told",
        "l8_a_stream_that_was_sent_is_told",
        "l8_observers_are_told_after_the_body_was_closed",
    ];
    b1_a_commit_on_an_empty_chunk_is_found: CommitsOnEmptyChunks breaks ["B1", "B2"], fails [
        "b1_an_empty_chunk_commits_nothing",
    ];
    b2_empty_chunks_on_the_wire_are_found: SendsEmptyChunks breaks ["B2"], fails [
        "b1_an_empty_chunk_commits_nothing",
        "b2_a_body_of_empty_chunks_is_empty",
        "b2_empty_chunks_are_not_sent",
        "b2_many_empty_chunks_block_nobody",
        "b8_what_came_before_the_error_arrives",
        "m1_a_stream_survives",
    ];
    s6_line_ends_let_through_are_found: LetsLineEndsThrough breaks ["S5", "S6"], fails [
        "l1_the_body_of_a_refused_start_is_closed",
        "s1_a_refused_start_cannot_be_swallowed",
        "s1_a_start_after_a_refused_one_is_an_error",
        "s5_informational_statuses_are_refused",
        "s5_what_is_no_status_is_refused",
        "s6_a_line_end_in_a_value_is_refused",
        "s6_a_name_that_is_no_token_is_refused",
        "s6_control_characters_in_a_value_are_refused",
    ];
    s1_swallowed_second_starts_are_found: SwallowsSecondStarts breaks ["S1"], fails [
        "s1_a_second_start_cannot_be_swallowed",
    ];
    b8_a_clean_end_of_an_error_is_found: EndsCleanlyOnErrors breaks ["B8", "L8"], fails [
        "b1_after_a_flush_an_error_aborts",
        "b5_a_stream_shorter_than_declared_aborts",
        "b8_an_error_after_what_was_read_is_seen",
        "b8_an_error_in_mid_stream_is_seen",
        "b8_an_error_of_a_declared_length_is_seen",
        "b8_what_came_before_the_error_arrives",
        "b9_a_panic_in_mid_stream_is_seen",
        "i4_over_the_limit_after_commit_aborts",
        "l8_a_body_that_fails_late_is_told",
        "l8_a_response_shorter_than_declared_is_told",
        "s1_a_start_after_commit_aborts",
        "s1_a_start_after_commit_is_no_clean_end",
        "s2_a_restart_after_commit_gives_the_error_back",
    ];
    b3_buffered_streams_are_found: BuffersStreams breaks ["B1", "B3"], fails [
        "b1_a_body_may_ask_for_the_flush",
        "b1_a_flush_from_another_task_wakes_the_gateway",
        "b1_a_flush_sends_the_head_before_the_body",
        "b1_after_a_flush_an_error_aborts",
        "b3_a_chunk_is_handed_over_before_the_next_is_made",
        "b3_a_client_that_does_not_read_stops_the_producer",
        "b8_an_error_after_what_was_read_is_seen",
        "i2_pieces_are_read_as_they_arrive",
        "l2_callbacks_run_after_the_last_byte",
        "m1_a_flush_survives",
    ];
    e3_a_lost_mount_is_found: LosesTheMount breaks ["E2", "E3", "E5"], fails [
        "e2_script_name_has_no_slash_at_its_end",
        "e2_script_name_is_where_the_app_is_mounted",
        "e3_a_mount_is_found_in_an_encoded_path",
        "e3_a_mount_matches_whole_segments",
        "e3_a_plain_path_is_path_info",
        "e3_mounts_in_mounts_add_up",
        "e3_path_info_may_be_empty",
        "e3_the_longest_mount_wins",
        "e5_a_bare_question_mark_is_kept",
        "e5_a_long_target_is_kept",
        "e5_a_mount_does_not_change_the_target",
        "e5_an_absolute_target_is_kept_whole",
        "e5_the_target_is_kept_with_its_dots",
        "e5_the_target_is_not_decoded",
    ];
    e5_a_dropped_question_mark_is_found: DropsBareQuestionMarks breaks ["E5"], fails [
        "e5_a_bare_question_mark_is_kept",
    ];
    e1_upper_case_methods_are_found: UppercasesMethods breaks ["E1"], fails [
        "e1_every_token_is_a_method",
        "e1_the_case_of_a_method_is_kept",
    ];
    e6_collapsed_slashes_are_found: CollapsesSlashes breaks ["E6"], fails [
        "e2_script_name_has_no_slash_at_its_end",
        "e3_mounts_in_mounts_add_up",
        "e5_the_target_is_kept_with_its_dots",
        "e6_repeated_slashes_are_kept",
        "e6_slashes_at_the_end_are_kept",
        "e6_slashes_at_the_start_are_kept",
    ];
    i3_a_cut_taken_for_the_end_is_found: TakesCutForEnd breaks ["I3"], fails [
        "i3_half_a_piece_is_an_error",
        "i3_pieces_without_the_last_are_an_error",
    ];
    i5_unread_input_left_is_found: LeavesUnreadInput breaks ["I5"], fails [
        "i4_an_undeclared_length_over_the_limit_is_413",
        "i4_the_lower_of_two_limits_counts",
        "i5_a_half_read_body_is_not_the_next_request",
        "i5_a_small_unread_body_is_not_the_next_request",
        "i5_unread_pieces_are_not_the_next_request",
        "l5_nothing_is_left_of_the_request_before",
    ];
    b9_a_close_on_panic_is_found: ClosesOnPanics breaks ["B9"], fails [
        "b9_a_panic_before_there_is_a_future_is_a_500",
        "b9_a_panic_leaves_the_connection_usable",
        "b9_a_panic_of_the_app_is_a_500",
        "b9_a_panic_with_a_payload_of_any_type_is_a_500",
    ];
    b11_trailers_nobody_asked_for_are_found: SendsTrailersAlways breaks ["B11"], fails [
        "b11_trailers_are_not_sent_to_those_who_do_not_ask",
    ];
    b1_shown_errors_are_found: ShowsErrors breaks ["B1"], fails [
        "b1_an_error_after_the_start_is_a_500",
        "b1_an_error_of_the_app_is_a_500",
        "l8_a_failed_app_is_told_with_its_clause",
        "n4_a_number_out_of_range_is_an_error",
        "n4_a_phrase_cannot_split_the_head",
        "n4_a_phrase_with_no_number_is_an_error",
        "n4_an_informational_status_is_an_error",
        "s2_an_error_after_a_restart_is_a_500",
    ];
    i6_a_missing_100_continue_is_found: NeverContinues breaks ["I6"], fails [
        "i6_100_continue_comes_at_the_first_read",
    ];
    b10_replaced_bytes_are_found: ReplacesNulls breaks ["B10"], fails [
        "b10_a_large_body_arrives_whole",
        "b10_an_echo_gives_back_what_was_sent",
        "b10_bytes_in_hand_are_untouched",
        "b10_bytes_of_a_stream_are_untouched",
        "m1_the_input_survives",
    ];
    b5_ignored_lengths_are_found: IgnoresDeclaredLengths breaks ["B5"], fails [
        "b5_a_stream_longer_than_declared_is_cut",
        "b5_a_stream_shorter_than_declared_aborts",
        "b5_an_endless_stream_is_cut",
        "b5_bytes_longer_than_declared_are_cut",
        "b5_bytes_shorter_than_declared_are_a_500",
        "b5_nothing_where_a_length_was_declared_is_a_500",
        "l8_a_response_shorter_than_declared_is_told",
    ];
    e8_invented_types_are_found: InventsTypes breaks ["E8"], fails [
        "e8_a_type_is_not_invented_for_a_body",
        "e8_what_was_not_sent_is_absent",
        "l5_nothing_is_left_of_the_request_before",
    ];
    e13_trusted_forwarded_fields_are_found: TrustsForwarded breaks ["E13"], fails [
        "e13_forwarded_fields_change_nothing",
    ];
    e16_an_own_address_is_found: GivesItsOwnAddress breaks ["E16"], fails [
        "e16_the_remote_port_is_the_peers",
    ];
    e10_underscores_taken_for_dashes_are_found: TakesUnderscoresForDashes breaks ["E10"], fails [
        "e10_a_name_with_an_underscore_is_no_variable",
        "e10_an_app_may_ask_for_underscores",
        "e10_an_underscore_does_not_shadow_a_dash",
        "l5_nothing_is_left_of_the_request_before",
    ];
    l7_a_missing_runtime_is_found: KnowsNoRuntime breaks ["L7"], fails [
        "b1_a_flush_from_another_task_wakes_the_gateway",
        "i6_a_read_in_another_task_is_woken",
        "l3_a_writer_in_another_task_learns_it_too",
        "l3_the_end_of_a_response_is_the_end_of_the_exchange",
        "l7_a_body_is_polled_in_a_tokio_context",
        "l7_an_app_is_called_in_a_tokio_context",
        "l7_an_app_may_start_tasks",
        "s4_a_start_from_another_task_works",
        "u14_closed_waits_for_the_end",
    ];
    l5_headers_kept_are_found: KeepsHeaders breaks ["L5"], fails [
        "l5_nothing_is_left_of_the_request_before",
    ];
}
