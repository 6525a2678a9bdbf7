//! The future of an actix service: runs one request through the driver.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::HttpMessage as _;
use actix_web::dev::{Payload, ServiceResponse};
use actix_web::http::Version;
use gateway_core::{App, Gateway, Outgoing};
use pin_project_lite::pin_project;

use crate::actix_app::is_bridged;
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
            // Dropped after the driver, which holds what is lent.
            end: End<A>,
        },
        Refused {
            refused: Option<Box<http::Response<Outgoing>>>,
            end: End<A>,
        },
    }
}

/// What the response needs.
pub(crate) struct End<A> {
    pub(crate) rest: Rest,
    lease: Option<Lease>,
    facts: Facts,
    gateway: Rc<Gateway<A>>,
    draining: Option<Box<Draining>>,
}

/// What follows the head of the request.
pub(crate) struct Rest {
    /// Its body.
    pub(crate) upload: Option<Upload>,
    /// The stream, if a switch is offered.
    pub(crate) tunnel: Option<Box<Payload>>,
    /// Nobody reads the body, and it has not ended: the connection must (I5).
    pub(crate) closes: bool,
}

/// A response that waits for the rest of a request body which nobody will read (I5).
struct Draining {
    answer: http::Response<Outgoing>,
    drain: Drain,
}

impl<A, F> Answer<A, F> {
    #[inline]
    pub(crate) fn driven(driven: F, end: End<A>) -> Self {
        Self::Driven { driven, end }
    }

    /// The page of a request for which there is no environ.
    #[cold]
    pub(crate) fn refused(page: http::Response<Outgoing>, end: End<A>) -> Self {
        Self::Refused {
            refused: Some(Box::new(page)),
            end,
        }
    }
}

impl<A: App, F: Future<Output = http::Response<Outgoing>>> Future for Answer<A, F> {
    type Output = Result<ServiceResponse, actix_web::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Returned where they are made, because a response is large.
        let (answer, end) = match self.project() {
            AnswerProjection::Driven { end, .. } | AnswerProjection::Refused { end, .. }
                if end.draining.is_some() =>
            {
                return end.drain_on(cx);
            }
            AnswerProjection::Driven { driven, end } => {
                let Poll::Ready(answer) = drive(driven, end.rest.upload.as_mut(), cx) else {
                    return Poll::Pending;
                };
                (answer, end)
            }
            AnswerProjection::Refused { refused, end } => match refused.take() {
                Some(page) => (*page, end),
                // A future that is polled after its end may do anything except panic here.
                None => return Poll::Pending,
            },
        };
        if end.rest.upload.is_some()
            && let Some(mut drain) = end.rest.drain(end.facts)
        {
            if drain.poll(cx).is_pending() {
                end.draining = Some(Box::new(Draining { answer, drain }));
                return Poll::Pending;
            }
            end.keep(drain);
        }
        end.finish(answer)
    }
}

impl Rest {
    #[inline]
    pub(crate) fn new(upload: Option<Upload>, tunnel: Option<Box<Payload>>) -> Self {
        Self {
            upload,
            tunnel,
            closes: false,
        }
    }

    /// What must be drained of a body that nobody will read (I5).
    fn drain(&mut self, facts: Facts) -> Option<Drain> {
        let unread = self
            .upload
            .take_if(|upload| upload.pump.is_over() || !upload.pump.has_reader());
        // HTTP/2 has a stream for each request, and only short bodies are worth a turn.
        let may_close = facts.version < Version::HTTP_2;
        let unread = unread.filter(|upload| {
            !facts.is_tunnel && !upload.pump.is_over() && (may_close || upload.is_short())
        });
        unread.map(Upload::drain)
    }
}

impl<A: App> End<A> {
    #[inline]
    pub(crate) fn new(rest: Rest, lease: Lease, facts: Facts, gateway: Rc<Gateway<A>>) -> Self {
        Self {
            rest,
            lease: Some(lease),
            facts,
            gateway,
            draining: None,
        }
    }

    /// Drains what is left of the body, and then makes the response.
    fn drain_on(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<ServiceResponse, actix_web::Error>> {
        if let Some(waiting) = &mut self.draining {
            ready!(waiting.drain.poll(cx));
        }
        let Some(waiting) = self.draining.take() else {
            return Poll::Pending;
        };
        let Draining { answer, drain } = *waiting;
        self.keep(drain);
        self.finish(answer)
    }

    /// Keeps what is left of the body, with which the connection must end.
    fn keep(&mut self, drain: Drain) {
        if let (Some(lease), Some(upload)) = (&self.lease, drain.into_rest())
            && self.facts.version < Version::HTTP_2
            && !is_bridged(&lease.request().extensions())
        {
            self.rest.closes = true;
            self.rest.upload = Some(upload);
        }
    }

    /// Converts the response, and ends the loan. Pending if there was a response already.
    #[inline]
    fn finish(
        &mut self,
        answer: http::Response<Outgoing>,
    ) -> Poll<Result<ServiceResponse, actix_web::Error>> {
        let Some(lease) = self.lease.take() else {
            return Poll::Pending;
        };
        let head = lease.request().head();
        let (response, headers) =
            response(answer, self.facts, head, lease.values(), &mut self.rest);
        self.gateway.recycle(headers);
        Poll::Ready(Ok(ServiceResponse::new(lease.end(), response)))
    }
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
