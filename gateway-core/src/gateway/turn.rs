//! Lets the host run once before it gets a response, if the app did not read the body of the
//! request. The host then drains what has arrived, or decides to close the connection (I5).

use std::task::Poll;

use super::request_kind::RequestKind;
use crate::exchange::Exchange;

/// Gives the host one turn, if the request's body was dropped unread on a connection that other requests
/// share. In it, the host detects the drop, drains what has arrived or decides to close the connection, and
/// says so in the head that it writes next (I5; RFC 9112 section 9.6).
#[inline]
pub(super) fn give_one(exchange: &Exchange, kind: RequestKind) -> impl Future<Output = ()> + use<> {
    let mut is_due = kind.shares_connection() && exchange.is_unread();
    std::future::poll_fn(move |cx| {
        if !std::mem::replace(&mut is_due, false) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}
