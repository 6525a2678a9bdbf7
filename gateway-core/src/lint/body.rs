//! What the app sends, and how the gateway asks for it. The clauses B.

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
            watch.must_be_started("the body is buffered");
            if let Some(length) = body.known_len() {
                declared_and_sent(&watch, length);
            }
            return body;
        }
    };
    let promised = frames.size_hint();
    if let Some(length) = promised.exact() {
        // The gateway may refuse it without asking for its end.
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

/// Holds a whole body to the length that the app declared.
fn declared_and_sent(watch: &HeadWatch, sent: u64) {
    //= B5 app, gateway: a body MUST have as many bytes as its head declares; HEAD is exempt, and 204, 205 and
    //= 304. Of a longer one the gateway MUST drop the rest and ask no more. A shorter one MUST become a 500
    //= where that is known before commit, and an aborted response later. Both are logged.
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
    /// What the body said of its length before it was asked.
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
    /// It gave an error or panicked.
    Failed,
}

impl BodyFrames {
    fn asked(&self) {
        //= B3 gateway, middleware: a chunk MUST be handed over before the next is asked for, and buffering MUST
        //= be bounded. A body MUST NOT be asked again after its end or after an error.
        //= Reason: a slow client slows the producer; and a body that is over has nothing to say. (Buffers
        //= behind the gateway are not to be seen from inside.)
        let asked = match self.phase {
            Phase::Ended => "the body was asked for more after its end",
            Phase::Failed => "the body was asked for more after its error",
            Phase::Running | Phase::Trailed => return,
        };
        self.watch
            .once("B3", || self.watch.report.gateway("B3", asked));
    }

    fn data(&mut self, data: &Bytes, said_it_was_over: bool) {
        //= B2 gateway: empty chunks MUST NOT reach the wire, and MUST NOT commit the head. An app MAY yield
        //= them.
        //= Reason: an empty chunk ends a chunked HTTP/1 body.
        if data.is_empty() {
            return;
        }
        self.watch.must_be_started("the body has data");
        if self.phase == Phase::Trailed {
            self.after_trailers();
        }
        if let Some(length) = self.promised.exact().filter(|_| self.sent == 0) {
            // After a late start.
            declared_and_sent(&self.watch, length);
        }
        self.sent += data.len() as u64;

        //= B4 app, gateway: what a body says of its length, and of being over, MUST be true. A body of known
        //= length MUST get a Content-Length by itself; a stream gets the protocol's own framing.
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
        self.watch.must_be_started("the body has trailers");
        if self.phase == Phase::Trailed {
            self.after_trailers();
        } else {
            self.data_is_over();
        }
        let watch = &self.watch;

        //= B11 app, gateway: trailers MUST end the body, MUST NOT hold fields of framing, routing or content
        //= handling, and SHOULD be declared in `Trailer` where the request is HTTP/1. The gateway MUST hand them
        //= to the host over HTTP/2, and over HTTP/1.1 those that are declared if the client sent `TE:
        //= trailers`; it MUST drop all others. A host that cannot send trailers drops them.
        //= Reason: RFC 9110 sections 6.5 and 10.1.4. A trailer that a client did not ask for may be read as
        //= data.
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

    /// The length is known now.
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
        // What a panic leaves behind.
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
                this.watch.must_be_started("the body ended");
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

// M2: what a middleware around the lint sees is what it would see without.
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

//= B1 gateway: the head MUST be committed at the first non-empty chunk, at the end of the body, or, after a
//= flush, at the first moment the body has nothing ready once the app has returned it. Until then an error of
//= the app or of its body MUST become a clean error page; its cause is logged and MUST NOT be sent.
//= Reason: most failures come early, and a 500 says more than a broken connection.

//= B6 gateway: to HEAD no body MUST be sent; Content-Length and Content-Type are those that GET would have, as
//= far as they are known. The body is polled only until the head is started, then closed. HEAD MAY say 200
//= where GET's body would have failed.
//= Reason: an endless stream must not hold a HEAD request, and apps need not know about HEAD.

//= B7 gateway: to 204 no body, no Content-Length and no Transfer-Encoding MUST be sent; to 205 no body and a
//= Content-Length of 0; to 304 no body and no Content-Length. An app MAY return a body with them: it is closed
//= unread.
//= Reason: RFC 9110 sections 8.6 and 15. On a 304 a length is allowed, but HTTP/2 clients count it against the
//= body that is not there.

//= B8 gateway: an error in mid-stream MUST be seen by the client: HTTP/1 closes the connection without a
//= terminator, HTTP/2 resets the stream. Nothing of the error's text is sent.
//= Reason: half a file must not pass for a whole one.

//= B9 gateway: a panic of the app, of its body or of a hook MUST be a 500 before commit and an abort after it,
//= and MUST NOT end the process or touch other requests. That holds where panics unwind.
//= Reason: one bad request must not be everybody's. (With `panic = "abort"` nothing can be caught.)

//= B10 gateway, middleware: the bytes of a body MUST pass untouched, whatever they look like: CR LF, NUL, lines
//= that look like a head.
//= Reason: a body is data.
