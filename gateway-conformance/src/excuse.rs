//! Excuses for cases by name.

use crate::cases::cases;
use crate::report::{CaseOutcome, Report, Row};
use crate::via::Via;

/// One case that may fail, in one way or in all, with the reason.
#[derive(Debug, Clone)]
pub(crate) struct Excuse {
    pub(crate) case: String,
    pub(crate) via: Option<Via>,
    pub(crate) reason: String,
}

impl Excuse {
    pub(crate) fn covers(&self, row: &Row) -> bool {
        row.name == self.case && self.via.is_none_or(|via| via == row.via)
    }

    /// Why the excuse applies to no case.
    fn fault(&self) -> Option<String> {
        let Some(case) = cases().into_iter().find(|case| case.name() == self.case) else {
            return Some(format!("an excuse names {:?}, which is no case", self.case));
        };
        let via = self.via.filter(|via| !case.via().contains(via))?;
        Some(format!(
            "an excuse names {} over {via}, where the case does not apply",
            self.case
        ))
    }
}

/// Turns failed cases with an excuse into excused ones, and each excuse without a failure into a
/// problem. An excuse whose case was not run is ignored: `only` and a protocol that is left out run a part
/// of the table, and the list of excuses stays that of the whole. Where the host lacks what the case
/// needs, the case has no outcome that could show whether the excuse is still right.
pub(crate) fn judge(mut report: Report, excuses: &[Excuse]) -> Report {
    for excuse in excuses {
        if let Some(fault) = excuse.fault() {
            report.push_problem(fault);
            continue;
        }
        let (mut passes, mut fails) = (false, false);
        let covered = report.rows_mut().iter_mut();
        for row in covered.filter(|row| excuse.covers(row)) {
            match &row.outcome {
                CaseOutcome::Passed => passes = true,
                CaseOutcome::Failed(message) => {
                    fails = true;
                    row.outcome =
                        CaseOutcome::Excused(format!("{} (it fails: {message})", excuse.reason));
                }
                CaseOutcome::Excused(_) => {}
            }
        }
        if passes && !fails {
            let case = &excuse.case;
            report.push_problem(format!("{case} passes: its excuse is to be taken away"));
        }
    }
    report
}
