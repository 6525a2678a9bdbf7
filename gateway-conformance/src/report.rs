//! `Report`: the result of a run, as text and as JSON.

use std::fmt;

use serde_json::{Value, json};

use crate::capability::Capability;
use crate::via::Via;

/// How one case ended in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[doc(alias = "Outcome")]
pub enum CaseOutcome {
    /// Everything was as it must be.
    Passed,
    /// Something was not, and this is what.
    Failed(String),
    /// It does not count, for this reason: the host lacks what the case needs, so the case was not
    /// run; or it was run, failed, and is excused by name.
    Excused(String),
}

/// One case in one way.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Row {
    /// The case.
    pub name: &'static str,
    /// The clauses that it covers.
    pub clauses: &'static [&'static str],
    /// The way.
    pub via: Via,
    /// What the case needs in this way and a host may lack. A failed case shows it.
    pub needs: Vec<Capability>,
    /// How it ended.
    pub outcome: CaseOutcome,
}

/// The outcome of every case that was run.
///
/// As text, it is a line for each case that failed, one for each excuse with the number of its cases,
/// the totals, and the problems of the run itself.
#[derive(Clone, Debug, Default)]
#[must_use = "a report that nobody reads shows nothing"]
pub struct Report {
    rows: Vec<Row>,
    problems: Vec<String>,
}

impl Report {
    pub(crate) fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub(crate) fn push_problem(&mut self, problem: String) {
        self.problems.push(problem);
    }

    pub(crate) fn rows_mut(&mut self) -> &mut [Row] {
        &mut self.rows
    }

    pub(crate) fn join(mut self, other: Self) -> Self {
        self.rows.extend(other.rows);
        self.problems.extend(other.problems);
        self
    }

    /// Problems of the run itself, apart from any case: the server stopped answering, an
    /// excuse names no case, or the case that it names passes. A run with a problem has failed.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// True if some case passed, none failed, and the run had no problem.
    #[must_use]
    pub fn has_passed(&self) -> bool {
        self.failed() == 0 && self.passed() > 0 && self.problems.is_empty()
    }

    /// Every case in every way, in the order of the table.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How many passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.count(|outcome| *outcome == CaseOutcome::Passed)
    }

    /// How many failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.count(|outcome| matches!(outcome, CaseOutcome::Failed(_)))
    }

    /// How many were excused.
    #[must_use]
    pub fn excused(&self) -> usize {
        self.count(|outcome| matches!(outcome, CaseOutcome::Excused(_)))
    }

    /// The names of the cases that failed, in order, each once.
    #[must_use]
    pub fn failures(&self) -> Vec<&'static str> {
        let failed = |row: &&Row| matches!(row.outcome, CaseOutcome::Failed(_));
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

    /// Panics unless the run [has passed](Self::has_passed).
    ///
    /// # Panics
    ///
    /// If it has not passed. The message is the report.
    #[track_caller]
    pub fn assert_passed(&self) {
        assert!(self.has_passed(), "{self}");
    }

    /// The report as JSON: `rows`, each with `name`, `clauses`, `via`, `needs`, `outcome` and, unless
    /// it passed, `message`; `totals`; and `problems`.
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
                    "needs": row.needs.iter().map(|one| one.as_str()).collect::<Vec<_>>(),
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
            "problems": self.problems,
        })
    }

    fn count(&self, counts: impl Fn(&CaseOutcome) -> bool) -> usize {
        self.rows.iter().filter(|row| counts(&row.outcome)).count()
    }
}

/// One line: the outcome, the way, the name, the clauses, why it did not pass, and what a failed case
/// needs.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (outcome, message) = words(&self.outcome);
        let (via, name, clauses) = (self.via, self.name, self.clauses.join(" "));
        write!(f, "{outcome:8} {via:10} {name} [{clauses}]")?;
        if let Some(message) = message {
            write!(f, ": {message}")?;
        }
        if matches!(self.outcome, CaseOutcome::Failed(_)) && !self.needs.is_empty() {
            let needs: Vec<&str> = self.needs.iter().map(|one| one.as_str()).collect();
            write!(f, " (needs {})", needs.join(", "))?;
        }
        Ok(())
    }
}

fn words(outcome: &CaseOutcome) -> (&'static str, Option<&str>) {
    match outcome {
        CaseOutcome::Passed => ("passed", None),
        CaseOutcome::Failed(message) => ("failed", Some(message)),
        CaseOutcome::Excused(reason) => ("excused", Some(reason)),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_excused_by = |row: &Row, reason: &String| match &row.outcome {
            CaseOutcome::Excused(other) => other == reason,
            _ => false,
        };
        for (at, row) in self.rows.iter().enumerate() {
            match &row.outcome {
                CaseOutcome::Passed => {}
                CaseOutcome::Failed(_) => writeln!(f, "{row}")?,
                CaseOutcome::Excused(reason) => {
                    let of_excuse = |row: &&Row| is_excused_by(row, reason);
                    let mut before = self.rows.iter().take(at);
                    let is_first = !before.any(|row| is_excused_by(row, reason));
                    match self.rows.iter().filter(of_excuse).count() {
                        1 => writeln!(f, "{row}")?,
                        count if is_first => writeln!(f, "excused  {count} cases: {reason}")?,
                        _ => {}
                    }
                }
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
        )?;
        for problem in &self.problems {
            write!(f, "\nproblem    {problem}")?;
        }
        Ok(())
    }
}
