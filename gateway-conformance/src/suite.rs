//! The runner.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::FutureExt as _;
use futures_util::stream;
use gateway_core::{App, AppExt as _, Gateway};

use crate::capability::Capability;
use crate::case::Case;
use crate::cases::cases;
use crate::client::{Client, Target};
use crate::report::{Outcome, Report, Row};
use crate::via::Via;
use crate::wire::{DEFAULT_DEADLINE, Protocol};

/// How many cases run at once.
const AT_ONCE: usize = 8;

/// A case takes several steps, each with the deadline; this many deadlines end it for certain.
const STEPS: u32 = 6;

/// The table, ready to be run.
///
/// A case that fails does not hang: each of its steps has a deadline, and so has the whole.
///
/// # Examples
///
/// ```
/// use gateway_conformance::{Suite, app};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let report = Suite::new().only("n5_text_is_html").run_in_process(app()).await;
/// report.assert_passed();
/// assert_eq!(report.passed(), 1);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Suite {
    prefix: Arc<str>,
    deadline: Duration,
    only: Option<String>,
    lacks: Vec<(Capability, String)>,
    excuses: Vec<(String, Via, String)>,
}

impl Default for Suite {
    fn default() -> Self {
        Self::new()
    }
}

impl Suite {
    /// The whole table, against an app that is mounted at the root.
    #[must_use]
    pub fn new() -> Self {
        Self {
            prefix: "".into(),
            deadline: DEFAULT_DEADLINE,
            only: None,
            lacks: Vec::new(),
            excuses: Vec::new(),
        }
    }

    /// The app is mounted here, such as `/below/this`; a slash at the end does not count.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.prefix = prefix.trim_end_matches('/').into();
        self
    }

    /// How long one step of a case may take, [`DEFAULT_DEADLINE`] unless set.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Runs only the cases whose name begins so.
    #[must_use]
    pub fn only(mut self, name: impl Into<String>) -> Self {
        self.only = Some(name.into());
        self
    }

    /// The host lacks this, and why. What needs it is excused.
    #[must_use]
    pub fn lacks(mut self, capability: Capability, reason: impl Into<String>) -> Self {
        self.lacks.push((capability, reason.into()));
        self
    }

    /// Excuses one case on one way, where no [`Capability`] names what the host lacks.
    #[must_use]
    pub fn excuses(mut self, case: impl Into<String>, via: Via, reason: impl Into<String>) -> Self {
        self.excuses.push((case.into(), via, reason.into()));
        self
    }

    /// Runs the table over sockets, in HTTP/1.1 and in HTTP/2.
    pub async fn run_both(&self, address: SocketAddr) -> Report {
        let http1 = self.run(address, Protocol::Http1).await;
        http1.join(self.run(address, Protocol::Http2).await)
    }

    /// Runs the table over sockets in one protocol.
    pub async fn run(&self, address: SocketAddr, protocol: Protocol) -> Report {
        let via = Via::from(protocol);
        let target = Target::Socket {
            address,
            prefix: self.prefix.clone(),
            protocol,
        };
        self.run_on(via, target).await
    }

    /// Runs the table with no socket, through [`Gateway`]. The app is the suite's, in whatever
    /// middlewares are to be tried.
    pub async fn run_in_process(&self, app: impl App) -> Report {
        let gateway = Gateway::new(Arc::new(app.boxed()));
        self.run_on(Via::InProcess, Target::InProcess(gateway))
            .await
    }

    async fn run_on(&self, via: Via, target: Target) -> Report {
        let chosen = |case: &Case| {
            case.via().contains(&via)
                && self
                    .only
                    .as_ref()
                    .is_none_or(|name| case.name().starts_with(&**name))
        };
        let rows = stream::iter(cases().into_iter().filter(chosen))
            .map(|case| self.run_case(case, via, target.clone()))
            .buffered(AT_ONCE)
            .collect()
            .await;
        Report::new(rows)
    }

    async fn run_case(&self, case: Case, via: Via, target: Target) -> Row {
        let outcome = match self.excuse(&case, via) {
            Some(reason) => Outcome::Excused(reason),
            None => {
                let looking = case.look(Client::new(target, case.name(), self.deadline));
                let looking = std::panic::AssertUnwindSafe(looking).catch_unwind();
                match tokio::time::timeout(self.deadline * STEPS, looking).await {
                    Ok(Ok(Ok(()))) => Outcome::Passed,
                    Ok(Ok(Err(failure))) => Outcome::Failed(failure.into_text()),
                    Ok(Err(_)) => Outcome::Failed("a panic on the client's side".into()),
                    Err(_) => Outcome::Failed(format!("no end within {:?}", self.deadline * STEPS)),
                }
            }
        };
        Row {
            name: case.name(),
            clauses: case.clauses(),
            via,
            outcome,
        }
    }

    fn excuse(&self, case: &Case, via: Via) -> Option<String> {
        let named = |(name, on, _): &&(String, Via, String)| *name == case.name() && *on == via;
        if let Some((.., reason)) = self.excuses.iter().find(named) {
            return Some(reason.clone());
        }
        let (capability, reason) = self.lacks.iter().find(|(capability, _)| {
            case.needed().contains(capability)
                || (*capability == Capability::Http2 && via == Via::Http2)
        })?;
        Some(format!("{capability}: {reason}"))
    }
}
