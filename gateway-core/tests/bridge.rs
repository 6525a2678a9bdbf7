//! The bridge for hosts whose payload stays on one thread: who is woken when, polled by hand.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, wherever in it"
)]

mod support;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use futures_core::Stream;
use gateway_core::bridge::{self, Abandoned, Pump};
use gateway_core::{Input, InputError};

use support::Wakes;

/// What a client sends, piece by piece. `None` is the end.
#[derive(Clone, Default)]
struct Client(Rc<Wire>);

#[derive(Default)]
struct Wire {
    sent: RefCell<VecDeque<Option<io::Result<Bytes>>>>,
    polls: Cell<usize>,
    waker: Cell<Option<Waker>>,
}

impl Client {
    fn send(&self, piece: &'static str) {
        self.push(Some(Ok(Bytes::from(piece))));
    }

    fn end(&self) {
        self.push(None);
    }

    fn fail(&self) {
        self.push(Some(Err(io::Error::other("reset"))));
    }

    fn push(&self, piece: Option<io::Result<Bytes>>) {
        self.0.sent.borrow_mut().push_back(piece);
        if let Some(waker) = self.0.waker.take() {
            waker.wake();
        }
    }

    /// How often the payload was asked.
    fn polls(&self) -> usize {
        self.0.polls.get()
    }
}

impl Stream for Client {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.polls.set(self.0.polls.get() + 1);
        match self.0.sent.borrow_mut().pop_front() {
            Some(piece) => Poll::Ready(piece),
            None => {
                self.0.waker.set(Some(cx.waker().clone()));
                Poll::Pending
            }
        }
    }
}

/// A host's task: its waker counts, and an app's future is driven in it.
struct Task {
    wakes: Arc<Wakes>,
    pump: Pump<Client>,
}

impl Task {
    fn new(client: &Client) -> (Input, Self) {
        let (input, pump) = bridge::open(client.clone());
        let wakes = Wakes::new();
        (input, Self { wakes, pump })
    }

    fn drive<T>(&mut self, app: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
        let waker = Waker::from(self.wakes.clone());
        self.pump.drive(&mut Context::from_waker(&waker), app)
    }
}

/// A combinator with a waker of its own, which passes wakes on: what `select` and tungstenite do.
struct Foreign {
    wakes: AtomicUsize,
    outer: Waker,
}

impl Wake for Foreign {
    fn wake(self: Arc<Self>) {
        self.wakes.fetch_add(1, Ordering::SeqCst);
        self.outer.wake_by_ref();
    }
}

fn poll_chunk(input: &mut Input, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, InputError>>> {
    Pin::new(input).poll_next(cx)
}

#[track_caller]
fn chunk(polled: Poll<Option<Result<Bytes, InputError>>>) -> Bytes {
    match polled {
        Poll::Ready(Some(Ok(chunk))) => chunk,
        other => panic!("expected a chunk: {other:?}"),
    }
}

#[test]
fn b3_nothing_is_read_before_the_app_asks_nor_ahead_of_it() {
    let client = Client::default();
    client.send("a");
    client.send("b");
    let (mut input, mut task) = Task::new(&client);
    assert!(task.drive(|_| Poll::<()>::Pending).is_pending());
    assert_eq!(client.polls(), 0);
    let first = task.drive(|cx| poll_chunk(&mut input, cx));
    assert_eq!(chunk(first), "a");
    assert_eq!(client.polls(), 1);
    // A chunk that was read in the same turn needs no wake.
    assert_eq!(task.wakes.count(), 0);
}

#[test]
fn the_payload_wakes_the_task_when_the_app_waits_in_it() {
    let client = Client::default();
    let (mut input, mut task) = Task::new(&client);
    assert!(task.drive(|cx| poll_chunk(&mut input, cx)).is_pending());
    assert_eq!(task.wakes.count(), 0);
    client.send("late");
    assert_eq!(task.wakes.count(), 1);
    assert_eq!(chunk(task.drive(|cx| poll_chunk(&mut input, cx))), "late");
}

#[test]
fn a_reader_under_a_waker_of_its_own_does_not_make_the_task_spin() {
    let client = Client::default();
    let (mut input, mut task) = Task::new(&client);
    let foreign = Arc::new(Foreign {
        wakes: AtomicUsize::new(0),
        outer: Waker::from(task.wakes.clone()),
    });
    let mut polls = 0;
    let mut turn = |task: &mut Task| {
        polls += 1;
        // A waker that never equals the one before it, nor the task's.
        let fresh = Arc::new(Foreign {
            wakes: AtomicUsize::new(0),
            outer: Waker::from(foreign.clone()),
        });
        let waker = Waker::from(fresh);
        task.drive(|_| poll_chunk(&mut input, &mut Context::from_waker(&waker)))
    };
    // An executor: the task is polled once, and again as often as it was woken.
    let mut run = |task: &mut Task| {
        let mut seen = task.wakes.count();
        for _ in 0..100 {
            match turn(task) {
                Poll::Pending if task.wakes.count() == seen => return Poll::Pending,
                Poll::Pending => seen = task.wakes.count(),
                ready => return ready,
            }
        }
        panic!("the task spins");
    };
    for _ in 0..10 {
        assert!(run(&mut task).is_pending());
    }
    // The client is silent: nobody wakes anybody, however often the app looks.
    assert_eq!(task.wakes.count(), 0);
    client.send("a");
    assert_eq!(task.wakes.count(), 1);
    assert_eq!(chunk(run(&mut task)), "a");
    assert!(run(&mut task).is_pending());
    let woken = task.wakes.count();
    for _ in 0..10 {
        assert!(run(&mut task).is_pending());
    }
    assert_eq!(task.wakes.count(), woken);
    assert!(woken <= 3, "woken {woken} times for one chunk");
    assert!(polls <= 25, "polled {polls} times for one chunk");
}

#[test]
fn a_reader_elsewhere_wakes_the_task_once_for_each_wish() {
    let client = Client::default();
    let (mut input, mut task) = Task::new(&client);
    assert!(task.drive(|_| Poll::<()>::Pending).is_pending());
    let elsewhere = Wakes::new();
    let waker = Waker::from(elsewhere.clone());
    let mut cx = Context::from_waker(&waker);
    for _ in 0..5 {
        assert!(poll_chunk(&mut input, &mut cx).is_pending());
    }
    assert_eq!(task.wakes.count(), 1);
    assert!(task.drive(|_| Poll::<()>::Pending).is_pending());
    client.send("a");
    assert_eq!(task.wakes.count(), 2);
    assert_eq!(elsewhere.count(), 0);
    assert!(task.drive(|_| Poll::<()>::Pending).is_pending());
    assert_eq!(elsewhere.count(), 1);
    assert_eq!(chunk(poll_chunk(&mut input, &mut cx)), "a");
    // The next wish is a new one.
    assert!(poll_chunk(&mut input, &mut cx).is_pending());
    assert_eq!(task.wakes.count(), 3);
}

#[test]
fn a_reader_elsewhere_hears_of_the_end_and_of_an_error() {
    for fails in [false, true] {
        let client = Client::default();
        let (mut input, mut task) = Task::new(&client);
        let elsewhere = Wakes::new();
        let waker = Waker::from(elsewhere.clone());
        let mut cx = Context::from_waker(&waker);
        assert!(poll_chunk(&mut input, &mut cx).is_pending());
        assert!(task.drive(|_| Poll::<()>::Pending).is_pending());
        if fails {
            client.fail();
        } else {
            client.end();
        }
        assert!(task.drive(|_| Poll::<()>::Pending).is_pending());
        assert_eq!(elsewhere.count(), 1);
        match poll_chunk(&mut input, &mut cx) {
            Poll::Ready(None) => assert!(!fails),
            Poll::Ready(Some(Err(_))) => assert!(fails),
            other => panic!("expected the end or an error: {other:?}"),
        }
    }
}

#[test]
fn a_reader_in_this_task_under_a_waker_of_its_own_is_polled_once_for_a_chunk() {
    let client = Client::default();
    let (mut input, mut task) = Task::new(&client);
    let own = Arc::new(Foreign {
        wakes: AtomicUsize::new(0),
        outer: Waker::from(task.wakes.clone()),
    });
    let waker = Waker::from(own.clone());
    let mut polls = 0;
    let mut drive = |task: &mut Task| {
        task.drive(|_| {
            polls += 1;
            poll_chunk(&mut input, &mut Context::from_waker(&waker))
        })
    };
    assert!(drive(&mut task).is_pending());
    client.send("a");
    assert_eq!(task.wakes.count(), 1);
    assert_eq!(chunk(drive(&mut task)), "a");
    assert_eq!(polls, 2);
    assert_eq!(own.wakes.load(Ordering::SeqCst), 0);
    assert_eq!(task.wakes.count(), 1, "only the payload woke the task");
}

#[test]
fn b3_a_waiting_payload_is_asked_once_for_each_poll_of_the_task() {
    let client = Client::default();
    let (mut input, mut task) = Task::new(&client);
    for polls in 1..=3 {
        assert!(task.drive(|cx| poll_chunk(&mut input, cx)).is_pending());
        assert_eq!(client.polls(), polls);
    }
}

#[test]
fn a_wish_of_another_task_is_served_also_when_the_app_is_ready() {
    let client = Client::default();
    client.send("a");
    let (mut input, mut task) = Task::new(&client);
    let elsewhere = Wakes::new();
    let waker = Waker::from(elsewhere.clone());
    let mut cx = Context::from_waker(&waker);
    assert!(poll_chunk(&mut input, &mut cx).is_pending());
    assert!(task.drive(|_| Poll::Ready(())).is_ready());
    assert_eq!(elsewhere.count(), 1);
    assert_eq!(chunk(poll_chunk(&mut input, &mut cx)), "a");
}

#[test]
fn a_reader_in_this_task_is_woken_when_another_part_made_the_app_ready() {
    let client = Client::default();
    client.send("a");
    let (mut input, mut task) = Task::new(&client);
    let ready = task.drive(|cx| {
        assert!(poll_chunk(&mut input, cx).is_pending());
        Poll::Ready(())
    });
    assert!(ready.is_ready());
    assert_eq!(task.wakes.count(), 1);
    assert_eq!(chunk(task.drive(|cx| poll_chunk(&mut input, cx))), "a");
}

#[test]
fn i1_the_end_is_the_end_and_i3_an_error_is_an_error() {
    let client = Client::default();
    client.send("a");
    client.end();
    let (mut input, mut task) = Task::new(&client);
    assert_eq!(chunk(task.drive(|cx| poll_chunk(&mut input, cx))), "a");
    for _ in 0..2 {
        let end = task.drive(|cx| poll_chunk(&mut input, cx));
        assert!(matches!(end, Poll::Ready(None)), "{end:?}");
    }
    assert!(task.pump.is_over());

    let client = Client::default();
    client.fail();
    let (mut input, mut task) = Task::new(&client);
    let failed = task.drive(|cx| poll_chunk(&mut input, cx));
    assert!(matches!(failed, Poll::Ready(Some(Err(_)))), "{failed:?}");
    assert_eq!(client.polls(), 1);
}

#[test]
fn i3_a_reader_that_outlives_the_pump_is_woken_and_fails() {
    let client = Client::default();
    let (mut input, task) = Task::new(&client);
    let elsewhere = Wakes::new();
    let waker = Waker::from(elsewhere.clone());
    let mut cx = Context::from_waker(&waker);
    assert!(poll_chunk(&mut input, &mut cx).is_pending());
    assert!(task.pump.has_reader());
    drop(task);
    assert_eq!(elsewhere.count(), 1);
    let Poll::Ready(Some(Err(error))) = poll_chunk(&mut input, &mut cx) else {
        panic!("expected an error");
    };
    let source = std::error::Error::source(&error).unwrap();
    assert!(source.is::<Abandoned>(), "{source:?}");
}

#[test]
fn i5_an_unread_payload_is_drained_within_a_budget() {
    let waker = Waker::noop();
    let mut cx = Context::from_waker(waker);
    for (budget, is_drained) in [(4, true), (3, false)] {
        let client = Client::default();
        client.send("ab");
        client.send("");
        client.send("cd");
        client.end();
        let (input, mut task) = Task::new(&client);
        drop(input);
        assert!(!task.pump.has_reader());
        let mut left = budget;
        let drained = task.pump.poll_drain(&mut cx, &mut left);
        assert_eq!(drained, Poll::Ready(is_drained), "{budget}");
        assert_eq!(left, 0);
    }
    let client = Client::default();
    let (_input, mut task) = Task::new(&client);
    assert!(task.pump.poll_drain(&mut cx, &mut 1).is_pending());
}

#[test]
fn i1_a_payload_with_nothing_in_it_is_known_to_be_empty_after_a_read_ahead() {
    let mut cx = Context::from_waker(Waker::noop());
    let client = Client::default();
    let (_input, mut task) = Task::new(&client);
    task.pump.read_ahead(&mut cx);
    assert!(!task.pump.is_empty(), "nothing is known yet");
    client.end();
    task.pump.read_ahead(&mut cx);
    assert!(task.pump.is_empty());

    let client = Client::default();
    client.send("a");
    client.end();
    let (mut input, mut task) = Task::new(&client);
    task.pump.read_ahead(&mut cx);
    task.pump.read_ahead(&mut cx);
    assert_eq!(client.polls(), 1);
    assert!(!task.pump.is_empty());
    assert_eq!(chunk(task.drive(|cx| poll_chunk(&mut input, cx))), "a");
}

#[test]
fn a_payload_of_empty_chunks_lets_others_run() {
    let (mut input, mut pump) =
        bridge::open_fn(|_| Poll::Ready(Some(Ok::<_, io::Error>(Bytes::new()))));
    let wakes = Wakes::new();
    let waker = Waker::from(wakes.clone());
    let mut cx = Context::from_waker(&waker);
    let mut read = pin!(input.chunk());
    let polled = pump.drive(&mut cx, |cx| read.as_mut().poll(cx));
    assert!(polled.is_pending());
    assert_eq!(wakes.count(), 1);
}
