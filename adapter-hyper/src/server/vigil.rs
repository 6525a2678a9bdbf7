//! `Vigil`: watches one connection, and decides when it must end.

use std::time::Duration;

use tokio::time::Instant;

use super::activity::Activity;
use super::limits::ConnectionLimits;

/// How long a connection without an exchange may last once it must end.
pub(super) const GRACE: Duration = Duration::from_millis(500);
/// How long a client may take to read what is left before an abort, while nothing else progresses.
const ABORT_GRACE: Duration = Duration::from_secs(1);
/// The longest and the shortest time between two looks.
const MAX_PAUSE: Duration = Duration::from_secs(15);
const MIN_PAUSE: Duration = Duration::from_millis(10);

/// The state of a connection at the last look.
pub(super) struct Vigil {
    limits: ConnectionLimits,
    exchanged: Since,
    written: Since,
    /// Since when it must end.
    ending: Option<Instant>,
    is_told: bool,
    /// Since when a response is aborted, and hyper may not ask for its error.
    aborted: Option<Instant>,
}

/// A count, and since when it is unchanged.
struct Since {
    count: u32,
    at: Instant,
}

impl Since {
    fn quiet(&mut self, count: u32, now: Instant) -> Duration {
        if count != self.count {
            *self = Self { count, at: now };
        }
        self.lasts(now)
    }

    fn lasts(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.at)
    }
}

/// True if the client has everything, and its next request has not come: on HTTP/1, where a connection
/// without a head is of no use.
fn waits_for_head(activity: &Activity) -> bool {
    activity.is_idle() && !activity.is_writing() && !activity.is_http2()
}

/// The decision about a connection.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    GoesOn,
    /// No further exchange; those in flight may end.
    EndsGracefully,
    Ends(&'static str),
}

impl Vigil {
    pub(super) fn new(limits: ConnectionLimits, now: Instant) -> Self {
        let since = || Since { count: 0, at: now };
        Self {
            limits,
            exchanged: since(),
            written: since(),
            ending: None,
            is_told: false,
            aborted: None,
        }
    }

    /// The time until the next look. A limit is exceeded by a quarter of it at most.
    pub(super) fn pause(&self, activity: &Activity, now: Instant) -> Duration {
        let limits = &self.limits;
        let mut pause = limits.write_timeout.min(limits.http2_idle_timeout);
        if !activity.is_http2() {
            pause = pause.min(limits.header_read_timeout);
        }
        if self.ending.is_some() || self.aborted.is_some() {
            pause = pause.min(GRACE);
        }
        let mut pause = pause / 4;
        if waits_for_head(activity) {
            let quiet = self.exchanged.lasts(now).min(self.written.lasts(now));
            pause = pause.min(limits.header_read_timeout.saturating_sub(quiet));
        }
        pause.clamp(MIN_PAUSE, MAX_PAUSE)
    }

    /// How long nothing may be written, or progress. Less after an abort (B8): on HTTP/1 none at all once
    /// the client had its time; on HTTP/2 the other streams may go on.
    fn write_limit(&mut self, activity: &Activity, quiet: Duration, now: Instant) -> Duration {
        if activity.take_aborted() {
            self.aborted.get_or_insert(now);
        }
        let Some(since) = self.aborted else {
            return self.limits.write_timeout;
        };
        let aborted = now.saturating_duration_since(since);
        let progresses = activity.is_http2() && quiet < aborted;
        if activity.is_idle() || progresses {
            self.aborted = None;
            return self.limits.write_timeout;
        }
        if !activity.is_http2() && aborted >= ABORT_GRACE {
            return Duration::ZERO;
        }
        self.limits.write_timeout.min(ABORT_GRACE)
    }

    pub(super) fn judge(&mut self, activity: &Activity, now: Instant) -> Verdict {
        let (exchanged, written) = activity.counts();
        let unchanged = self.exchanged.quiet(exchanged, now);
        let unwritten = self.written.quiet(written, now);
        // U11: a client may leave a switched stream unread for as long as it likes.
        let is_held = !activity.has_tunnels();
        let limit = self.write_limit(activity, unchanged.min(unwritten), now);
        if is_held && activity.is_writing() && unwritten >= limit {
            return Verdict::Ends("the client does not read");
        }
        if activity.waits_for_client() && unchanged.min(unwritten) >= limit {
            return Verdict::Ends("none of its exchanges makes progress");
        }
        if waits_for_head(activity) && unchanged.min(unwritten) >= self.limits.header_read_timeout {
            return Verdict::Ends("no request has come in time");
        }
        let is_idle = activity.is_idle();
        let is_idle_for_long =
            activity.is_http2() && is_idle && unchanged >= self.limits.http2_idle_timeout;
        // On HTTP/1 the head of the last response ends the connection.
        let is_used_up = activity.is_http2() && activity.is_used_up();
        if activity.is_ending() || is_used_up || is_idle_for_long {
            self.ending.get_or_insert(now);
        }
        let Some(since) = self.ending else {
            return Verdict::GoesOn;
        };
        // A connection that was not used yet may have its first request under way, and hyper would
        // close it unread. HTTP/2 can tell the client what was not read.
        if !self.is_told && (activity.has_begun() || activity.is_http2()) {
            self.is_told = true;
            return Verdict::EndsGracefully;
        }
        let ended = now.saturating_duration_since(since);
        let is_over = is_idle && !activity.is_writing();
        if is_over && ended.min(unchanged).min(unwritten) >= GRACE {
            return Verdict::Ends("it is idle");
        }
        Verdict::GoesOn
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::Wake as _;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn watched() -> (Arc<Activity>, Vigil, Instant) {
        let limits = ConnectionLimits {
            header_read_timeout: SECOND * 2,
            write_timeout: SECOND * 4,
            http2_idle_timeout: SECOND * 8,
            ..ConnectionLimits::default()
        };
        let now = Instant::now();
        (Arc::default(), Vigil::new(limits, now), now)
    }

    #[test]
    fn l3_a_request_that_does_not_come_in_time_ends_an_http_1_connection() {
        let (activity, mut vigil, begin) = watched();
        assert_eq!(vigil.judge(&activity, begin + SECOND), Verdict::GoesOn);
        assert_eq!(vigil.pause(&activity, begin + SECOND), SECOND / 2);
        // The last look is on time.
        let late = begin + SECOND * 7 / 4;
        assert_eq!(vigil.judge(&activity, late), Verdict::GoesOn);
        assert_eq!(vigil.pause(&activity, late), SECOND / 4);
        let exchange = activity.begin();
        let later = begin + SECOND * 3;
        assert_eq!(vigil.judge(&activity, later), Verdict::GoesOn);
        drop(exchange);
        // What the client has not read has a limit of its own.
        activity.writes();
        activity.waits_to_write();
        assert_eq!(vigil.judge(&activity, later), Verdict::GoesOn);
        let later = later + SECOND * 3;
        assert_eq!(vigil.judge(&activity, later), Verdict::GoesOn);
        activity.writes();
        assert_eq!(vigil.judge(&activity, later), Verdict::GoesOn);
        assert_eq!(
            vigil.judge(&activity, later + SECOND * 2),
            Verdict::Ends("no request has come in time")
        );
        let (activity, mut vigil, begin) = watched();
        activity.speaks_http2();
        let verdict = vigil.judge(&activity, begin + SECOND * 2);
        assert_eq!(verdict, Verdict::GoesOn);
    }

    #[test]
    fn l3_slow_is_not_stalled() {
        let (activity, mut vigil, begin) = watched();
        let mut exchange = activity.begin();
        for second in 1..60 {
            if second % 3 == 0 {
                exchange.set_at_work(false);
            }
            let now = begin + SECOND * second;
            assert_eq!(vigil.judge(&activity, now), Verdict::GoesOn);
        }
        // The last step was three seconds ago.
        let now = begin + SECOND * 61;
        assert!(matches!(vigil.judge(&activity, now), Verdict::Ends(_)));
    }

    #[test]
    fn l3_an_app_at_work_is_waited_for() {
        let (activity, mut vigil, begin) = watched();
        activity.speaks_http2();
        let mut stalled = activity.begin();
        stalled.set_at_work(false);
        let _at_work = activity.begin();
        for second in 1..60 {
            let now = begin + SECOND * second;
            assert_eq!(vigil.judge(&activity, now), Verdict::GoesOn);
        }
    }

    #[test]
    fn l3_bytes_that_wait_for_the_client_end_the_connection() {
        let (activity, mut vigil, begin) = watched();
        activity.waits_to_write();
        assert_eq!(vigil.judge(&activity, begin + SECOND), Verdict::GoesOn);
        activity.writes();
        activity.waits_to_write();
        assert_eq!(vigil.judge(&activity, begin + SECOND * 3), Verdict::GoesOn);
        assert_eq!(vigil.judge(&activity, begin + SECOND * 6), Verdict::GoesOn);
        let now = begin + SECOND * 7;
        assert!(matches!(vigil.judge(&activity, now), Verdict::Ends(_)));
    }

    #[test]
    fn b8_an_abort_ends_a_connection_that_makes_no_progress() {
        for is_http2 in [false, true] {
            let (activity, mut vigil, begin) = watched();
            if is_http2 {
                activity.speaks_http2();
            }
            let mut exchange = activity.begin();
            exchange.set_at_work(false);
            assert_eq!(vigil.judge(&activity, begin), Verdict::GoesOn);
            activity.wake_by_ref();
            let aborted = begin + SECOND / 2;
            assert_eq!(vigil.judge(&activity, aborted), Verdict::GoesOn);
            assert!(vigil.pause(&activity, aborted) < SECOND / 2);
            let verdict = vigil.judge(&activity, aborted + SECOND);
            assert!(matches!(verdict, Verdict::Ends(_)), "{is_http2}");
        }
    }

    #[test]
    fn b8_an_abort_over_http_1_ends_what_is_read_too_slowly() {
        let (activity, mut vigil, begin) = watched();
        let mut exchange = activity.begin();
        exchange.set_at_work(false);
        activity.wake_by_ref();
        assert_eq!(vigil.judge(&activity, begin), Verdict::GoesOn);
        activity.writes();
        let verdict = vigil.judge(&activity, begin + SECOND);
        assert!(matches!(verdict, Verdict::Ends(_)));
    }

    #[test]
    fn b8_an_abort_over_http_2_does_not_end_what_other_streams_do() {
        let (activity, mut vigil, begin) = watched();
        activity.speaks_http2();
        let mut stalled = activity.begin();
        stalled.set_at_work(false);
        let mut other = activity.begin();
        other.set_at_work(false);
        activity.wake_by_ref();
        assert_eq!(vigil.judge(&activity, begin), Verdict::GoesOn);
        other.set_at_work(false);
        let later = begin + SECOND / 2;
        assert_eq!(vigil.judge(&activity, later), Verdict::GoesOn);
        // The limit is that of all connections again.
        assert_eq!(vigil.judge(&activity, later + SECOND * 3), Verdict::GoesOn);
        let verdict = vigil.judge(&activity, later + SECOND * 4);
        assert!(matches!(verdict, Verdict::Ends(_)));
    }

    #[test]
    fn an_idle_http_2_connection_is_told_before_it_ends() {
        let (activity, mut vigil, begin) = watched();
        activity.speaks_http2();
        drop(activity.begin());
        assert_eq!(vigil.judge(&activity, begin), Verdict::GoesOn);
        // A ping was answered, which is not a request.
        activity.writes();
        assert_eq!(vigil.judge(&activity, begin + SECOND * 7), Verdict::GoesOn);
        let told = begin + SECOND * 8;
        assert_eq!(vigil.judge(&activity, told), Verdict::EndsGracefully);
        assert_eq!(vigil.judge(&activity, told), Verdict::GoesOn);
        let verdict = vigil.judge(&activity, told + SECOND);
        assert!(matches!(verdict, Verdict::Ends(_)));
    }

    #[test]
    fn l4_a_first_request_that_is_under_way_is_waited_for() {
        let (activity, mut vigil, begin) = watched();
        activity.end();
        assert_eq!(vigil.judge(&activity, begin), Verdict::GoesOn);
        let exchange = activity.begin();
        assert!(exchange.closes_connection());
        let late = begin + SECOND * 3;
        assert_eq!(vigil.judge(&activity, late), Verdict::EndsGracefully);
        assert_eq!(vigil.judge(&activity, late + SECOND), Verdict::GoesOn);
        drop(exchange);
        let verdict = vigil.judge(&activity, late + SECOND * 2);
        assert_eq!(verdict, Verdict::GoesOn);
        let verdict = vigil.judge(&activity, late + SECOND * 3);
        assert!(matches!(verdict, Verdict::Ends(_)));
    }
}
