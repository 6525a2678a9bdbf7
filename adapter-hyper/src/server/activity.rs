//! `Activity`: what the transport, the service and the bodies of one connection report to its
//! `Vigil`.

use std::future::poll_fn;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Wake;

use gateway_server::log_panic;
use hyper::upgrade::OnUpgrade;
use tokio::task::JoinSet;

use super::alarm::Alarm;

/// What the transport, the service and the bodies of one connection report. Nothing here reads a
/// clock: the vigil compares counts at two times.
#[derive(Debug, Default)]
pub(super) struct Activity {
    max_requests: Option<NonZeroU32>,
    requests: AtomicU32,
    open: OpenExchanges,
    exchanged: Steps,
    written: Steps,
    has_begun: AtomicBool,
    is_writing: AtomicBool,
    is_http2: AtomicBool,
    is_ending: AtomicBool,
    /// Of a request that has offered a switch, which the app declined.
    upgrade: Mutex<Option<OnUpgrade>>,
    is_tunnel: AtomicBool,
    tunnels: Mutex<JoinSet<()>>,
    is_aborted: AtomicBool,
    alarm: Arc<Alarm>,
}

/// A number that changes with each step. Two steps at the same time may count as one, which is enough to see
/// that there was one. So a step is a load and a store.
#[derive(Debug, Default)]
struct Steps(AtomicU32);

impl Steps {
    fn step(&self) {
        self.0.store(self.0.load(Relaxed).wrapping_add(1), Relaxed);
    }

    fn count(&self) -> u32 {
        self.0.load(Relaxed)
    }
}

/// Counts the exchanges that are open, and those of them that wait for the app and not for the client, in
/// one number: a begin, or an end, is one atomic operation.
#[derive(Debug, Default)]
struct OpenExchanges(AtomicU64);

const OPEN: u64 = 1 << 32;
const AT_WORK: u64 = 1;

impl OpenExchanges {
    fn add(&self, counts: u64) {
        self.0.fetch_add(counts, Relaxed);
    }

    fn subtract(&self, counts: u64) {
        self.0.fetch_sub(counts, Relaxed);
    }

    fn is_none(&self) -> bool {
        self.0.load(Relaxed) < OPEN
    }

    /// True if there are some, and all of them wait for the client.
    fn wait_for_client(&self) -> bool {
        let counts = self.0.load(Relaxed);
        counts >= OPEN && counts & (OPEN - 1) == 0
    }
}

/// Woken when a response is aborted, whether or not hyper polls its body.
impl Wake for Activity {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_aborted.store(true, Relaxed);
        self.alarm.ring();
    }
}

impl Activity {
    pub(super) fn new(max_requests: Option<NonZeroU32>) -> Self {
        Self {
            max_requests,
            ..Self::default()
        }
    }

    /// What wakes the connection's task for a look.
    pub(super) fn alarm(&self) -> &Arc<Alarm> {
        &self.alarm
    }

    /// An exchange begins. It ends when the returned value is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> Exchange {
        self.open.add(OPEN + AT_WORK);
        self.has_begun.store(true, Relaxed);
        if self.max_requests.is_some() {
            self.requests.fetch_add(1, Relaxed);
            // On HTTP/1 the head of the last response ends the connection.
            if self.is_http2() && self.is_used_up() {
                self.alarm.ring();
            }
        }
        self.exchanged.step();
        Exchange {
            activity: self.clone(),
            is_at_work: true,
        }
    }

    /// Bytes were sent to the client, or came from one while its connection lingers.
    pub(super) fn writes(&self) {
        self.written.step();
        self.is_writing.store(false, Relaxed);
    }

    /// Bytes wait for the client.
    pub(super) fn waits_to_write(&self) {
        self.is_writing.store(true, Relaxed);
    }

    pub(super) fn speaks_http2(&self) {
        self.is_http2.store(true, Relaxed);
    }

    /// The server is shutting down: a response closes its connection.
    pub(super) fn end(&self) {
        self.is_ending.store(true, Relaxed);
    }

    /// True if the connection has had all the requests that it may have.
    pub(super) fn is_used_up(&self) -> bool {
        self.max_requests
            .is_some_and(|most| self.requests.load(Relaxed) >= most.get())
    }

    /// True if a response was aborted, and nobody has asked since.
    pub(super) fn take_aborted(&self) -> bool {
        self.is_aborted.swap(false, Relaxed)
    }

    /// Keeps the right to the bare connection. If a client has offered a switch, hyper does not
    /// shut its connection down.
    pub(super) fn keep_upgrade(&self, upgrade: OnUpgrade) {
        *self.upgrade.lock().unwrap_or_else(PoisonError::into_inner) = Some(upgrade);
    }

    pub(super) fn take_upgrade(&self) -> Option<OnUpgrade> {
        let mut upgrade = self.upgrade.lock().unwrap_or_else(PoisonError::into_inner);
        upgrade.take()
    }

    /// Runs the app's part of a switch.
    pub(super) fn run(&self, tunnel: impl Future<Output = ()> + Send + 'static) {
        let mut tunnels = self.tunnels();
        reap(&mut tunnels);
        tunnels.spawn(tunnel);
    }

    pub(super) fn has_tunnels(&self) -> bool {
        let mut tunnels = self.tunnels();
        reap(&mut tunnels);
        !tunnels.is_empty()
    }

    /// Waits for the tunnels to end.
    pub(super) async fn join_tunnels(&self) {
        while let Some(ended) = poll_fn(|cx| self.tunnels().poll_join_next(cx)).await {
            log_panic(ended);
        }
    }

    /// Cuts the tunnels.
    pub(super) fn cut_tunnels(&self) {
        self.tunnels().abort_all();
    }

    fn tunnels(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.tunnels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets whether the bytes of the transport belong to a tunnel.
    pub(super) fn set_tunnel(&self, is_tunnel: bool) {
        self.is_tunnel.store(is_tunnel, Relaxed);
    }

    pub(super) fn is_tunnel(&self) -> bool {
        self.is_tunnel.load(Relaxed)
    }

    /// True if no exchange is open.
    pub(super) fn is_idle(&self) -> bool {
        self.open.is_none()
    }

    /// True if there are exchanges, and all of them wait for the client to read.
    pub(super) fn waits_for_client(&self) -> bool {
        self.open.wait_for_client()
    }

    pub(super) fn is_writing(&self) -> bool {
        self.is_writing.load(Relaxed)
    }

    pub(super) fn is_http2(&self) -> bool {
        self.is_http2.load(Relaxed)
    }

    pub(super) fn has_begun(&self) -> bool {
        self.has_begun.load(Relaxed)
    }

    pub(super) fn is_ending(&self) -> bool {
        self.is_ending.load(Relaxed)
    }

    /// Counts that change with each step of an exchange, and with each write.
    pub(super) fn counts(&self) -> (u32, u32) {
        (self.exchanged.count(), self.written.count())
    }
}

/// Removes the tunnels that have ended: an HTTP/2 connection may have many, one after another.
fn reap(tunnels: &mut JoinSet<()>) {
    while let Some(ended) = tunnels.try_join_next() {
        log_panic(ended);
    }
}

/// One exchange of a connection, from its head to the last byte of its body.
#[derive(Debug)]
pub(super) struct Exchange {
    activity: Arc<Activity>,
    is_at_work: bool,
}

impl Exchange {
    /// Sets who must act next: the app, or the client, who reads.
    pub(super) fn set_at_work(&mut self, is_at_work: bool) {
        if is_at_work != self.is_at_work {
            self.is_at_work = is_at_work;
            if is_at_work {
                self.activity.open.add(AT_WORK);
            } else {
                self.activity.open.subtract(AT_WORK);
            }
        }
        self.activity.exchanged.step();
    }

    pub(super) fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }

    pub(super) fn closes_connection(&self) -> bool {
        self.activity.is_ending() || self.activity.is_used_up()
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let at_work = if self.is_at_work { AT_WORK } else { 0 };
        self.activity.open.subtract(OPEN + at_work);
        self.activity.exchanged.step();
    }
}
