//! `Finding`: a broken clause that the lint reports. `OnFinding`: the choice between a panic, a log
//! line and a collection.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A clause that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub(super) clause: &'static str,
    pub(super) side: Side,
    pub(super) message: String,
    pub(super) request: String,
}

impl Finding {
    /// The clause of SPEC.md, such as `"S1"`.
    #[must_use]
    #[doc(alias = "rule")]
    pub fn clause(&self) -> &'static str {
        self.clause
    }

    /// The side that broke it.
    #[must_use]
    pub fn side(&self) -> Side {
        self.side
    }

    /// What the lint saw.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The request: its method and raw path, without the query.
    #[must_use]
    pub fn request(&self) -> &str {
        &self.request
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, broken by the {}, on {}: {}",
            self.clause, self.side, self.request, self.message
        )
    }
}

/// A side of the interface, as seen from the lint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Side {
    /// The inner side: the app, and the middlewares around it.
    App,
    /// The outer side: the gateway, and the middlewares outside the lint.
    Gateway,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::App => "app",
            Self::Gateway => "gateway",
        })
    }
}

/// What a [`Lint`](super::Lint) does with a finding.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum OnFinding {
    /// Panic with its text. In a gateway the response is then a 500, or aborted.
    #[default]
    Panic,
    /// Log it with the driver's log lines (`tracing`, target `gateway`, level WARN, the clause in
    /// the field `clause`). Without the feature `tracing` nothing is logged.
    Log,
    /// Keep it for later.
    Collect(Findings),
}

impl From<Findings> for OnFinding {
    fn from(findings: Findings) -> Self {
        Self::Collect(findings)
    }
}

impl From<&Findings> for OnFinding {
    fn from(findings: &Findings) -> Self {
        Self::Collect(findings.clone())
    }
}

/// Collected findings; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Findings(Arc<Mutex<Vec<Finding>>>);

impl Findings {
    /// An empty collection.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// True if nothing was found so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Takes out what was found so far, in order.
    #[must_use]
    pub fn take(&self) -> Vec<Finding> {
        std::mem::take(&mut *self.lock())
    }

    pub(super) fn push(&self, finding: Finding) {
        self.lock().push(finding);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Finding>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
