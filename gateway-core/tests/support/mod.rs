//! What the tests share: an exchange polled by hand, and the log it leaves.
//!
//! Nothing here sleeps or has a runtime: a future is polled again only when somebody woke it, so
//! that a lost wakeup fails a test instead of hanging it.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "each test file uses a part of it, and a helper that cannot go on fails its test"
)]

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use bytes::Bytes;
use gateway_core::{App, Body, Environ, Error, Gateway, Input, IntoInput, Outgoing};
use http::{HeaderMap, Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

/// A waker that counts.
pub(crate) struct Wakes {
    count: AtomicUsize,
    thread: Thread,
}

impl Wakes {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            count: AtomicUsize::new(0),
            thread: thread::current(),
        })
    }

    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.count.fetch_add(1, Ordering::SeqCst);
        self.thread.unpark();
    }
}

/// A future polled by hand.
pub(crate) struct Poller<F> {
    future: Pin<Box<F>>,
    wakes: Arc<Wakes>,
}

impl<F: Future> Poller<F> {
    pub(crate) fn new(future: F) -> Self {
        Self {
            future: Box::pin(future),
            wakes: Wakes::new(),
        }
    }

    pub(crate) fn poll(&mut self) -> Poll<F::Output> {
        let waker = Waker::from(self.wakes.clone());
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    /// How often the future was woken so far.
    pub(crate) fn wakes(&self) -> usize {
        self.wakes.count()
    }

    pub(crate) fn assert_pending(&mut self) {
        assert!(self.poll().is_pending(), "expected nothing to be ready");
    }

    /// Polls to the end; being pending with no wake is a failure.
    pub(crate) fn finish(mut self) -> F::Output {
        for _ in 0..100_000 {
            let before = self.wakes();
            if let Poll::Ready(output) = self.poll() {
                return output;
            }
            assert!(self.wakes() > before, "pending, and nobody will wake it");
        }
        panic!("it never ends");
    }

    /// Polls to the end, waiting for other threads to wake it.
    pub(crate) fn block(mut self) -> F::Output {
        loop {
            let before = self.wakes();
            if let Poll::Ready(output) = self.poll() {
                return output;
            }
            while self.wakes() == before {
                thread::park();
            }
        }
    }
}

pub(crate) fn run<F: Future>(future: F) -> F::Output {
    Poller::new(future).finish()
}

/// What a body gives when it is polled.
type Item<B> = Option<Result<Frame<<B as HttpBody>::Data>, <B as HttpBody>::Error>>;

/// The frames of a body, polled by hand.
pub(crate) struct Frames<B> {
    body: Pin<Box<B>>,
    pub(crate) wakes: Arc<Wakes>,
}

impl<B: HttpBody> Frames<B> {
    pub(crate) fn new(body: B) -> Self {
        Self {
            body: Box::pin(body),
            wakes: Wakes::new(),
        }
    }

    pub(crate) fn poll(&mut self) -> Poll<Item<B>> {
        let waker = Waker::from(self.wakes.clone());
        self.body
            .as_mut()
            .poll_frame(&mut Context::from_waker(&waker))
    }

    /// Polls in the task of another future.
    pub(crate) fn poll_with(&mut self, cx: &mut Context<'_>) -> Poll<Item<B>> {
        self.body.as_mut().poll_frame(cx)
    }

    /// The next frame; being pending with no wake is a failure.
    pub(crate) fn next(&mut self) -> Item<B> {
        for _ in 0..100_000 {
            let before = self.wakes.count();
            if let Poll::Ready(frame) = self.poll() {
                return frame;
            }
            assert!(
                self.wakes.count() > before,
                "pending, and nobody will wake it"
            );
        }
        panic!("it never ends");
    }

    /// The next chunk of data.
    pub(crate) fn data(&mut self) -> B::Data
    where
        B::Error: std::fmt::Debug,
    {
        self.next()
            .expect("a frame")
            .expect("no error")
            .into_data()
            .unwrap_or_else(|_| panic!("a data frame"))
    }

    pub(crate) fn assert_pending(&mut self) {
        assert!(self.poll().is_pending(), "expected nothing to be ready");
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}

/// A response read to its end, as a host would.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The exact size that the body promised with the head.
    pub(crate) length: Option<u64>,
    /// Nothing follows the head.
    pub(crate) is_bodyless: bool,
    pub(crate) chunks: Vec<Bytes>,
    pub(crate) trailers: Option<HeaderMap>,
    pub(crate) error: Option<Error>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.chunks.concat()).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn lines(&self, name: &str) -> Vec<&str> {
        let lines = self.headers.get_all(name).iter();
        lines.map(|value| value.to_str().unwrap()).collect()
    }

    /// A 500 of which nothing of the app was sent.
    #[track_caller]
    pub(crate) fn assert_clean_500(&self) {
        assert_eq!(self.status, 500, "{self:?}");
        assert!(
            self.text()
                .contains("<title>500 Internal Server Error</title>"),
            "{self:?}"
        );
        assert!(self.error.is_none(), "{self:?}");
    }

    #[track_caller]
    pub(crate) fn assert_aborted(&self) {
        assert!(self.error.is_some(), "{self:?}");
    }
}

/// Reads a response to its end, and drops it.
pub(crate) fn read(response: Response<Outgoing>) -> Answer {
    let (parts, body) = response.into_parts();
    let mut frames = Frames::new(body);
    let mut answer = Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        length: frames.size_hint().exact(),
        is_bodyless: frames.is_end_stream(),
        chunks: Vec::new(),
        trailers: None,
        error: None,
    };
    while let Some(frame) = frames.next() {
        match frame {
            Err(error) => answer.error = Some(error),
            Ok(frame) => match frame.into_data() {
                Ok(data) => {
                    assert!(!data.is_empty(), "B2: an empty chunk reached the host");
                    answer.chunks.push(data);
                }
                Err(frame) => answer.trailers = frame.into_trailers().ok(),
            },
        }
    }
    assert!(
        !answer.is_bodyless || answer.chunks.is_empty(),
        "data behind the end: {answer:?}"
    );
    if let (Some(length), None) = (answer.length, &answer.error) {
        assert_eq!(length, answer.chunks.concat().len() as u64, "{answer:?}");
    }
    answer
}

/// One request through a gateway, with a pooled environ.
pub(crate) fn ask_gateway<A: App>(
    gateway: &Gateway<A>,
    request: Request<impl IntoInput>,
) -> Answer {
    read(run(gateway.handle(environ(gateway, request))))
}

pub(crate) fn environ<A: App>(gateway: &Gateway<A>, request: Request<impl IntoInput>) -> Environ {
    listen();
    let (parts, body) = request.into_parts();
    gateway.environ(parts, body.into_input())
}

/// One request through a gateway of its own.
pub(crate) fn ask(app: impl App, request: Request<impl IntoInput>) -> Answer {
    ask_gateway(&Gateway::new(app), request)
}

pub(crate) fn get(target: &str) -> Request<()> {
    Request::get(target).body(()).unwrap()
}

pub(crate) fn head(target: &str) -> Request<()> {
    Request::head(target).body(()).unwrap()
}

/// A body that plays frames, with a `Pending` (and a wake) for each `None`.
pub(crate) struct Script {
    pub(crate) frames: std::collections::VecDeque<Option<Result<Frame<Bytes>, Error>>>,
    pub(crate) hint: SizeHint,
    pub(crate) polls: Arc<AtomicUsize>,
}

impl Script {
    pub(crate) fn new(
        frames: impl IntoIterator<Item = Option<Result<Frame<Bytes>, Error>>>,
    ) -> Self {
        Self {
            frames: frames.into_iter().collect(),
            hint: SizeHint::default(),
            polls: Arc::default(),
        }
    }

    pub(crate) fn chunks(chunks: impl IntoIterator<Item = &'static str>) -> Self {
        Self::new(chunks.into_iter().map(data))
    }

    /// Promises a size, rightly or not.
    pub(crate) fn exact(mut self, length: u64) -> Self {
        self.hint = SizeHint::with_exact(length);
        self
    }

    pub(crate) fn body(self) -> Body {
        Body::new(self)
    }

    pub(crate) fn input(self) -> Input {
        Input::new(self)
    }
}

pub(crate) fn data(text: &'static str) -> Option<Result<Frame<Bytes>, Error>> {
    Some(Ok(Frame::data(Bytes::from_static(text.as_bytes()))))
}

pub(crate) fn trailers<const N: usize>(
    pairs: [(&'static str, &'static str); N],
) -> Option<Result<Frame<Bytes>, Error>> {
    let map = pairs
        .into_iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect();
    Some(Ok(Frame::trailers(map)))
}

pub(crate) fn failure(text: &'static str) -> Option<Result<Frame<Bytes>, Error>> {
    Some(Err(Error::msg(text)))
}

impl HttpBody for Script {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.polls.fetch_add(1, Ordering::SeqCst);
        match self.frames.pop_front() {
            Some(Some(frame)) => Poll::Ready(Some(frame)),
            Some(None) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            None => Poll::Ready(None),
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.hint
    }
}

/// A count to be raised by closures and destructors.
#[derive(Clone, Default)]
pub(crate) struct Counter(Arc<AtomicUsize>);

impl Counter {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Counts when it is dropped.
    pub(crate) fn on_drop(&self) -> OnDrop {
        OnDrop(self.clone())
    }
}

pub(crate) struct OnDrop(Counter);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.add();
    }
}

/// A future that is pending once, and wakes.
pub(crate) fn yield_now() -> impl Future<Output = ()> + Send {
    let mut yielded = false;
    std::future::poll_fn(move |cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}

/// The log lines of what `f` does on this thread.
pub(crate) fn logged<T>(f: impl FnOnce() -> T) -> (T, Log) {
    listen();
    LINES.replace(Some(Vec::new()));
    let output = f();
    let lines = LINES.take().unwrap();
    (output, Log(String::from_utf8(lines).unwrap()))
}

/// One subscriber for all threads: one of each test's own would race with the cached interest of
/// the others.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .with_ansi(false)
            .without_time()
            .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
            .with_writer(Lines)
            .finish()
            .init();
    });
}

thread_local! {
    static LINES: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

#[derive(Debug)]
pub(crate) struct Log(String);

impl Log {
    /// Warnings and errors: faults of the app.
    pub(crate) fn faults(&self) -> Vec<&str> {
        let lines = self.0.lines().map(str::trim_start);
        lines
            .filter(|line| line.starts_with("WARN") || line.starts_with("ERROR"))
            .collect()
    }

    /// There is one fault, of this clause, and it says `text`.
    #[track_caller]
    pub(crate) fn assert_one(&self, clause: &str, text: &str) {
        if !cfg!(feature = "tracing") {
            return;
        }
        let faults = self.faults();
        assert_eq!(faults.len(), 1, "{}", self.0);
        assert!(
            faults[0].contains(&format!("clause=\"{clause}\"")) && faults[0].contains(text),
            "expected {clause} and {text:?} in: {}",
            self.0
        );
    }

    /// There is a line of this clause that is no fault of the app, and it says `text`.
    #[track_caller]
    pub(crate) fn assert_said(&self, clause: &str, text: &str) {
        self.assert_no_fault();
        let clause = format!("clause=\"{clause}\"");
        let mut lines = self.0.lines();
        assert!(
            !cfg!(feature = "tracing")
                || lines.any(|line| line.contains(&clause) && line.contains(text)),
            "{}",
            self.0
        );
    }

    #[track_caller]
    pub(crate) fn assert_no_fault(&self) {
        assert!(self.faults().is_empty(), "{}", self.0);
    }
}

/// Writes to the log of the thread, if it keeps one.
struct Lines;

impl io::Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| {
            if let Some(lines) = lines {
                lines.extend_from_slice(line);
            }
        });
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}
