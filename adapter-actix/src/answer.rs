//! The future of an actix service: runs one request through the driver.

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
    /// The future of a service. actix boxes it, so it is small: values that are only needed while
    /// the request is taken apart are not part of it.
    #[project = AnswerProjection]
    pub(crate) enum Answer<A, F> {
        Driven {
            #[pin]
            driven: F,
            rest: Rest,
            // Dropped after the driver, which holds what is lent.
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

/// What follows the head of the request.
pub(crate) struct Rest {
    /// Its body.
    pub(crate) upload: Option<Upload>,
    /// The stream, if a switch is offered.
    pub(crate) tunnel: Option<Box<Payload>>,
}

/// A response that waits for the rest of a request body which nobody will read (I5).
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
                // A future that is polled after its end may do anything except panic here.
                return response
                    .take()
                    .map_or(Poll::Pending, |made| Poll::Ready(Ok(made)));
            }
        };
        // Returned where they are made, because a response is large.
        if let Some(waiting) = draining {
            ready!(waiting.drain.poll(cx));
            return match draining.take() {
                Some(waiting) => finish(waiting.answer, rest, lease, facts, gateway),
                None => Poll::Pending,
            };
        }
        let Poll::Ready(answer) = drive(driven, rest.upload.as_mut(), cx) else {
            return Poll::Pending;
        };
        if rest.upload.is_some()
            && let Some(mut drain) = rest.drain(facts)
            && drain.poll(cx).is_pending()
        {
            *draining = Some(Box::new(Draining { answer, drain }));
            return Poll::Pending;
        }
        finish(answer, rest, lease, facts, gateway)
    }
}

impl Rest {
    /// What must be drained of a body that nobody will read (I5).
    fn drain(&mut self, facts: Facts) -> Option<Drain> {
        let unread = self
            .upload
            .take_if(|upload| upload.pump.is_over() || !upload.pump.has_reader());
        unread.filter(|_| !facts.is_tunnel).and_then(Upload::drain)
    }
}

/// Converts the response, and ends the loan. Pending if there was a response already.
#[inline]
fn finish<A: App>(
    answer: http::Response<Outgoing>,
    rest: &mut Rest,
    lease: &mut Option<Lease>,
    facts: Facts,
    gateway: &Gateway<A>,
) -> Poll<Result<ServiceResponse, actix_web::Error>> {
    let Some(lease) = lease.take() else {
        return Poll::Pending;
    };
    let (upload, tunnel) = (rest.upload.take(), rest.tunnel.take());
    let (response, headers) = response(answer, facts, lease.values(), upload, tunnel);
    gateway.recycle(headers);
    Poll::Ready(Ok(ServiceResponse::new(lease.end(), response)))
}

/// Polls the driver, and pumps the request body into it.
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
