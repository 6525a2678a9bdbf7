//! The lint's checks of the response body: what the app sends, and how the gateway polls it
//! (clauses B).

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Version};
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::head::HeadWatch;
use super::upgrade;
use crate::body::{Body, FrameSource, Frames, Repr, Switch};
use crate::error::Error;
use crate::headers::may_trail;

/// Checks a buffered body, and puts a watcher around a stream.
pub(super) fn watch(body: Body, watch: Arc<HeadWatch>) -> Body {
    watch.refused();
    upgrade::check(&body, watch.status(), &watch);
    let (frames, flush) = match body.0 {
        Repr::Stream { frames, flush } => (frames, flush),
        repr => {
            let body = Body(repr);
            must_be_started(&watch, "the body is buffered");
            if let Some(length) = body.known_len() {
                declared_and_sent(&watch, length);
            }
            return body;
        }
    };
    let promised = frames.size_hint();
    if let Some(length) = promised.exact() {
        // The gateway may refuse the body without polling it to its end.
        declared_and_sent(&watch, length);
    }
    Body(Repr::Stream {
        frames: Box::pin(BodyFrames {
            frames,
            promised,
            sent: 0,
            phase: Phase::Running,
            watch,
        }),
        flush,
    })
}

/// The body has bytes, or their end, so it needs a head, and one that switches nothing.
fn must_be_started(watch: &HeadWatch, what: &str) {
    if let Some(status) = watch.status() {
        upgrade::declines(status, watch);
    }
    watch.must_be_started(what);
}

/// Holds a whole body to the length that the app declared.
fn declared_and_sent(watch: &HeadWatch, sent: u64) {
    //= B5 app, gateway: a body MUST have as many bytes as its head declares, except for HEAD, 204,
    //= 205 and 304. If it is longer, the gateway MUST drop the rest and ask no more. If it is
    //= shorter, the gateway MUST answer 500 if that is known before commit, and otherwise abort the
    //= response. Both are logged.
    //= Reason: with a wrong length the bytes of one response are read as the next one.
    if let Some(declared) = watch.declared_length().filter(|declared| *declared != sent) {
        watch.once("B5", || {
            watch.report.app(
                "B5",
                format!("the body has {sent} bytes, the head declares {declared}"),
            );
        });
    }
}

/// The frames of a body on their way to the gateway.
struct BodyFrames {
    frames: Frames,
    /// The length that the body gave before it was polled.
    promised: SizeHint,
    sent: u64,
    phase: Phase,
    watch: Arc<HeadWatch>,
}

#[derive(Clone, Copy, PartialEq)]
enum Phase {
    Running,
    /// Trailers were given.
    Trailed,
    Ended,
    /// The body returned an error or panicked.
    Failed,
}

impl BodyFrames {
    fn asked(&self) {
        //= B3 gateway, middleware: a chunk MUST be handed over before the next is asked for, and
        //= buffering MUST be bounded. A body MUST NOT be asked again after its end or after an
        //= error.
        //= Reason: a slow client then slows the producer. A body that is over has nothing to give.
        //= (Buffers outside of the gateway cannot be seen from inside.)
        let asked = match self.phase {
            Phase::Ended => "the body was asked for more after its end",
            Phase::Failed => "the body was asked for more after its error",
            Phase::Running | Phase::Trailed => return,
        };
        self.watch
            .once("B3", || self.watch.report.gateway("B3", asked));
    }

    fn data(&mut self, data: &Bytes, said_it_was_over: bool) {
        //= B2 gateway: empty chunks MUST NOT be sent, and MUST NOT commit the head. An app MAY
        //= yield them.
        //= Reason: an empty chunk ends a chunked HTTP/1 body.
        if data.is_empty() {
            return;
        }
        must_be_started(&self.watch, "the body has data");
        if self.phase == Phase::Trailed {
            self.after_trailers();
        }
        if let Some(length) = self.promised.exact().filter(|_| self.sent == 0) {
            // The app started late.
            declared_and_sent(&self.watch, length);
        }
        self.sent += data.len() as u64;

        //= B4 app, gateway: what a body says about its length and about its end MUST be true. A
        //= body of known length MUST get a Content-Length from the gateway; a stream gets the
        //= protocol's own framing.
        //= Reason: clients show progress and reuse connections, and the app need not count.
        if said_it_was_over {
            self.wrong_length("the body said that it was over, and has data".to_owned());
        }
        if let Some(upper) = self.promised.upper().filter(|upper| self.sent > *upper) {
            self.wrong_length(format!(
                "the body said that it has at most {upper} bytes, and has more"
            ));
        }
        if self
            .watch
            .declared_length()
            .is_some_and(|declared| self.sent > declared)
        {
            declared_and_sent(&self.watch, self.sent);
        }
    }

    fn trailers(&mut self, trailers: &HeaderMap) {
        must_be_started(&self.watch, "the body has trailers");
        if self.phase == Phase::Trailed {
            self.after_trailers();
        } else {
            self.data_is_over();
        }
        let watch = &self.watch;

        //= B11 app, gateway: trailers MUST end the body, MUST NOT hold fields of framing, routing
        //= or content handling, and SHOULD be declared in `Trailer` if the request is HTTP/1. The
        //= gateway MUST hand them to the host over HTTP/2, and over HTTP/1.1 those that are
        //= declared if the client sent `TE: trailers`. It MUST drop all others. A host that cannot
        //= send trailers drops them.
        //= Reason: RFC 9110 sections 6.5 and 10.1.4. A client that did not ask for a trailer may
        //= read it as data.
        for name in trailers.keys() {
            if !may_trail(name) {
                watch
                    .report
                    .app("B11", format!("{name} cannot be a trailer"));
            } else if watch.version < Version::HTTP_2 && !watch.declares_trailer(name) {
                watch.report.app(
                    "B11",
                    format!("the trailer {name} is not declared in the header Trailer"),
                );
            }
        }
    }

    fn after_trailers(&self) {
        self.watch.once("B11", || {
            self.watch
                .report
                .app("B11", "the body goes on after its trailers");
        });
    }

    /// The number of bytes is known now.
    fn data_is_over(&self) {
        if self.sent < self.promised.lower() {
            self.wrong_length(format!(
                "the body said that it has at least {} bytes, and has {}",
                self.promised.lower(),
                self.sent
            ));
        }
        declared_and_sent(&self.watch, self.sent);
    }

    fn wrong_length(&self, message: String) {
        self.watch
            .once("B4", || self.watch.report.app("B4", message));
    }
}

impl HttpBody for BodyFrames {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.get_mut();
        this.asked();
        let said_it_was_over = this.frames.is_end_stream();
        let before = this.phase;
        // A panic leaves this phase behind.
        this.phase = Phase::Failed;
        let poll = this.frames.as_mut().poll_frame(cx);
        this.phase = before;
        this.watch.refused();
        match &poll {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(frame))) => {
                this.watch.went_on_after_commit();
                if let Some(data) = frame.data_ref() {
                    this.data(data, said_it_was_over);
                } else if let Some(trailers) = frame.trailers_ref() {
                    this.trailers(trailers);
                    this.phase = Phase::Trailed;
                }
            }
            Poll::Ready(Some(Err(_))) => this.phase = Phase::Failed,
            Poll::Ready(None) => {
                this.watch.went_on_after_commit();
                must_be_started(&this.watch, "the body ended");
                if before == Phase::Running {
                    this.data_is_over();
                }
                this.phase = Phase::Ended;
            }
        }
        poll
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.frames.size_hint()
    }
}

// M2: a middleware around the lint sees the same as without the lint.
impl FrameSource for BodyFrames {
    fn buffered(&self) -> Option<&Bytes> {
        self.frames.buffered()
    }

    fn switch(&self) -> Option<&dyn Switch> {
        self.frames.switch()
    }

    fn switch_mut(self: Pin<&mut Self>) -> Option<&mut dyn Switch> {
        self.get_mut().frames.as_mut().switch_mut()
    }
}

//= B1 gateway: the head MUST be committed at the first non-empty chunk, at the end of the body, or,
//= for an early commit, as soon as the app has returned the body and the body has nothing ready.
//= Until then an error of the app or of its body MUST become an error page. Its cause is logged and
//= MUST NOT be sent.
//= Reason: most failures come early, and a 500 says more than a broken connection.

//= B6 gateway: a response to HEAD MUST have no body. Its Content-Length and Content-Type are those
//= that GET would have, as far as they are known. The body is asked only until the head is started,
//= and then closed. HEAD MAY say 200 where GET's body would have failed.
//= Reason: an endless stream must not hold a HEAD request, and apps need not know about HEAD.

//= B7 gateway: a 204 MUST have no body, no Content-Length and no Transfer-Encoding; a 205 no body
//= and a Content-Length of 0; a 304 no body and no Content-Length. An app MAY return a body with
//= them: it is closed unread.
//= Reason: RFC 9110 sections 8.6 and 15. On a 304 a length is allowed, but HTTP/2 clients expect as
//= many bytes.

//= B8 gateway: an error in mid-stream MUST be visible to the client: HTTP/1 closes the connection
//= without a terminator, HTTP/2 resets the stream. Nothing of the error's text is sent.
//= Reason: half a file must not pass for a whole one.

//= B9 gateway: a panic of the app, of its body or of a hook MUST become a 500 before commit and
//= MUST abort the response after it. It MUST NOT end the process or affect other requests. This
//= holds if panics unwind.
//= Reason: one bad request must not harm another. (With `panic = "abort"` nothing can be caught.)

//= B10 gateway, middleware: the bytes of a body MUST pass unchanged, whatever they look like: CR
//= LF, NUL, lines that look like a head.
//= Reason: a body is data.
