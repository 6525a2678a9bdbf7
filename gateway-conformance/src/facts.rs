//! Facts that the apps of the suite note, and that the client reads.
//!
//! Much of what the clauses demand does not show in the response: that a body was closed, that a
//! start was refused at the call. The apps note such facts under the token of the run, which every
//! request carries, and the client reads them from `/_facts/`. This works for a server in another
//! process, too. The client can also note a fact, for which an app waits. So each side continues
//! when the other is ready, and nobody sleeps.
//!
//! It is public for servers whose responses to the cases are written by hand.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gateway_core::Environ;
use tokio::sync::Notify;

/// The request header that carries the token of the run.
pub const TOKEN: &str = "x-conformance-run";

/// How many runs are kept; the oldest is dropped first.
const KEPT_RUNS: usize = 4096;

/// How many facts a run may have, so that a faulty server cannot fill the memory.
const KEPT_FACTS: usize = 4096;

/// The response to a request below `/_facts/`, in JSON with a line end, or `None` if there is
/// nothing: `TOKEN`: the facts; `TOKEN/wait/FACT`: the same, after this one was noted;
/// `TOKEN/note/FACT`: notes it.
pub async fn answer(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').collect();
    let (token, order) = parts.split_first()?;
    let run = Run::new(token);
    match order {
        [] => {}
        ["wait", fact] => run.wait(fact).await,
        ["note", fact] => run.note(*fact),
        _ => return None,
    }
    Some(format!("{}\n", serde_json::Value::from(run.facts())))
}

static STORE: Mutex<Option<Store>> = Mutex::new(None);
static CHANGED: Notify = Notify::const_new();

#[derive(Default)]
struct Store {
    facts: HashMap<String, Vec<String>>,
    order: VecDeque<String>,
}

fn lock() -> MutexGuard<'static, Option<Store>> {
    STORE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One run of one case, with the facts of its app.
#[derive(Clone, Debug)]
pub struct Run(String);

impl Run {
    /// The run that this request belongs to.
    pub(crate) fn of(environ: &Environ) -> Self {
        Self(
            environ
                .header(TOKEN)
                .map(|token| token.to_string())
                .unwrap_or_default(),
        )
    }

    /// The run with this token.
    #[must_use]
    pub fn new(token: &str) -> Self {
        Self(token.to_owned())
    }

    /// Notes a fact.
    pub fn note(&self, fact: impl Into<String>) {
        let mut store = lock();
        let store = store.get_or_insert_default();
        if !store.facts.contains_key(&self.0) {
            store.order.push_back(self.0.clone());
            if store.order.len() > KEPT_RUNS
                && let Some(oldest) = store.order.pop_front()
            {
                store.facts.remove(&oldest);
            }
        }
        let facts = store.facts.entry(self.0.clone()).or_default();
        if facts.len() < KEPT_FACTS {
            facts.push(fact.into());
        }
        CHANGED.notify_waiters();
    }

    /// Every fact so far, in order.
    #[must_use]
    pub fn facts(&self) -> Vec<String> {
        let store = lock();
        let facts = store.as_ref().and_then(|store| store.facts.get(&self.0));
        facts.cloned().unwrap_or_default()
    }

    /// Waits until the fact was noted.
    pub async fn wait(&self, fact: &str) {
        loop {
            // Registered before the check, so that no note is missed.
            let changed = CHANGED.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.facts().iter().any(|noted| noted == fact) {
                return;
            }
            changed.await;
        }
    }

    /// A guard that notes the fact when it is dropped.
    #[must_use]
    pub fn on_drop(&self, fact: &'static str) -> OnDrop {
        OnDrop(self.clone(), fact)
    }
}

/// Notes a fact when it is dropped.
#[derive(Debug)]
pub struct OnDrop(Run, &'static str);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.note(self.1);
    }
}
