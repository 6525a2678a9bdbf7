//! The clauses of the specification, and which of them no case can see.

pub use gateway_core::spec::{Clause, clauses};

/// A clause, or a part of one, that no case can see, with the reason.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct NotCovered {
    /// The clause.
    pub clause: &'static str,
    /// The part of it; `None` if it is the whole clause.
    pub part: Option<&'static str>,
    /// Why.
    pub reason: &'static str,
}

const fn whole(clause: &'static str, reason: &'static str) -> NotCovered {
    NotCovered {
        clause,
        part: None,
        reason,
    }
}

const fn part(clause: &'static str, part: &'static str, reason: &'static str) -> NotCovered {
    NotCovered {
        clause,
        part: Some(part),
        reason,
    }
}

/// The clauses that no case can see.
pub const NOT_COVERED: &[NotCovered] = &[
    part(
        "E13",
        "a policy that counts trusted hops",
        "the suite runs core alone; the policy is a middleware of gateway-util, whose tests hold it",
    ),
    part(
        "I6",
        "reading from a blocking thread",
        "the suite runs core alone; blocking apps are gateway-util's, whose tests hold it",
    ),
    part(
        "S3",
        "the log line",
        "a log is not on the wire; the tests of the core look at it",
    ),
    part(
        "B5",
        "the log lines",
        "a log is not on the wire; the tests of the core look at it",
    ),
    whole(
        "L4",
        "a client cannot shut down a server that it did not start; the tests of each server do",
    ),
    whole(
        "L6",
        "the suite runs core alone; blocking apps are gateway-util's, whose tests hold it",
    ),
    part(
        "L7",
        "timers and I/O, and the error of what finds no runtime",
        "which drivers run is the host's choice; what needs them is gateway-util's, whose tests hold it",
    ),
    part(
        "L8",
        "refused requests and cut exchanges",
        "a case observes from within its app, which a refused request does not reach; the tests of each \
         adapter observe its gateway",
    ),
    whole(
        "L9",
        "a client cannot see what a server does before it listens; the tests of each server do",
    ),
    whole(
        "L10",
        "a client cannot shut down a server that it did not start; the tests of each server do",
    ),
    whole(
        "L11",
        "it is about middlewares, which `check_middleware` calls as a server does",
    ),
    part(
        "N1",
        "what is no form does not compile",
        "a compile error is not on the wire; the core's golden files hold it",
    ),
    whole(
        "N8",
        "the suite runs core alone; conditions and ranges are gateway-util's, whose tests hold it",
    ),
    part(
        "N9",
        "percent-encoding where needed",
        "core sends an app's Location as given; redirects are gateway-util's, whose tests hold it",
    ),
    whole(
        "N10",
        "the suite runs core alone; the helper is gateway-util's, whose tests hold it",
    ),
    part(
        "U9",
        "the log line",
        "a log is not on the wire; the tests of the core look at it",
    ),
    whole(
        "U11",
        "a client does not know the limits of a server that it did not start; the tests of each server \
         set short ones",
    ),
    whole(
        "U12",
        "a client cannot shut down a server that it did not start; the tests of each server do",
    ),
    whole(
        "U15",
        "what an app takes the end of a stream for is not on the wire, and the suite's apps take it for \
         nothing",
    ),
    whole(
        "M2",
        "it is about every other case: the suite's own tests run the whole table through the lint, \
         compare what comes out, and hold its findings to those that are due",
    ),
    whole(
        "M3",
        "it is about the whole table: the suite's own tests run it in process, and the test of each \
         adapter over sockets in both protocols",
    ),
];

/// The cases whose app breaks a clause on purpose, with the clause. When the table is run, a lint
/// around [`app`](crate::app) must find these and nothing else.
pub const BROKEN_ON_PURPOSE: &[(&str, &str)] = &[
    ("b5_a_stream_longer_than_declared_is_cut", "B5"),
    ("b5_a_stream_shorter_than_declared_aborts", "B5"),
    ("b5_an_endless_stream_is_cut", "B5"),
    ("b5_bytes_longer_than_declared_are_cut", "B5"),
    ("b5_bytes_shorter_than_declared_are_a_500", "B5"),
    ("b5_nothing_where_a_length_was_declared_is_a_500", "B5"),
    ("b11_fields_of_framing_never_trail", "B11"),
    ("b11_http_1_0_has_no_trailers", "B11"),
    ("b11_the_driver_drops_what_was_not_asked_for", "B11"),
    ("b11_trailers_that_are_not_declared_are_not_sent", "B11"),
    ("b11_trailers_pass_where_the_client_allows_them", "B11"),
    ("b11_trailers_are_not_sent_to_those_who_do_not_ask", "B11"),
    ("l1_a_body_with_no_start_is_closed", "S3"),
    ("l1_the_body_of_a_refused_start_is_closed", "S5"),
    (
        "l8_a_page_in_place_of_an_answer_is_told_with_its_clause",
        "S3",
    ),
    ("l8_a_response_shorter_than_declared_is_told", "B5"),
    ("n3_a_hop_by_hop_field_of_a_tuple_is_a_500", "S7"),
    ("s1_a_refused_start_cannot_be_swallowed", "S6"),
    ("s1_a_second_start_cannot_be_swallowed", "S1"),
    ("s1_a_start_after_a_refused_one_is_an_error", "S1"),
    ("s1_a_start_after_commit_aborts", "S2"),
    ("s1_a_start_after_commit_is_no_clean_end", "S2"),
    ("s2_a_restart_after_commit_gives_the_error_back", "S2"),
    ("s3_a_stream_that_ends_with_no_start_is_a_500", "S3"),
    ("s3_a_stream_with_no_start_is_a_500", "S3"),
    ("s3_an_empty_body_with_no_start_is_a_500", "S3"),
    ("s3_bytes_with_no_start_are_a_500", "S3"),
    ("s3_no_start_is_a_500_for_head_too", "S3"),
    ("s5_informational_statuses_are_refused", "S5"),
    ("s5_what_is_no_status_is_refused", "S5"),
    ("s6_a_line_end_in_a_value_is_refused", "S6"),
    ("s6_a_name_that_is_no_token_is_refused", "S6"),
    ("s6_control_characters_in_a_value_are_refused", "S6"),
    ("s7_connection_is_refused", "S7"),
    ("s7_keep_alive_is_refused", "S7"),
    ("s7_trailer_of_framing_fields_is_refused", "S7"),
    ("s7_transfer_encoding_is_refused", "S7"),
    ("s7_upgrade_is_refused", "S7"),
    ("s9_a_length_that_is_no_number_is_refused", "S9"),
    ("s9_two_lengths_that_differ_are_refused", "S9"),
    ("u13_a_switch_that_is_replaced_is_a_500", "U4"),
    ("u3_a_switch_that_was_not_offered_is_a_500", "U3"),
    ("u3_a_switch_to_another_protocol_is_a_500", "U3"),
    ("u3_a_switch_to_what_is_no_protocol_is_a_500", "U3"),
    ("u4_101_with_bytes_is_a_500", "U4"),
    ("u4_101_with_nothing_is_a_500", "U4"),
    ("u4_a_switch_with_200_is_a_500", "U4"),
    ("u4_a_switch_with_no_start_is_a_500", "U4"),
    ("u7_a_2xx_to_an_extended_connect_is_a_502", "U7"),
];
