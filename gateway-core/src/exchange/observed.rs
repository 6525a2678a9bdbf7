//! The observers of one exchange, what they are told of its request (method, target, peer, start),
//! and the call when it ends.

use std::sync::Arc;
use std::time::Instant;

use http::StatusCode;

use crate::log;
use crate::observer::{Ended, Observer, Outcome, RequestSummary};
use crate::panicked::catch;

/// How many summaries an exchange keeps for later requests.
const KEPT: usize = 4;
/// A summary whose text takes more memory than this is not kept.
const KEPT_TEXT: usize = 2048;

/// An observer, and what it is told of the request.
pub(crate) struct Observation {
    pub(crate) observer: Option<Arc<dyn Observer>>,
    pub(crate) summary: RequestSummary,
}

/// The registered observers, in order. Entries after `used` are kept for later requests.
#[derive(Default)]
pub(super) struct Observations {
    entries: Vec<Observation>,
    used: usize,
    /// When the head was handed to the host.
    first_byte: Option<Instant>,
    /// The clause that explains the end.
    clause: Option<&'static str>,
}

impl Observations {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// An entry for one more observer; its summary has no text.
    pub(super) fn add(&mut self) -> &mut Observation {
        if self.used == self.entries.len() {
            self.entries.push(Observation {
                observer: None,
                summary: RequestSummary::empty(),
            });
        }
        let index = self.used;
        self.used += 1;
        &mut self.entries[index]
    }

    pub(super) fn first_byte(&mut self, at: Instant) {
        self.first_byte = Some(at);
    }

    pub(super) fn broke(&mut self, clause: Option<&'static str>) {
        self.clause = clause;
    }

    /// Tells every observer the outcome, and drops it.
    pub(super) fn tell(&mut self, status: Option<StatusCode>, body_bytes: u64, ended: Ended) {
        let outcome = &Outcome {
            status,
            body_bytes,
            ended,
            clause: self.clause,
            first_byte: self.first_byte,
            end: Instant::now(),
        };
        for entry in self.entries.iter_mut().take(self.used) {
            let Some(observer) = entry.observer.take() else {
                continue;
            };
            let summary = &entry.summary;
            if let Err(panicked) = catch(|| observer.observe(summary, outcome)) {
                log::error("B9", "an observer", &panicked);
            }
            if let Err(panicked) = catch(|| drop(observer)) {
                log::error("B9", "dropping an observer", &panicked);
            }
        }
    }

    /// Those that are registered.
    pub(super) fn observers(&self) -> Vec<Arc<dyn Observer>> {
        let entries = self.entries.iter().take(self.used);
        entries.filter_map(|entry| entry.observer.clone()).collect()
    }

    /// Forgets the request (L5). A few summaries keep their memory.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.clause = None;
        if self.entries.is_empty() {
            return;
        }
        self.first_byte = None;
        self.entries.truncate(KEPT);
        for Observation { observer, summary } in &mut self.entries {
            *observer = None;
            for text in [&mut summary.method, &mut summary.target] {
                text.clear();
                text.shrink_to(KEPT_TEXT);
            }
        }
        self.used = 0;
    }
}

/// Runs `log` in the scopes of observers, each in that of the one before. It runs exactly once, and
/// in the scope of each observer that calls it, whatever the others do.
pub(super) fn in_scopes(observers: &[Arc<dyn Observer>], log: &mut dyn FnMut()) {
    let Some((outer, inner)) = observers.split_first() else {
        return log();
    };
    let mut is_done = false;
    let mut log_once = || {
        if !std::mem::replace(&mut is_done, true) {
            in_scopes(inner, log);
        }
    };
    if let Err(panicked) = catch(|| outer.in_scope(&mut log_once)) {
        log::error("B9", "an observer", &panicked);
    }
    // The observer has not called it.
    log_once();
}
