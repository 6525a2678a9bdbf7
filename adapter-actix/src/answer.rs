//! One request's way through the driver.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::dev::{Payload, ServiceResponse};
use actix_web::{HttpRequest, HttpResponse};
use gateway_core::{App, Gateway, Outgoing};
use pin_project_lite::pin_project;

use crate::lent_head::Lease;
use crate::payload::{Drain, Upload};
use crate::response::{Facts, response};

pin_project! {
    /// The future of a service. actix boxes it, so it is kept small: what is only needed while the
    /// request is taken apart is not part of it.
    #[project = AnswerProjection]
    pub(crate) enum Answer<A, F> {
        Driven {
            #[pin]
            driven: F,
            rest: Rest,
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

/// What lies behind the head of the request.
pub(crate) struct Rest {
    /// Its body.
    pub(crate) upload: Option<Upload>,
    /// The stream, where one is on offer.
    pub(crate) tunnel: Option<Box<Payload>>,
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
        rest: Rest,
        lease: Lease,
        facts: Facts,
        gateway: Rc<Gateway<A>>,
    ) -> Self {
        Self::Driven {
            driven,
            rest,
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
        let (driven, rest, lease, facts, gateway, draining) = match self.project() {
            AnswerProjection::Driven {
                driven,
                rest,
                lease,
                facts,
                gateway,
                draining,
            } => (driven, rest, lease, *facts, gateway, draining),
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
                let answer = ready!(drive(driven, rest.upload.as_mut(), cx));
                let unread = rest
                    .upload
                    .take_if(|upload| upload.pump.is_over() || !upload.pump.has_reader());
                let drain = unread.filter(|_| !facts.is_tunnel).and_then(Upload::drain);
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
        let (response, headers) = response(answer, facts, rest.upload.take(), rest.tunnel.take());
        gateway.recycle(headers);
        Poll::Ready(Ok(ServiceResponse::new(lease.end(), response)))
    }
}

/// Runs the driver, and feeds it.
#[inline]
fn drive<F: Future>(
    mut driven: Pin<&mut F>,
    upload: Option<&mut Upload>,
    cx: &mut Context<'_>,
) -> Poll<F::Output> {
    match upload {
        Some(upload) => upload.pump.drive(cx, |cx| driven.as_mut().poll(cx)),
        None => driven.poll(cx),
    }
}
