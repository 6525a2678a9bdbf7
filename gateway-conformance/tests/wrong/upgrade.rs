//! U: gateways that are wrong about switches of protocols.

use std::time::Duration;

use gateway_conformance::wire::Protocol;
use gateway_conformance::{Capability, CaseOutcome, Report, Suite};

use crate::fault::Fault;
use crate::http2::{self, ConnectFault};
use crate::{fails_in, gateway, suite};

/// As for every fault, among the cases of upgrades.
async fn fails(fault: Fault, clauses: &[&str], expected: &[&str]) {
    let address = gateway::start(Some(fault)).await;
    let report = suite().only("u").run(address, Protocol::Http1).await;
    fails_in(&report, fault, clauses, expected);
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
    u1_an_offer_in_vain_is_found: OffersInVain breaks ["U1", "U2", "U3", "U4", "U5", "U6", "U8", "U9", "U10", "U13", "U14", "U16"], fails [
        "u10_a_client_that_ended_its_direction_gets_the_rest",
        "u10_an_app_may_end_its_direction",
        "u13_a_switch_passes_hooks_and_wraps",
        "u14_callbacks_and_observers_wait_for_the_end",
        "u14_closed_waits_for_the_end",
        "u14_nothing_of_the_request_is_used_again_while_it_runs",
        "u16_a_client_that_does_not_read_stops_the_app",
        "u16_an_app_reads_while_its_writes_wait",
        "u1_a_protocol_of_any_name_is_offered",
        "u1_what_is_offered_can_be_switched_to",
        "u2_the_name_of_a_protocol_has_no_case",
        "u4_a_restart_after_the_switch_gives_the_error_back",
        "u5_a_declared_length_is_not_sent",
        "u5_the_fields_of_the_app_are_kept",
        "u5_the_head_of_a_switch_is_what_the_version_asks_for",
        "u6_bytes_that_came_early_are_read_first",
        "u6_the_head_comes_before_what_the_app_writes",
        "u8_a_client_that_leaves_ends_the_read",
        "u8_a_large_farewell_arrives_whole",
        "u8_a_read_gives_the_end_behind_what_was_sent",
        "u8_what_nobody_reads_does_not_cost_the_farewell",
        "u8_what_the_app_wrote_comes_before_the_end",
        "u9_a_panic_of_the_app_ends_the_stream",
        "u9_an_error_of_the_app_ends_the_stream",
    ];
    u2_the_first_of_several_offers_alone_is_found: OffersTheFirstOnly breaks ["U2"], fails [
        "u2_an_offer_may_be_one_of_a_list",
        "u2_two_lines_of_offers_are_one_list",
    ];
    u2_names_compared_by_case_are_found: ComparesOffersByCase breaks ["U2"], fails [
        "u2_the_name_of_a_protocol_has_no_case",
    ];
    u2_what_is_tidied_up_to_a_protocol_is_found: TidiesOffers breaks ["U2"], fails [
        "u2_what_is_no_protocol_is_not_offered",
    ];
    u2_an_offer_without_the_connection_option_is_found: TakesUpgradeAlone breaks ["U2"], fails [
        "u2_nothing_is_offered_without_the_connection_option",
    ];
    u3_invented_offers_are_found: InventsOffers breaks ["U2", "U3"], fails [
        "u2_an_offer_may_be_one_of_a_list",
        "u2_nothing_is_offered_without_the_connection_option",
        "u2_nothing_is_offered_without_the_field",
        "u2_two_lines_of_offers_are_one_list",
        "u2_what_is_no_protocol_is_not_offered",
        "u3_a_switch_that_was_not_offered_is_a_500",
        "u3_a_switch_to_another_protocol_is_a_500",
    ];
    u2_an_offer_to_http_1_0_is_found: OffersToHttp10 breaks ["U2"], fails [
        "u2_nothing_is_offered_to_http_1_0",
    ];
    u2_an_offer_beside_a_body_is_found: OffersBesideBodies breaks ["U2"], fails [
        "u2_nothing_is_offered_to_a_request_with_a_body",
    ];
    u2_websocket_for_every_method_is_found: OffersWebSocketToAll breaks ["U2"], fails [
        "u2_websocket_is_offered_to_get_only",
    ];
    u2_requests_lost_behind_a_declined_offer_are_found: TakesDeclinedOffersForSwitches breaks ["U1", "U2"], fails [
        "u1_a_request_behind_a_declined_offer_is_one",
        "u1_the_connection_of_a_declined_offer_is_http",
    ];
    u1_a_body_lost_with_a_declined_offer_is_found: DropsDeclines breaks ["U1", "U4"], fails [
        "u1_a_request_behind_a_declined_offer_is_one",
        "u1_an_offer_may_be_declined_with_a_body",
        "u1_the_connection_of_a_declined_offer_is_http",
        "u4_a_restart_takes_the_switch_back",
    ];
    u4_a_switch_that_is_not_asked_for_is_found: SwitchesWhateverIsAsked breaks ["U3", "U4"], fails [
        "u3_a_switch_to_another_protocol_is_a_500",
        "u3_a_switch_to_what_is_no_protocol_is_a_500",
        "u4_a_switch_with_200_is_a_500",
        "u4_a_switch_with_no_start_is_a_500",
    ];
    u4_a_101_with_bytes_is_found: Sends101WithBytes breaks ["U4", "U13"], fails [
        "u13_a_switch_that_is_read_is_a_500",
        "u13_a_switch_that_is_replaced_is_a_500",
        "u4_101_with_bytes_is_a_500",
        "u4_101_with_nothing_is_a_500",
    ];
    u13_a_replaced_switch_is_found: ReplacesSwitches breaks ["U1", "U2", "U3", "U4", "U5", "U6", "U8", "U9", "U10", "U13", "U14", "U16"], fails [
        "u10_a_client_that_ended_its_direction_gets_the_rest",
        "u10_an_app_may_end_its_direction",
        "u13_a_switch_passes_hooks_and_wraps",
        "u14_callbacks_and_observers_wait_for_the_end",
        "u14_closed_waits_for_the_end",
        "u14_nothing_of_the_request_is_used_again_while_it_runs",
        "u16_a_client_that_does_not_read_stops_the_app",
        "u16_an_app_reads_while_its_writes_wait",
        "u1_a_protocol_of_any_name_is_offered",
        "u1_what_is_offered_can_be_switched_to",
        "u2_the_name_of_a_protocol_has_no_case",
        "u4_a_restart_after_the_switch_gives_the_error_back",
        "u4_a_switch_with_200_is_a_500",
        "u5_a_declared_length_is_not_sent",
        "u5_the_fields_of_the_app_are_kept",
        "u5_the_head_of_a_switch_is_what_the_version_asks_for",
        "u6_bytes_that_came_early_are_read_first",
        "u6_the_head_comes_before_what_the_app_writes",
        "u8_a_client_that_leaves_ends_the_read",
        "u8_a_large_farewell_arrives_whole",
        "u8_a_read_gives_the_end_behind_what_was_sent",
        "u8_what_nobody_reads_does_not_cost_the_farewell",
        "u8_what_the_app_wrote_comes_before_the_end",
        "u9_a_panic_of_the_app_ends_the_stream",
        "u9_an_error_of_the_app_ends_the_stream",
    ];
    u14_an_exchange_that_ends_at_the_head_is_found: EndsExchangesAtTheHead breaks ["U9", "U14"], fails [
        "u14_callbacks_and_observers_wait_for_the_end",
        "u14_closed_waits_for_the_end",
        "u9_a_panic_of_the_app_ends_the_stream",
        "u9_an_error_of_the_app_ends_the_stream",
    ];
    u5_a_missing_upgrade_field_is_found: NoUpgradeOn101 breaks ["U5"], fails [
        "u13_a_switch_passes_hooks_and_wraps",
        "u5_the_head_of_a_switch_is_what_the_version_asks_for",
    ];
    u5_a_length_of_a_switch_is_found: LengthOn101 breaks ["U5"], fails [
        "u5_a_declared_length_is_not_sent",
        "u5_the_head_of_a_switch_is_what_the_version_asks_for",
    ];
    u5_a_type_of_a_switch_is_found: TypeOn101 breaks ["U5"], fails [
        "u5_a_declared_length_is_not_sent",
        "u5_the_head_of_a_switch_is_what_the_version_asks_for",
    ];
    u6_lost_early_bytes_are_found: LosesEarlyBytes breaks ["U6", "U8"], fails [
        "u6_bytes_that_came_early_are_read_first",
        "u8_a_read_gives_the_end_behind_what_was_sent",
    ];
    u6_bytes_before_the_head_are_found: WritesBeforeTheHead breaks ["U6", "U8", "U9", "U10", "U16"], fails [
        "u10_an_app_may_end_its_direction",
        "u16_a_client_that_does_not_read_stops_the_app",
        "u16_an_app_reads_while_its_writes_wait",
        "u6_the_head_comes_before_what_the_app_writes",
        "u8_a_client_that_leaves_ends_the_read",
        "u8_a_large_farewell_arrives_whole",
        "u8_what_the_app_wrote_comes_before_the_end",
        "u9_a_panic_of_the_app_ends_the_stream",
        "u9_an_error_of_the_app_ends_the_stream",
    ];
    u8_a_forgotten_end_is_found: ForgetsTheEnd breaks ["U8", "U10"], fails [
        "u10_a_client_that_ended_its_direction_gets_the_rest",
        "u10_an_app_may_end_its_direction",
        "u13_a_switch_passes_hooks_and_wraps",
        "u14_callbacks_and_observers_wait_for_the_end",
        "u14_closed_waits_for_the_end",
        "u1_a_protocol_of_any_name_is_offered",
        "u1_what_is_offered_can_be_switched_to",
        "u2_the_name_of_a_protocol_has_no_case",
        "u8_a_client_that_leaves_ends_the_read",
        "u8_a_read_gives_the_end_behind_what_was_sent",
    ];
    u8_a_farewell_that_is_cut_is_found: CutsFarewells breaks ["U8"], fails [
        "u10_a_client_that_ended_its_direction_gets_the_rest",
        "u14_nothing_of_the_request_is_used_again_while_it_runs",
        "u8_what_the_app_wrote_comes_before_the_end",
    ];
    u8_a_stream_that_never_ends_is_found: NeverEndsStreams breaks ["U8"], fails [
        "u10_a_client_that_ended_its_direction_gets_the_rest",
        "u13_a_switch_passes_hooks_and_wraps",
        "u14_callbacks_and_observers_wait_for_the_end",
        "u14_nothing_of_the_request_is_used_again_while_it_runs",
        "u1_a_protocol_of_any_name_is_offered",
        "u1_what_is_offered_can_be_switched_to",
        "u2_the_name_of_a_protocol_has_no_case",
        "u8_a_large_farewell_arrives_whole",
        "u8_what_nobody_reads_does_not_cost_the_farewell",
        "u8_what_the_app_wrote_comes_before_the_end",
    ];
    u8_a_close_on_unread_bytes_is_found: ClosesOnUnreadBytes breaks ["U8"], fails [
        "u8_what_nobody_reads_does_not_cost_the_farewell",
    ];
    u9_a_failed_stream_that_stays_open_is_found: KeepsFailedStreams breaks ["U9"], fails [
        "u9_a_panic_of_the_app_ends_the_stream",
        "u9_an_error_of_the_app_ends_the_stream",
    ];
    u10_a_close_of_half_closed_streams_is_found: ClosesHalfClosedStreams breaks ["U10"], fails [
        "u10_a_client_that_ended_its_direction_gets_the_rest",
    ];
    u10_an_ignored_shutdown_is_found: IgnoresShutdown breaks ["U10"], fails [
        "u10_an_app_may_end_its_direction",
    ];
    u16_an_app_that_is_polled_with_its_client_is_found: PollsWithTheClient breaks ["U16"], fails [
        "u16_a_client_that_does_not_read_stops_the_app",
        "u16_an_app_reads_while_its_writes_wait",
    ];
    u16_writes_without_a_bound_are_found: BuffersWithoutBound breaks ["U16"], fails [
        "u16_a_client_that_does_not_read_stops_the_app",
        "u16_an_app_reads_while_its_writes_wait",
    ];
    u16_a_stream_for_one_direction_at_a_time_is_found: HalfDuplex breaks ["U16"], fails [
        "u16_an_app_reads_while_its_writes_wait",
    ];
}

/// A host that cannot switch is no wrong one, if it says so.
#[tokio::test]
async fn u1_a_gateway_that_offers_nothing_names_what_it_lacks() {
    let address = gateway::start(Some(Fault::OffersNothing)).await;
    let suite = Suite::new().prefix(gateway::PREFIX).only("u").at_once(8);
    let report = suite.run(address, Protocol::Http1).await;
    assert!(!report.has_passed(), "{report}");
    let none = "it hands no stream out";
    let suite = suite
        .lacks(Capability::Upgrade, none)
        .lacks(Capability::WebSocketUpgrade, none);
    let report = suite.run(address, Protocol::Http1).await;
    report.assert_passed();
    for case in [
        "u1_what_is_offered_can_be_switched_to",
        "u4_101_with_bytes_is_a_500",
    ] {
        let mut rows = report.rows().iter();
        let row = rows.find(|row| row.name == case).unwrap();
        assert_eq!(row.outcome, CaseOutcome::Passed, "{case}");
    }
}

async fn over_http2(fault: Option<ConnectFault>) -> Report {
    let address = http2::start(fault).await;
    let suite = Suite::new()
        .only("u")
        .deadline(Duration::from_secs(5))
        .at_once(8);
    suite.run(address, Protocol::Http2).await
}

async fn fails_over_http2(fault: ConnectFault, expected: &[&str]) {
    let report = over_http2(Some(fault)).await;
    assert_eq!(report.failures(), expected, "{fault:?}\n{report}");
}

#[tokio::test]
async fn the_gateway_of_http_2_without_a_fault_passes() {
    over_http2(None).await.assert_passed();
}

#[tokio::test]
async fn u2_a_tunnel_for_every_protocol_is_found() {
    let case = "u2_an_extended_connect_for_another_protocol_is_refused";
    fails_over_http2(ConnectFault::TunnelsEveryProtocol, &[case]).await;
}

#[tokio::test]
async fn u2_a_connect_that_the_app_sees_is_found() {
    let case = "u2_an_extended_connect_is_a_get_that_offers_websocket";
    let report = over_http2(Some(ConnectFault::ShowsConnect)).await;
    assert!(report.failures().contains(&case), "{report}");
}

#[tokio::test]
async fn u7_a_dead_tunnel_is_found() {
    let case = "u7_a_2xx_to_an_extended_connect_is_a_502";
    fails_over_http2(ConnectFault::OpensDeadTunnels, &[case]).await;
}

#[tokio::test]
async fn u9_a_panic_that_ends_a_connection_is_found() {
    let case = "u9_a_panic_leaves_the_other_streams_of_a_connection";
    fails_over_http2(ConnectFault::EndsConnections, &[case]).await;
}

#[tokio::test]
async fn u5_a_type_of_a_switch_over_http_2_is_found() {
    let cases = [
        "u5_a_declared_length_is_not_sent",
        "u5_the_head_of_a_switch_is_what_the_version_asks_for",
    ];
    fails_over_http2(ConnectFault::TypeOn200, &cases).await;
}
