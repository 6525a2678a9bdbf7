//! The states of a response's head: not started, started, committed. The rules are here; locks and
//! wakers are not.

use http::{HeaderMap, StatusCode};

use super::head::Head;
use crate::error::Error;
use crate::start_error::StartError;

/// The head of a response, from the first start to the commit.
#[derive(Debug, Default)]
pub(super) struct State {
    phase: Phase,
    /// Counts starts and restarts. A restart makes every earlier attempt stale.
    attempts: u32,
    commits_early: bool,
    closes_connection: bool,
    /// An empty head with room for headers: the next start fills it.
    spare: Option<Box<Head>>,
}

#[derive(Debug, Default)]
enum Phase {
    #[default]
    New,
    /// A start is in progress: hooks are running, and the attempt owns the head.
    Starting,
    Started(Box<Head>),
    /// A start was refused: only a restart can change that (S1).
    Refused(StartError),
    Committed,
    /// Started again after the commit: the response is aborted (S2).
    Aborted,
    /// Aborted after the commit by a middleware, with this error (B8).
    GivenUp(Error),
}

/// A start or restart in progress, with the head to fill.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) number: u32,
    pub(super) head: Box<Head>,
}

/// How far the head is, as the driver sees it while it waits.
#[derive(Debug)]
pub(crate) enum Progress {
    NotStarted,
    Started {
        status: StatusCode,
        commits_early: bool,
    },
    Refused(StartError),
}

/// What the driver learns at the commit, besides status and headers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Committed {
    /// The Content-Length that the app declared.
    pub(crate) declared: Option<u64>,
    pub(crate) closes_connection: bool,
    pub(crate) is_observed: bool,
}

impl State {
    /// Opens a start.
    ///
    /// # Errors
    ///
    /// When the response was started before: the first start is refused, too (S1), or the response
    /// is aborted (S2). The error carries the old head, so that it is dropped outside the lock.
    #[inline]
    pub(super) fn open(&mut self) -> Result<Attempt, (StartError, Option<Box<Head>>)> {
        match self.phase {
            Phase::New => Ok(self.attempt()),
            Phase::Committed | Phase::Aborted | Phase::GivenUp(_) => Err((self.too_late(), None)),
            _ => {
                let error = StartError::already_started();
                let refused = Phase::Refused(error.clone());
                match std::mem::replace(&mut self.phase, refused) {
                    Phase::Started(head) => Err((error, Some(head))),
                    _ => Err((error, None)),
                }
            }
        }
    }

    /// Opens a restart and returns the head that it replaces. `None` after the commit: the response
    /// is aborted (S2).
    pub(super) fn reopen(&mut self) -> Option<(Attempt, Option<Box<Head>>)> {
        if self.is_committed() {
            self.too_late();
            return None;
        }
        let replaced = match std::mem::take(&mut self.phase) {
            Phase::Started(head) => Some(head),
            _ => None,
        };
        Some((self.attempt(), replaced))
    }

    #[inline]
    fn attempt(&mut self) -> Attempt {
        self.phase = Phase::Starting;
        self.attempts = self.attempts.wrapping_add(1);
        Attempt {
            number: self.attempts,
            head: self.spare.take().unwrap_or_default(),
        }
    }

    /// True if an attempt is still valid when it ends. A second start, or a restart from another
    /// handle, makes it stale.
    #[inline]
    pub(super) fn expects(&self, number: u32) -> bool {
        self.attempts == number && matches!(self.phase, Phase::Starting)
    }

    /// Ends a [valid](Self::expects) attempt: its head will be sent.
    #[inline]
    pub(super) fn accept(&mut self, head: Box<Head>) {
        self.phase = Phase::Started(head);
    }

    /// Ends a [valid](Self::expects) attempt: its head is refused.
    pub(super) fn refuse(&mut self, error: StartError) {
        self.phase = Phase::Refused(error);
    }

    /// The error of a stale attempt. After the commit the response is aborted (S2).
    #[cold]
    pub(super) fn too_late(&mut self) -> StartError {
        if self.is_committed() {
            if !self.is_aborted() {
                self.phase = Phase::Aborted;
            }
            return StartError::committed();
        }
        StartError::already_started()
    }

    /// Keeps a head, which must be empty, for a later start.
    #[inline]
    pub(super) fn keep(&mut self, head: Box<Head>) {
        self.spare = Some(head);
    }

    #[inline]
    pub(super) fn spare_mut(&mut self) -> &mut Option<Box<Head>> {
        &mut self.spare
    }

    pub(super) fn commit_early(&mut self) {
        self.commits_early = true;
    }

    pub(super) fn close_connection(&mut self) {
        self.closes_connection = true;
    }

    pub(super) fn is_new(&self) -> bool {
        matches!(self.phase, Phase::New)
    }

    pub(super) fn is_committed(&self) -> bool {
        matches!(self.phase, Phase::Committed) || self.is_aborted()
    }

    pub(super) fn is_aborted(&self) -> bool {
        matches!(self.phase, Phase::Aborted | Phase::GivenUp(_))
    }

    /// Aborts the response with an error.
    ///
    /// # Errors
    ///
    /// The error, before the commit, and if the response is aborted already.
    pub(super) fn give_up(&mut self, error: Error) -> Result<(), Error> {
        match self.phase {
            Phase::Committed => {
                self.phase = Phase::GivenUp(error);
                Ok(())
            }
            _ => Err(error),
        }
    }

    /// Takes out why the response was aborted, if it was.
    pub(super) fn take_abort(&mut self) -> Option<Error> {
        match self.phase {
            Phase::Aborted => Some(StartError::committed().into()),
            Phase::GivenUp(_) => self.end(),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn progress(&self) -> Progress {
        match &self.phase {
            Phase::Refused(error) => Progress::Refused(error.clone()),
            Phase::Started(head) => Progress::Started {
                status: head.status,
                commits_early: self.commits_early,
            },
            // After the commit this is not called.
            _ => Progress::NotStarted,
        }
    }

    /// Commits: moves status and headers out; from now on a start aborts.
    ///
    /// # Errors
    ///
    /// When the app has not started the response, or the last start was refused (S1, S3).
    #[inline]
    pub(super) fn commit(
        &mut self,
        status: &mut StatusCode,
        headers: &mut HeaderMap,
    ) -> Result<Committed, StartError> {
        match std::mem::replace(&mut self.phase, Phase::Committed) {
            Phase::Started(mut head) => {
                *status = head.status;
                // Swapped, not moved, so that no empty map must be dropped.
                std::mem::swap(headers, &mut head.headers);
                let declared = head.declared.take();
                self.spare = Some(head);
                Ok(Committed {
                    declared,
                    closes_connection: self.closes_connection,
                    is_observed: false,
                })
            }
            Phase::Refused(error) => Err(error),
            _ => Err(StartError::not_started()),
        }
    }

    /// Commits without the app's head: the driver responds with a page of its own. Returns a map
    /// for the page's headers. It may hold those of the app, which are cleared outside the lock.
    pub(super) fn commit_page(&mut self, headers: &mut HeaderMap) -> Committed {
        if let Phase::Started(head) = std::mem::replace(&mut self.phase, Phase::Committed) {
            self.spare = Some(head);
        }
        if let Some(spare) = &mut self.spare {
            spare.declared = None;
            std::mem::swap(headers, &mut spare.headers);
        }
        Committed {
            declared: None,
            closes_connection: self.closes_connection,
            is_observed: false,
        }
    }

    /// True if no start has succeeded so far: for the lint.
    #[cfg(feature = "lint")]
    pub(super) fn lacks_head(&self) -> bool {
        matches!(self.phase, Phase::New | Phase::Starting)
    }

    /// The refused start that ended the exchange, or aborted it: for the lint.
    #[cfg(feature = "lint")]
    pub(super) fn refusal(&self) -> Option<StartError> {
        match &self.phase {
            Phase::Refused(error) => Some(error.clone()),
            Phase::Aborted => Some(StartError::committed()),
            _ => None,
        }
    }

    /// Ends the exchange: a start from a handle that outlives it is refused. Returns the error that
    /// aborted it, to be dropped outside the lock.
    pub(super) fn end(&mut self) -> Option<Error> {
        match std::mem::replace(&mut self.phase, Phase::Committed) {
            Phase::GivenUp(error) => Some(error),
            _ => None,
        }
    }

    /// Resets a used state. The spare head stays.
    #[inline]
    pub(super) fn reset(&mut self) {
        if let Phase::Started(head) = std::mem::take(&mut self.phase) {
            self.spare = Some(head);
        }
        self.commits_early = false;
        self.closes_connection = false;
        if let Some(head) = &mut self.spare {
            head.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started() -> State {
        let mut state = State::default();
        let attempt = state.open().unwrap();
        assert!(state.expects(attempt.number));
        state.accept(attempt.head);
        state
    }

    fn commit(state: &mut State) -> Result<Committed, StartError> {
        let mut status = StatusCode::OK;
        state.commit(&mut status, &mut HeaderMap::new())
    }

    #[test]
    fn s1_a_second_start_refuses_both() {
        let mut state = started();
        let (error, first) = state.open().unwrap_err();
        assert_eq!(error.clause(), "S1");
        assert!(first.is_some());
        assert_eq!(commit(&mut state).unwrap_err().clause(), "S1");
    }

    #[test]
    fn s2_a_restart_replaces_before_the_commit_and_aborts_after_it() {
        let mut state = started();
        let (attempt, replaced) = state.reopen().unwrap();
        assert!(replaced.is_some());
        state.accept(attempt.head);
        assert!(commit(&mut state).is_ok());
        assert!(state.reopen().is_none());
        assert!(state.is_aborted());
    }

    #[test]
    fn s2_a_restart_makes_an_earlier_attempt_stale() {
        let mut state = State::default();
        let first = state.open().unwrap();
        let (second, _) = state.reopen().unwrap();
        assert!(!state.expects(first.number));
        assert!(state.expects(second.number));
    }

    #[test]
    fn s3_nothing_started_is_no_head() {
        let mut state = State::default();
        assert_eq!(commit(&mut state).unwrap_err().clause(), "S3");
        let mut state = State::default();
        let _in_progress = state.open().unwrap();
        assert_eq!(commit(&mut state).unwrap_err().clause(), "S3");
    }

    #[test]
    fn l5_a_reset_forgets_everything_but_empty_room() {
        let mut state = State::default();
        let mut attempt = state.open().unwrap();
        attempt.head.status = StatusCode::NOT_FOUND;
        attempt.head.declared = Some(3);
        attempt.head.headers.insert("x", http::HeaderValue::from(1));
        state.accept(attempt.head);
        state.commit_early();
        state.close_connection();
        state.reset();
        assert!(state.is_new() && !state.closes_connection);
        let attempt = state.open().unwrap();
        assert_eq!(attempt.head.status, StatusCode::OK);
        assert!(attempt.head.headers.is_empty() && attempt.head.declared.is_none());
    }
}
