//! The states of a response's head: not started, started, committed. The rules are here; locks and
//! wakers are not.

use http::{HeaderMap, StatusCode};

use super::head::Head;
use crate::error::Error;
use crate::kept::keep_map;
use crate::start_error::StartError;

/// The head of a response, from the first start to the commit.
#[derive(Debug, Default)]
pub(super) struct State {
    phase: Phase,
    /// That of the start that has succeeded.
    head: Head,
    commits_early: bool,
    closes_connection: bool,
}

#[derive(Debug, Default)]
enum Phase {
    #[default]
    New,
    Started,
    /// A start was refused: only a restart can change that (S1).
    Refused(StartError),
    Committed,
    /// Started again after the commit: the response is aborted (S2).
    Aborted,
    /// Aborted after the commit by a middleware, with this error (B8).
    GivenUp(Error),
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
    /// Starts the response with a head that was checked, or refuses it with the error of the check.
    /// Leaves in `head` what is not used any more, to be dropped outside the lock.
    ///
    /// # Errors
    ///
    /// That of the check; or the response was started before: the first start is refused, too (S1),
    /// or the response is aborted (S2).
    #[inline]
    pub(super) fn start(
        &mut self,
        head: &mut Head,
        checked: Result<(), StartError>,
    ) -> Result<(), StartError> {
        if self.is_new() {
            return self.accept(head, checked);
        }
        Err(self.start_again(head))
    }

    /// Refuses a start after another one, and with it the first (S1), or aborts the response (S2).
    /// Leaves the head of the first in `head`, to be dropped outside the lock.
    #[cold]
    pub(super) fn start_again(&mut self, head: &mut Head) -> StartError {
        if self.is_committed() {
            return self.too_late();
        }
        std::mem::swap(&mut self.head, head);
        self.refuse(StartError::already_started());
        StartError::already_started()
    }

    /// Starts the response anew, as [`start`](Self::start) does. It replaces an earlier start.
    ///
    /// # Errors
    ///
    /// That of the check; or the head was committed: the response is aborted (S2).
    pub(super) fn restart(
        &mut self,
        head: &mut Head,
        checked: Result<(), StartError>,
    ) -> Result<(), StartError> {
        if self.abort_committed() {
            return Err(StartError::committed());
        }
        self.accept(head, checked)
    }

    /// After the commit: aborts the response, because it was started again (S2).
    pub(super) fn abort_committed(&mut self) -> bool {
        if matches!(self.phase, Phase::Committed) {
            self.phase = Phase::Aborted;
        }
        self.is_aborted()
    }

    #[inline]
    fn accept(
        &mut self,
        head: &mut Head,
        checked: Result<(), StartError>,
    ) -> Result<(), StartError> {
        match checked {
            Ok(()) => {
                // Moved twice, which costs less than to swap it word by word.
                let made = std::mem::take(head);
                let old = std::mem::replace(&mut self.head, made);
                // Empty, as `take` left it.
                std::mem::forget(std::mem::replace(head, old));
                self.phase = Phase::Started;
                Ok(())
            }
            Err(error) => {
                self.refuse(error.clone());
                Err(error)
            }
        }
    }

    /// Refuses the start: only a restart can change that.
    #[cold]
    pub(super) fn refuse(&mut self, error: StartError) {
        self.phase = Phase::Refused(error);
    }

    /// The error of a start that a restart has made stale. After the commit the response is aborted
    /// (S2).
    #[cold]
    pub(super) fn too_late(&mut self) -> StartError {
        if self.abort_committed() {
            return StartError::committed();
        }
        StartError::already_started()
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
            Phase::Started => Progress::Started {
                status: self.head.status,
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
            Phase::Started => {
                *status = self.head.status;
                // Swapped, not moved, so that no empty map must be dropped.
                std::mem::swap(headers, &mut self.head.headers);
                Ok(Committed {
                    declared: self.head.declared,
                    closes_connection: self.closes_connection,
                    is_observed: false,
                })
            }
            Phase::Refused(error) => Err(error),
            _ => Err(StartError::not_started()),
        }
    }

    /// Commits without the app's head: the driver responds with a page of its own. Takes the map of
    /// the head, which is cleared outside the lock.
    pub(super) fn commit_page(&mut self, headers: &mut HeaderMap) -> Committed {
        self.phase = Phase::Committed;
        std::mem::swap(headers, &mut self.head.headers);
        Committed {
            declared: None,
            closes_connection: self.closes_connection,
            is_observed: false,
        }
    }

    /// True if no start has succeeded so far: for the lint.
    #[cfg(feature = "lint")]
    pub(super) fn lacks_head(&self) -> bool {
        self.is_new()
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

    /// Resets a used state.
    #[inline]
    pub(super) fn reset(&mut self) {
        self.phase = Phase::New;
        self.commits_early = false;
        self.closes_connection = false;
        if self.head.headers.capacity() > 0 {
            keep_map(std::mem::take(&mut self.head.headers));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(state: &mut State) -> Result<(), StartError> {
        state.start(&mut Head::default(), Ok(()))
    }

    fn started() -> State {
        let mut state = State::default();
        start(&mut state).unwrap();
        state
    }

    fn commit(state: &mut State) -> Result<Committed, StartError> {
        let mut status = StatusCode::OK;
        state.commit(&mut status, &mut HeaderMap::new())
    }

    #[test]
    fn s1_a_second_start_refuses_both() {
        let mut state = State::default();
        let mut head = Head::default();
        head.headers.insert("x", http::HeaderValue::from(1));
        state.start(&mut head, Ok(())).unwrap();
        let mut second = Head::default();
        let error = state.start(&mut second, Ok(())).unwrap_err();
        assert_eq!(error.clause(), "S1");
        assert_eq!(second.headers["x"], "1", "dropped outside the lock");
        assert_eq!(start(&mut state).unwrap_err().clause(), "S1");
        assert_eq!(commit(&mut state).unwrap_err().clause(), "S1");
    }

    #[test]
    fn s1_a_head_that_was_refused_is_not_sent() {
        let mut state = State::default();
        let refused = Err(StartError::hook_panicked());
        assert!(state.start(&mut Head::default(), refused).is_err());
        assert_eq!(start(&mut state).unwrap_err().clause(), "S1");
        assert!(state.restart(&mut Head::default(), Ok(())).is_ok());
        assert!(commit(&mut state).is_ok());
    }

    #[test]
    fn s2_a_restart_replaces_before_the_commit_and_aborts_after_it() {
        let mut state = started();
        assert!(!state.abort_committed());
        let mut head = Head::new(StatusCode::NOT_FOUND, HeaderMap::new());
        state.restart(&mut head, Ok(())).unwrap();
        let mut status = StatusCode::OK;
        assert!(state.commit(&mut status, &mut HeaderMap::new()).is_ok());
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(!state.is_aborted());
        assert_eq!(start(&mut state).unwrap_err().clause(), "S2");
        assert!(state.is_aborted());
        let mut state = started();
        assert!(commit(&mut state).is_ok());
        let restarted = state.restart(&mut Head::default(), Ok(()));
        assert_eq!(restarted.unwrap_err().clause(), "S2");
        assert!(state.is_aborted());
    }

    #[test]
    fn s3_nothing_started_is_no_head() {
        let mut state = State::default();
        assert_eq!(commit(&mut state).unwrap_err().clause(), "S3");
    }

    #[test]
    fn l5_a_reset_forgets_everything() {
        let mut state = State::default();
        let mut head = Head::new(StatusCode::NOT_FOUND, HeaderMap::new());
        head.headers.insert("x", http::HeaderValue::from(1));
        head.declared = Some(3);
        state.start(&mut head, Ok(())).unwrap();
        state.commit_early();
        state.close_connection();
        state.reset();
        assert!(state.is_new() && !state.closes_connection && !state.commits_early);
        state.start(&mut Head::recycled(), Ok(())).unwrap();
        let mut status = StatusCode::NOT_FOUND;
        let mut headers = HeaderMap::new();
        let committed = state.commit(&mut status, &mut headers).unwrap();
        assert_eq!((status, committed.declared), (StatusCode::OK, None));
        assert!(headers.is_empty());
    }
}
