//! The clauses of the specification, and what no case can see of them.

/// Every clause, by its id.
pub const CLAUSES: &[&str] = &[
    "E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8", "E9", "E10", "E11", "E12", "E13", "E14", "E15",
    "E16", "I1", "I2", "I3", "I4", "I5", "I6", "I7", "S1", "S2", "S3", "S4", "S5", "S6", "S7",
    "S8", "S9", "B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B9", "B10", "B11", "L1", "L2",
    "L3", "L4", "L5", "L6", "N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8", "N9", "M1", "M2", "M3",
];

/// A clause, or a part of one, that no case sees, with the reason.
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

/// What no case sees.
pub const NOT_COVERED: &[NotCovered] = &[
    part(
        "E13",
        "a policy that counts trusted hops",
        "not built yet: no middleware of core changes the facts by forwarded headers",
    ),
    part(
        "I6",
        "reading from a blocking thread",
        "not built yet: there are no blocking apps",
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
    whole("L6", "not built yet: there are no blocking apps"),
    part(
        "N1",
        "what is no form does not compile",
        "a compile error is not on the wire; the core's golden files hold it",
    ),
    part(
        "N7",
        "deleting a cookie",
        "not built yet: there is no helper that deletes",
    ),
    whole("N8", "not built yet: conditional answers and ranges"),
    part(
        "N9",
        "percent-encoding where needed",
        "not built yet: there is no redirect helper, an app's Location is sent as given",
    ),
    whole(
        "M2",
        "not built yet: the table does not run through the lint",
    ),
    whole(
        "M3",
        "it is about the whole table: the suite's own tests compare the reports of every way",
    ),
];
