//! Passes a finding on, as its `OnFinding` says.

use super::{Finding, OnFinding, Side};
use crate::environ::Environ;
use crate::log;

/// Where the checks of one request report.
#[derive(Debug, Clone)]
pub(super) struct Report {
    on_finding: OnFinding,
    request: String,
}

impl Report {
    pub(super) fn new(on_finding: &OnFinding, environ: &Environ) -> Self {
        // The query may hold secrets.
        let method = environ.request_method().as_str();
        let (script_name, path_info) = (environ.raw_script_name(), environ.raw_path_info());
        Self {
            on_finding: on_finding.clone(),
            request: [method, " ", script_name, path_info].concat(),
        }
    }

    pub(super) fn app(&self, clause: &'static str, message: impl Into<String>) {
        self.finding(clause, Side::App, message.into());
    }

    pub(super) fn gateway(&self, clause: &'static str, message: impl Into<String>) {
        self.finding(clause, Side::Gateway, message.into());
    }

    fn finding(&self, clause: &'static str, side: Side, message: String) {
        let finding = Finding {
            clause,
            side,
            message,
            request: self.request.clone(),
        };
        match &self.on_finding {
            OnFinding::Collect(findings) => findings.push(finding),
            OnFinding::Log => log::warn(clause, &format_args!("lint: {finding}")),
            OnFinding::Panic => raise(&finding),
        }
    }
}

#[expect(clippy::panic, reason = "it is what the policy asks for")]
fn raise(finding: &Finding) {
    // A second panic would end the process.
    if !std::thread::panicking() {
        panic!("{finding}");
    }
}
