//! One call: what its Python objects share, on whatever thread they are used.

use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use bytes::Bytes;
use gateway_core::{Error, InputError, StartResponse};
use pyo3::create_exception;
use pyo3::exceptions::PyConnectionAbortedError;
use pyo3::prelude::*;
use tokio::sync::mpsc::error::TrySendError::{Closed, Full};
use tokio::sync::oneshot;

use crate::output::{Answer, Output, channel};

create_exception!(
    adapter_wsgi,
    ClientGone,
    PyConnectionAbortedError,
    "Nobody waits for the response any more."
);

/// So much is written for nobody, before a callable hears of it: to HEAD, say.
const DISCARDED: u64 = 1024 * 1024;

/// Nobody waits for more of the body.
#[derive(Debug)]
pub(crate) struct Gone;

/// What the objects of a call share. No lock is held while a thread waits for another, nor for the
/// interpreter.
pub(crate) struct Call {
    pub(crate) start_response: StartResponse,
    state: Mutex<State>,
}

struct State {
    output: Output,
    /// The Content-Length of the last start.
    declared: Option<u64>,
    /// Why the body must not go on.
    failure: Option<Error>,
    input_error: Option<InputError>,
    /// The response has no body, by its method or its status.
    is_bodiless: bool,
    discarded: u64,
}

impl Call {
    pub(crate) fn new(
        start_response: StartResponse,
        answer: oneshot::Sender<Answer>,
        is_head: bool,
    ) -> Self {
        let state = State {
            output: Output::Waiting(answer),
            declared: None,
            failure: None,
            input_error: None,
            is_bodiless: is_head,
            discarded: 0,
        };
        Self {
            start_response,
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of a head.
    pub(crate) fn started(&self, status: &str, length: Option<u64>) {
        let mut state = self.state();
        state.declared = length;
        state.is_bodiless |= ["204", "205", "304"]
            .iter()
            .any(|bodiless| status.starts_with(bodiless));
    }

    /// True if what is written for nobody is no matter: the client is there, and wants no body.
    pub(crate) fn may_discard(&self, length: usize) -> bool {
        let mut state = self.state();
        state.discarded = state.discarded.saturating_add(length as u64);
        state.is_bodiless && state.discarded <= DISCARDED
    }

    /// True if bytes have been handed over: the head may have gone out, or may go out at any moment.
    pub(crate) fn is_committed(&self) -> bool {
        !matches!(self.state().output, Output::Waiting(_))
    }

    /// True if nobody waits for the answer any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        match &self.state().output {
            Output::Waiting(answer) => answer.is_closed(),
            Output::Streaming(chunks) => chunks.is_closed(),
            Output::Complete | Output::Over => false,
        }
    }

    /// Resolves when nobody waits for the answer any more.
    pub(crate) async fn abandoned(&self) {
        let chunks = match &self.state().output {
            Output::Streaming(chunks) => Some(chunks.clone()),
            _ => None,
        };
        if let Some(chunks) = chunks {
            return chunks.closed().await;
        }
        poll_fn(|cx| match &mut self.state().output {
            Output::Waiting(answer) => answer.poll_closed(cx),
            _ => Poll::Pending,
        })
        .await;
    }

    /// Lets the response be aborted as soon as the callable gives more, or ends (S2).
    pub(crate) fn fail(&self, error: Error) {
        self.state().failure.get_or_insert(error);
    }

    /// Remembers why a read of the input failed, for the answer if the callable lets it pass.
    pub(crate) fn set_input_error(&self, error: InputError) {
        self.state().input_error = Some(error);
    }

    pub(crate) fn take_input_error(&self) -> Option<InputError> {
        self.state().input_error.take()
    }

    /// Answers with a whole body.
    pub(crate) fn answer(&self, body: Bytes) -> Result<(), Gone> {
        let mut state = self.state();
        match std::mem::replace(&mut state.output, Output::Complete) {
            Output::Waiting(answer) => {
                let answered = answer.send(whole(body, state.is_bodiless));
                answered.map_err(|_| Gone)
            }
            output => {
                state.output = output;
                Err(Gone)
            }
        }
    }

    /// Hands a chunk over, and waits until there is room for it; meanwhile the interpreter is free.
    pub(crate) fn hand_over(&self, py: Python<'_>, chunk: Bytes) -> Result<(), Gone> {
        let chunks = {
            let mut state = self.state();
            if state.failure.is_some() {
                return Err(Gone);
            }
            match std::mem::replace(&mut state.output, Output::Over) {
                Output::Waiting(answer) => {
                    // The client need not wait for what the callable does behind its last byte.
                    if state.declared == Some(chunk.len() as u64) {
                        state.output = Output::Complete;
                        return answer.send(Answer::Full(chunk)).map_err(|_| Gone);
                    }
                    let (chunks, receiver) = channel();
                    chunks.try_send(Ok(chunk)).map_err(|_| Gone)?;
                    answer.send(Answer::Stream(receiver)).map_err(|_| Gone)?;
                    state.output = Output::Streaming(chunks);
                    return Ok(());
                }
                Output::Streaming(chunks) => {
                    state.output = Output::Streaming(chunks.clone());
                    chunks
                }
                Output::Complete => {
                    drop(state);
                    // What the driver does with bytes that it sees.
                    let what = "the body has more bytes than it declared";
                    py.detach(|| tracing::warn!(target: "gateway", clause = "B5", "{what}"));
                    return Err(Gone);
                }
                Output::Over => return Err(Gone),
            }
        };
        match chunks.try_send(Ok(chunk)) {
            Ok(()) => Ok(()),
            Err(Full(chunk)) => py.detach(|| chunks.blocking_send(chunk)).map_err(|_| Gone),
            Err(Closed(_)) => Err(Gone),
        }
    }

    /// Ends the call. An error that comes too late for any answer is given back.
    pub(crate) fn finish(&self, py: Python<'_>, outcome: Result<(), Error>) -> Option<Error> {
        let (output, outcome, is_bodiless) = {
            let mut state = self.state();
            let output = std::mem::replace(&mut state.output, Output::Over);
            let failure = state.failure.take();
            (output, failure.map_or(outcome, Err), state.is_bodiless)
        };
        match (output, outcome) {
            (Output::Waiting(answer), outcome) => {
                let answered = answer.send(match outcome {
                    Ok(()) => whole(Bytes::new(), is_bodiless),
                    Err(error) => Answer::Failed(error),
                });
                match answered {
                    Err(Answer::Failed(error)) => Some(error),
                    _ => None,
                }
            }
            (Output::Streaming(chunks), Err(error)) => {
                let sent = py.detach(|| chunks.blocking_send(Err(error)));
                sent.err().and_then(|unsent| unsent.0.err())
            }
            (_, outcome) => outcome.err(),
        }
    }
}

/// A whole body. What a callable gives to HEAD says nothing of the length that GET would have (B6).
fn whole(body: Bytes, is_bodiless: bool) -> Answer {
    if is_bodiless && body.is_empty() {
        let (_, receiver) = channel();
        return Answer::Stream(receiver);
    }
    Answer::Full(body)
}
