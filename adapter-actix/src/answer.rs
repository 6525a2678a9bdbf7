//! One request's way through the driver.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::dev::ServiceResponse;
use actix_web::{HttpRequest, HttpResponse};
use gateway_core::{App, Gateway, Outgoing};
use pin_project_lite::pin_project;

use crate::headers::Lease;
use crate::payload::{Drain, Pump, Pumped};
use crate::response::{Facts, response};

/// After so many turns between the app and the pump the exchange lets others run.
const TURNS: u32 = 32;

pin_project! {
    /// The future of a service. actix boxes it, so it is kept small: what is only needed while the
    /// request is taken apart is not part of it.
    #[project = AnswerProjection]
    pub(crate) enum Answer<A, F> {
        Driven {
            #[pin]
            driven: F,
            pump: Option<Pump>,
            // Behind the driver, which holds what is lent.
            lease: Option<Lease>,
            facts: Facts,
            gateway: Rc<Gateway<A>>,
            draining: Option<Box<Draining>>,
        },
        Refused {
            response: Option<ServiceResponse>,
        },
    }
}

/// An answer that waits for the rest of a request body which nobody will read (I5).
struct Draining {
    answer: http::Response<Outgoing>,
    drain: Drain,
}

impl<A, F> Answer<A, F> {
    #[inline]
    pub(crate) fn driven(
        driven: F,
        pump: Option<Pump>,
        lease: Lease,
        facts: Facts,
        gateway: Rc<Gateway<A>>,
    ) -> Self {
        Self::Driven {
            driven,
            pump,
            lease: Some(lease),
            facts,
            gateway,
            draining: None,
        }
    }

    pub(crate) fn refused(request: HttpRequest, response: HttpResponse) -> Self {
        Self::Refused {
            response: Some(ServiceResponse::new(request, response)),
        }
    }
}

impl<A: App, F: Future<Output = http::Response<Outgoing>>> Future for Answer<A, F> {
    type Output = Result<ServiceResponse, actix_web::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (driven, pump, lease, facts, gateway, draining) = match self.project() {
            AnswerProjection::Driven {
                driven,
                pump,
                lease,
                facts,
                gateway,
                draining,
            } => (driven, pump, lease, *facts, gateway, draining),
            AnswerProjection::Refused { response } => {
                // Polled again after its end, a future may do as it likes, short of a panic here.
                return response
                    .take()
                    .map_or(Poll::Pending, |made| Poll::Ready(Ok(made)));
            }
        };
        let answer = match draining {
            Some(waiting) => {
                ready!(waiting.drain.poll(cx));
                draining.take().map(|waiting| waiting.answer)
            }
            None => {
                let answer = ready!(drive(driven, pump.as_mut(), cx));
                let unread = pump.take_if(|pump| pump.is_over() || !pump.has_reader());
                let drain = unread.filter(|_| !facts.is_tunnel).and_then(Pump::drain);
                if let Some(mut drain) = drain
                    && drain.poll(cx).is_pending()
                {
                    *draining = Some(Box::new(Draining { answer, drain }));
                    return Poll::Pending;
                }
                Some(answer)
            }
        };
        let (Some(answer), Some(lease)) = (answer, lease.take()) else {
            return Poll::Pending;
        };
        let (response, headers) = response(answer, facts, pump.take());
        gateway.recycle(headers);
        Poll::Ready(Ok(ServiceResponse::new(lease.end(), response)))
    }
}

/// Runs the driver and, after each of its polls, the pump.
#[inline]
fn drive<F: Future>(
    mut driven: Pin<&mut F>,
    pump: Option<&mut Pump>,
    cx: &mut Context<'_>,
) -> Poll<F::Output> {
    let Some(pump) = pump else {
        return driven.poll(cx);
    };
    for _ in 0..TURNS {
        if let Poll::Ready(answer) = driven.as_mut().poll(cx) {
            return Poll::Ready(answer);
        }
        if pump.poll(cx) == Pumped::Idle {
            return Poll::Pending;
        }
    }
    cx.waker().wake_by_ref();
    Poll::Pending
}
