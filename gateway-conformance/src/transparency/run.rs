//! Runs the checks of a [`MiddlewareCheck`].

use gateway_core::{App, AppExt as _, BoxApp};
use http::Method;

use super::check::{Check, Probe, Reading};
use super::decode::Decoder;
use super::observed::{Asking, observe};
use super::{MiddlewareCheck, bodies, errors, heads, lifespan, requests, upgrades};
use crate::own_thread;
use crate::report::{CaseOutcome, Report, Row};
use crate::via::Via;

impl MiddlewareCheck {
    /// Runs every check. `wrap` is called at least once for each that is run.
    ///
    /// The rows of the report have [`Via::InProcess`]. A failed row says what differs.
    ///
    /// # Panics
    ///
    /// As [`tokio::time::timeout`] does, if there is no tokio runtime with timers.
    pub async fn run<A: App>(&self, wrap: impl Fn(BoxApp) -> A) -> Report {
        let mut report = Report::default();
        if let Some(decoder) = &self.decoder {
            decoder.begin();
        }
        let parts = [
            requests::CHECKS,
            heads::CHECKS,
            bodies::CHECKS,
            errors::CHECKS,
            upgrades::CHECKS,
        ];
        for check in parts.into_iter().flatten() {
            let buffered = bodies::why_not_buffered(check.name).filter(|_| self.buffers);
            let decoded = bodies::why_not_decoded(check.name).filter(|_| self.decoder.is_some());
            let outcome = match buffered.or(decoded) {
                Some(reason) => CaseOutcome::Excused(reason.to_owned()),
                None => {
                    let behind = Probe::default();
                    let wrapped = wrap((check.app)(behind.clone())).boxed();
                    self.compare(check, Probe::default(), behind, wrapped).await
                }
            };
            report.push(Row {
                name: check.name,
                clauses: check.clauses,
                via: Via::InProcess,
                needs: Vec::new(),
                outcome,
            });
        }
        report.push(lifespan::check(&wrap, self.deadline * 2).await);
        report.push(self.compare_head_and_get(&wrap).await);
        self.judge(&mut report);
        report
    }

    fn judge(&self, report: &mut Report) {
        if self.decoder.as_ref().is_some_and(Decoder::is_idle) {
            let problem =
                "the middleware has changed the bytes of no body, so that none was checked";
            report.push_problem(problem.to_owned());
        }
        for (name, reason) in &self.excuses {
            let row = report.rows_mut().iter_mut().find(|row| row.name == name);
            let problem = match row.map(|row| &mut row.outcome) {
                None => format!("{name} is excused, and there is no check of this name"),
                Some(CaseOutcome::Failed(message)) => {
                    let excused = format!("{reason} (it fails: {message})");
                    if let Some(row) = report.rows_mut().iter_mut().find(|row| row.name == name) {
                        row.outcome = CaseOutcome::Excused(excused);
                    }
                    continue;
                }
                Some(_) => format!("{name} passes: its excuse is to be taken away"),
            };
            report.push_problem(problem);
        }
    }

    async fn compare(
        &self,
        check: &'static Check,
        alone: Probe,
        behind: Probe,
        wrapped: BoxApp,
    ) -> CaseOutcome {
        let this = self.clone();
        let comparing = async move {
            let asking = Asking {
                trailers: check.clauses.contains(&"B11"),
                is_behind: false,
                ..this.asking(check.method.clone(), check.reading)
            };
            let alone = observe((check.app)(alone.clone()), alone, &asking).await;
            let asking = Asking {
                is_behind: true,
                ..asking
            };
            let behind = observe(wrapped, behind, &asking);
            match tokio::time::timeout(this.deadline, behind).await {
                Ok(behind) => behind.difference(&alone).map_or(Ok(()), Err),
                Err(_) => Err(format!("no end within {:?}", this.deadline)),
            }
        };
        let limit = self.deadline * 2;
        match own_thread::run(check.name, limit, comparing).await {
            Ok(Ok(())) => CaseOutcome::Passed,
            Ok(Err(message)) | Err(message) => CaseOutcome::Failed(message),
        }
    }

    fn asking(&self, method: Method, reading: Reading) -> Asking<'_> {
        Asking {
            method,
            reading,
            sends: &self.sends,
            adds: &self.adds,
            trailers: false,
            buffers: self.buffers || self.decoder.is_some(),
            decoder: self.decoder.as_ref(),
            is_behind: true,
        }
    }

    /// RFC 9110 section 9.3.2: HEAD may leave the length out. It says no other one than GET.
    async fn compare_head_and_get<A: App>(&self, wrap: &impl Fn(BoxApp) -> A) -> Row {
        let name = "b6_head_says_the_length_of_get_or_none";
        let mut outcome = CaseOutcome::Passed;
        for app in [bodies::long_text, bodies::declared_text] {
            let wrapped = || {
                let probe = Probe::default();
                (wrap(app(probe.clone())).boxed(), probe)
            };
            let ((of_head, head_probe), (of_get, get_probe)) = (wrapped(), wrapped());
            let this = self.clone();
            let comparing = async move {
                let head = this.asking(Method::HEAD, Reading::All);
                let head = observe(of_head, head_probe, &head).await;
                let get = this.asking(Method::GET, Reading::All);
                let get = observe(of_get, get_probe, &get).await;
                head.agrees_with_get(&get)
            };
            let run = own_thread::run(name, self.deadline * 2, comparing).await;
            if let Err(message) = run.and_then(|compared| compared) {
                outcome = CaseOutcome::Failed(message);
            }
        }
        Row {
            name,
            clauses: &["M1", "B6"],
            via: Via::InProcess,
            needs: Vec::new(),
            outcome,
        }
    }
}
