//! Lets the host run once before it gets a response, if the app did not read the body of the
//! request. The host then drains what has arrived, or decides to close the connection (I5).

use std::task::Poll;

/// Gives the host one turn. In it, the host detects that the request's body was dropped unread,
/// drains what has arrived or decides to close the connection, and says so in the head that it
/// writes next (I5; RFC 9112 section 9.6).
pub(super) fn give_one() -> impl Future<Output = ()> {
    let mut is_given = false;
    std::future::poll_fn(move |cx| {
        if std::mem::replace(&mut is_given, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}
