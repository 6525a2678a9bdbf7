//! Threads that are attached to the interpreter, and the queue before them.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use gateway_core::{Environ, StartResponse};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::output::Answer;

/// What CPython's own main thread has: deep recursion is an exception and not the end.
const STACK: usize = 8 * 1024 * 1024;

/// A request that waits for a thread.
pub(crate) struct Job {
    pub(crate) environ: Environ,
    pub(crate) start_response: StartResponse,
    pub(crate) answer: oneshot::Sender<Answer>,
    /// That of the host, where it has one: its request bodies may need the timers of it (L7).
    pub(crate) runtime: Option<Handle>,
}

/// The jobs of a pool, in the order in which they came.
pub(crate) struct Queue {
    state: Mutex<State>,
    ready: Condvar,
    idle: Condvar,
    bound: usize,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    running: usize,
    sleeping: usize,
    /// One was woken, and has not looked for a job yet.
    is_coming: bool,
    is_closed: bool,
}

impl State {
    /// True if a thread is to be woken for a job. One comes at a time, and wakes the next one if there
    /// is more: the thread that has the interpreter may have done all by then.
    fn calls(&mut self) -> bool {
        let calls = !self.jobs.is_empty() && self.sleeping > 0 && !self.is_coming;
        self.is_coming |= calls;
        calls
    }
}

/// What a thread finds.
pub(crate) enum Next {
    Job(Job),
    Nothing,
    Closed,
}

impl Queue {
    fn new(bound: usize) -> Self {
        Self {
            state: Mutex::default(),
            ready: Condvar::new(),
            idle: Condvar::new(),
            bound,
        }
    }

    /// No lock is held while a thread waits for the interpreter.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a job.
    ///
    /// # Errors
    ///
    /// Gives it back where the queue is full or closed.
    fn push(&self, job: Job) -> Result<(), Job> {
        let mut state = self.state();
        if state.jobs.len() >= self.bound {
            // Those whose clients have left need no thread.
            state.jobs.retain(|job| !job.answer.is_closed());
        }
        if state.is_closed || state.jobs.len() >= self.bound {
            return Err(job);
        }
        state.jobs.push_back(job);
        self.wake(state);
        Ok(())
    }

    fn wake(&self, mut state: MutexGuard<'_, State>) {
        if state.calls() {
            drop(state);
            self.ready.notify_one();
        }
    }

    /// The next job, without waiting. `has_come` says that the thread was waiting before.
    pub(crate) fn next(&self, has_come: bool) -> Next {
        let mut state = self.state();
        if has_come {
            state.is_coming = false;
        }
        match state.jobs.pop_front() {
            Some(job) => {
                state.running += 1;
                self.wake(state);
                Next::Job(job)
            }
            None if state.is_closed => Next::Closed,
            None => Next::Nothing,
        }
    }

    /// Waits until there may be a job, and takes none: a thread that waits for the interpreter must
    /// not have one in hand, while another is free to run it. True if it has slept.
    pub(crate) fn wait(&self) -> bool {
        let mut state = self.state();
        let mut has_slept = false;
        while state.jobs.is_empty() && !state.is_closed {
            if has_slept {
                // It was woken in vain.
                state.is_coming = false;
            }
            state.sleeping += 1;
            state = self
                .ready
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.sleeping -= 1;
            has_slept = true;
        }
        has_slept
    }

    /// Says that a job is done.
    pub(crate) fn done(&self) {
        let mut state = self.state();
        state.running -= 1;
        if state.running == 0 && state.jobs.is_empty() {
            self.idle.notify_all();
        }
    }

    fn close(&self) {
        self.state().is_closed = true;
        self.ready.notify_all();
    }

    /// Waits until no job is left, at most so long; true if none is.
    fn drained(&self, within: Duration) -> bool {
        let deadline = Instant::now() + within;
        let mut state = self.state();
        while state.running > 0 || !state.jobs.is_empty() {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else {
                return false;
            };
            let waited = self.idle.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

/// The threads. They end when the pool is dropped and its last job is done.
pub(crate) struct Pool {
    queue: Arc<Queue>,
}

impl Pool {
    /// Starts the threads; each runs `work`.
    ///
    /// # Errors
    ///
    /// When not one thread could be started.
    pub(crate) fn start(
        threads: usize,
        bound: usize,
        work: impl Fn(&Queue) + Clone + Send + 'static,
    ) -> io::Result<Self> {
        let queue = Arc::new(Queue::new(bound));
        for number in 0..threads.max(1) {
            let (queue, work) = (queue.clone(), work.clone());
            let thread = thread::Builder::new()
                .name(format!("wsgi-{number}"))
                .stack_size(STACK)
                .spawn(move || work(&queue));
            match thread {
                Ok(_) => {}
                Err(error) if number == 0 => return Err(error),
                Err(error) => {
                    tracing::warn!(target: "gateway", threads = number, "fewer threads: {error}");
                    break;
                }
            }
        }
        Ok(Self { queue })
    }

    pub(crate) fn push(&self, job: Job) -> Result<(), Job> {
        self.queue.push(job)
    }

    pub(crate) fn close(&self, within: Duration) -> bool {
        self.queue.close();
        self.queue.drained(within)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue.close();
    }
}
