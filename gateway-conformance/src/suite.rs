//! `Suite`: runs the table of cases.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{FutureExt as _, join_all};
use gateway_core::{App, AppExt as _, Gateway};

use crate::capability::Capability;
use crate::case::Case;
use crate::cases::cases;
use crate::check::Failure;
use crate::client::{Client, Target};
use crate::excuse::{Excuse, judge};
use crate::own_thread;
use crate::report::{CaseOutcome, Report, Row};
use crate::via::Via;
use crate::wire::{DEFAULT_DEADLINE, Protocol, WireRequest};

/// How many cases run at once in process, where they do not affect each other.
const AT_ONCE_IN_PROCESS: usize = 8;

/// A case takes several steps, each with the deadline; this many deadlines always end it.
const STEPS: u32 = 6;

/// What is called with each case that fails.
#[derive(Clone)]
struct OnFailure(Arc<dyn Fn(&Row) + Send + Sync>);

impl fmt::Debug for OnFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnFailure")
    }
}

/// The table, ready to be run.
///
/// No case can hang the run: each of its steps has a deadline, and so has the whole case. In
/// process, an app that never waits cannot be stopped. So each case has its own thread there, which
/// is left behind if the case is given up.
///
/// Over a socket one case runs after the other unless [`at_once`](Self::at_once) is set. After each
/// the server must still answer. Otherwise the run ends with a [problem](Report::problems) that
/// names the case.
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
    excuses: Vec<Excuse>,
    at_once: usize,
    on_failure: Option<OnFailure>,
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
            at_once: 1,
            on_failure: None,
        }
    }

    /// Sets the mount point of the app, such as `/below/this`. A slash at the end is ignored.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.prefix = prefix.trim_end_matches('/').into();
        self
    }

    /// Sets how long one step of a case may take; [`DEFAULT_DEADLINE`] by default.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Runs only the cases whose name begins like this.
    #[must_use]
    pub fn only(mut self, name: impl Into<String>) -> Self {
        self.only = Some(name.into());
        self
    }

    /// The host lacks this capability, for this reason. The cases that need it are not run, and are
    /// reported as excused. A case that [needs it in part](Case::partly_needed) is run without that
    /// part.
    #[must_use]
    pub fn lacks(mut self, capability: Capability, reason: impl Into<String>) -> Self {
        self.lacks.push((capability, reason.into()));
        self
    }

    /// Excuses one case by its name, if no [`Capability`] names what the host lacks.
    ///
    /// The case runs nevertheless, in all its ways, and may fail. If there is no such case, or if
    /// the case never fails, the report has a [problem](Report::problems) and the run has failed.
    ///
    /// An excuse is ignored if its case is not run at all: because of [`only`](Self::only), because the
    /// protocol is left out, or because the host [lacks](Self::lacks) what the case needs. So one list
    /// of excuses serves every part of the table.
    #[must_use]
    pub fn excuses(mut self, case: impl Into<String>, reason: impl Into<String>) -> Self {
        self.excuses.push(Excuse {
            case: case.into(),
            via: None,
            reason: reason.into(),
        });
        self
    }

    /// As [`excuses`](Self::excuses), in one way only.
    #[must_use]
    pub fn excuses_on(
        mut self,
        case: impl Into<String>,
        via: Via,
        reason: impl Into<String>,
    ) -> Self {
        self.excuses.push(Excuse {
            case: case.into(),
            via: Some(via),
            reason: reason.into(),
        });
        self
    }

    /// Calls this function with each case that fails and is not excused, as soon as it has failed. It
    /// shows what goes wrong while the table is running.
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_conformance::Suite;
    ///
    /// let suite = Suite::new().on_failure(|row| eprintln!("{row}"));
    /// ```
    #[must_use]
    pub fn on_failure(mut self, f: impl Fn(&Row) + Send + Sync + 'static) -> Self {
        self.on_failure = Some(OnFailure(Arc::new(f)));
        self
    }

    /// Runs this many cases at once over sockets, at least one. With more than one a run is faster,
    /// but if the server stops answering, it is only known to have done so after one of them.
    #[must_use]
    pub fn at_once(mut self, cases: usize) -> Self {
        self.at_once = cases.max(1);
        self
    }

    /// Runs the table over sockets, in HTTP/1.1 and in HTTP/2.
    pub async fn run_both(&self, address: SocketAddr) -> Report {
        let http1 = self.run_protocol(address, Protocol::Http1).await;
        let http2 = self.run_protocol(address, Protocol::Http2).await;
        judge(http1.join(http2), &self.excuses)
    }

    /// Runs the table over sockets in one protocol.
    pub async fn run(&self, address: SocketAddr, protocol: Protocol) -> Report {
        judge(self.run_protocol(address, protocol).await, &self.excuses)
    }

    /// Runs the table without a socket, through [`Gateway`]. The app is the suite's, in the
    /// middlewares that are tested.
    ///
    /// Each case runs on its own thread and tokio runtime.
    pub async fn run_in_process(&self, app: impl App) -> Report {
        let target = Target::InProcess(Gateway::new(Arc::new(app.boxed())));
        let mut report = Report::default();
        let mut chosen = self.chosen(Via::InProcess).peekable();
        while chosen.peek().is_some() {
            let batch = chosen.by_ref().take(AT_ONCE_IN_PROCESS);
            let rows = join_all(batch.map(|case| self.run_case(case, Via::InProcess, &target)));
            rows.await.into_iter().for_each(|row| report.push(row));
        }
        judge(report, &self.excuses)
    }

    async fn run_protocol(&self, address: SocketAddr, protocol: Protocol) -> Report {
        let via = Via::from(protocol);
        let target = Target::Socket {
            address,
            prefix: self.prefix.clone(),
            protocol,
        };
        let mut report = Report::default();
        let mut chosen = self.chosen(via).peekable();
        let is_spoken = chosen
            .peek()
            .is_some_and(|case| self.lack(case, via).is_none());
        if is_spoken && let Err(problem) = self.find_app(&target).await {
            report.push_problem(format!("{via}: {problem}"));
            return report;
        }
        while chosen.peek().is_some() {
            let batch: Vec<Case> = chosen.by_ref().take(self.at_once).collect();
            let names: Vec<&str> = batch.iter().map(Case::name).collect();
            let names = names.join(", ");
            let rows = join_all(
                batch
                    .into_iter()
                    .map(|case| self.run_case(case, via, &target)),
            );
            let rows = rows.await;
            let has_run = |row: &Row| !matches!(row.outcome, CaseOutcome::Excused(_));
            let tried = rows.iter().any(has_run);
            rows.into_iter().for_each(|row| report.push(row));
            if tried && let Err(error) = self.ask(&target).await {
                let left = chosen.count();
                report.push_problem(format!(
                    "{via}: the server stopped answering after {names} ({error}); {left} cases were \
                     not run"
                ));
                return report;
            }
        }
        report
    }

    /// The cases that run in this way and have a selected name.
    fn chosen(&self, via: Via) -> impl Iterator<Item = Case> {
        cases().into_iter().filter(move |case| {
            let only = self.only.as_ref();
            case.via().contains(&via) && only.is_none_or(|name| case.name().starts_with(&**name))
        })
    }

    /// Checks that the suite's app is at its mount point.
    async fn find_app(&self, target: &Target) -> Result<(), String> {
        let (path, status) = self.ask(target).await?;
        match status {
            200 => Ok(()),
            status => Err(format!(
                "the suite's app is not there: {path} is answered with {status}"
            )),
        }
    }

    /// Checks whether the server answers at all: the requested path, and the status.
    async fn ask(&self, target: &Target) -> Result<(String, u16), String> {
        let client = Client::new(target.clone(), "_facts", self.deadline);
        let path = client.path("/probe");
        let response = client.send(WireRequest::get(&path)).await;
        response
            .map(|response| (path, response.status))
            .map_err(Failure::into_text)
    }

    async fn run_case(&self, case: Case, via: Via, target: &Target) -> Row {
        let outcome = match self.lack(&case, via) {
            Some(reason) => CaseOutcome::Excused(reason),
            None => self.look(&case, via, target).await,
        };
        let needs = case.needed().iter().chain(case.partly_needed());
        let row = Row {
            name: case.name(),
            clauses: case.clauses(),
            via,
            needs: needs.copied().filter(|one| one.concerns(via)).collect(),
            outcome,
        };
        let is_excused = || self.excuses.iter().any(|excuse| excuse.covers(&row));
        if let Some(OnFailure(f)) = &self.on_failure
            && matches!(row.outcome, CaseOutcome::Failed(_))
            && !is_excused()
        {
            f(&row);
        }
        row
    }

    async fn look(&self, case: &Case, via: Via, target: &Target) -> CaseOutcome {
        let limit = self.deadline * STEPS;
        let client = Client::new(target.clone(), case.name(), self.deadline);
        let lacks = self.lacks.iter().map(|(capability, _)| *capability);
        let looking = case.look(client.without(lacks));
        let looking = std::panic::AssertUnwindSafe(looking).catch_unwind();
        let looking = async move {
            match tokio::time::timeout(limit, looking).await {
                Ok(Ok(Ok(()))) => CaseOutcome::Passed,
                Ok(Ok(Err(failure))) => CaseOutcome::Failed(failure.into_text()),
                Ok(Err(_)) => CaseOutcome::Failed("a panic on the client's side".into()),
                Err(_) => CaseOutcome::Failed(format!("no end within {limit:?}")),
            }
        };
        if via != Via::InProcess {
            return looking.await;
        }
        // The deadlines of the case come first, unless its app blocks the thread.
        let run = own_thread::run(case.name(), limit + self.deadline, looking);
        run.await.unwrap_or_else(CaseOutcome::Failed)
    }

    /// What the case needs and the host lacks, with the reason.
    fn lack(&self, case: &Case, via: Via) -> Option<String> {
        let (capability, reason) = self.lacks.iter().find(|(capability, _)| {
            let is_needed = case.needed().contains(capability)
                || matches!(capability, Capability::Http1 | Capability::Http2);
            is_needed && capability.concerns(via)
        })?;
        Some(format!("{capability}: {reason}"))
    }
}
