//! Gives the host one poll before a response is returned whose request body the app did not read.
//! In it the host drains what has arrived, or decides to close the connection (I5).

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::request_kind::RequestKind;
use crate::exchange::Exchange;

pin_project! {
    /// Returns the future's output. If the request's body was dropped unread by then, the host gets
    /// one turn first. In it, the host detects the drop, drains what has arrived or decides to
    /// close the connection, and says so in the head that it writes next (I5; RFC 9112 section
    /// 9.6).
    pub(super) struct GiveTurn<'a, F: Future> {
        #[pin]
        state: State<F>,
        // `None` if an unread body does not block the connection.
        exchange: Option<&'a Exchange>,
    }
}

// One enum, because an `async` block would have room for both.
pin_project! {
    #[project = StateProjection]
    enum State<F: Future> {
        Running { #[pin] future: F },
        Held { output: Option<F::Output> },
    }
}

impl<'a, F: Future> GiveTurn<'a, F> {
    #[inline]
    pub(super) fn before(future: F, exchange: &'a Exchange, kind: RequestKind) -> Self {
        Self {
            state: State::Running { future },
            exchange: kind.shares_connection().then_some(exchange),
        }
    }
}

impl<F: Future> Future for GiveTurn<'_, F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let output = match this.state.as_mut().project() {
            StateProjection::Running { future } => ready!(future.poll(cx)),
            StateProjection::Held { output } => {
                return output.take().map_or(Poll::Pending, Poll::Ready);
            }
        };
        if !this.exchange.is_some_and(Exchange::is_unread) {
            return Poll::Ready(output);
        }
        this.state.set(State::Held {
            output: Some(output),
        });
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Gives the host one turn.
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
