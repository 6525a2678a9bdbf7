//! What came out of a run, as text and as JSON.

use std::fmt;

use serde_json::{Value, json};

use crate::via::Via;

/// How one case ended on one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was as it must be.
    Passed,
    /// Something was not, and what.
    Failed(String),
    /// The host lacks what the case needs, and why.
    Excused(String),
}

/// One case on one way.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Row {
    /// The case.
    pub name: &'static str,
    /// The clauses that it covers.
    pub clauses: &'static [&'static str],
    /// The way.
    pub via: Via,
    /// How it ended.
    pub outcome: Outcome,
}

/// The outcome of every case that was run.
///
/// It prints as text: a line for each case that did not pass, and the totals.
#[derive(Clone, Debug, Default)]
#[must_use = "a report that nobody reads shows nothing"]
pub struct Report {
    rows: Vec<Row>,
}

impl Report {
    pub(crate) fn new(rows: Vec<Row>) -> Self {
        Self { rows }
    }

    pub(crate) fn join(mut self, other: Self) -> Self {
        self.rows.extend(other.rows);
        self
    }

    /// Every case on every way, in the order of the table.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How many passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.count(|outcome| *outcome == Outcome::Passed)
    }

    /// How many failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Failed(_)))
    }

    /// How many were excused.
    #[must_use]
    pub fn excused(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Excused(_)))
    }

    /// The names of the cases that failed, in order, each once.
    #[must_use]
    pub fn failures(&self) -> Vec<&'static str> {
        let failed = |row: &&Row| matches!(row.outcome, Outcome::Failed(_));
        let mut names: Vec<_> = self
            .rows
            .iter()
            .filter(failed)
            .map(|row| row.name)
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Demands that no case failed, and that there was one.
    ///
    /// # Panics
    ///
    /// With the report as the message, if it is not so.
    #[track_caller]
    pub fn assert_passed(&self) {
        assert!(self.failed() == 0 && self.passed() > 0, "{self}");
    }

    /// The report as JSON: `rows`, each with `name`, `clauses`, `via`, `outcome` and, unless it
    /// passed, `message`; and `totals`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                let (outcome, message) = words(&row.outcome);
                let mut json = json!({
                    "name": row.name,
                    "clauses": row.clauses,
                    "via": row.via.as_str(),
                    "outcome": outcome,
                });
                if let Some(message) = message {
                    json["message"] = message.into();
                }
                json
            })
            .collect();
        json!({
            "rows": rows,
            "totals": {
                "passed": self.passed(),
                "failed": self.failed(),
                "excused": self.excused(),
            },
        })
    }

    fn count(&self, counts: impl Fn(&Outcome) -> bool) -> usize {
        self.rows.iter().filter(|row| counts(&row.outcome)).count()
    }
}

fn words(outcome: &Outcome) -> (&'static str, Option<&str>) {
    match outcome {
        Outcome::Passed => ("passed", None),
        Outcome::Failed(message) => ("failed", Some(message)),
        Outcome::Excused(reason) => ("excused", Some(reason)),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            if let (outcome, Some(message)) = words(&row.outcome) {
                let clauses = row.clauses.join(" ");
                writeln!(
                    f,
                    "{outcome:8} {:10} {} [{clauses}]: {message}",
                    row.via, row.name
                )?;
            }
        }
        for via in Via::ALL {
            let of = |outcome: &str| {
                let matches = |row: &&Row| row.via == *via && words(&row.outcome).0 == outcome;
                self.rows.iter().filter(matches).count()
            };
            let (passed, failed, excused) = (of("passed"), of("failed"), of("excused"));
            if passed + failed + excused > 0 {
                writeln!(
                    f,
                    "{:10} {passed} passed, {failed} failed, {excused} excused",
                    via.as_str()
                )?;
            }
        }
        write!(
            f,
            "{:10} {} passed, {} failed, {} excused",
            "total",
            self.passed(),
            self.failed(),
            self.excused()
        )
    }
}
