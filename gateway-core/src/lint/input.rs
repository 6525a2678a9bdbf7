//! The lint's checks of the request body that the gateway gives to an app (clauses I).

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::report::Report;
use crate::body::{FrameSource, Frames};
use crate::environ::Environ;
use crate::error::Error;

/// Checks a buffered input, and puts a watcher around a stream.
pub(super) fn watch(environ: &mut Environ, report: &Report) {
    //= I2 gateway: a chunked request body MUST be decoded, readable to its end, and without
    //= CONTENT_LENGTH. Any transfer coding other than a single `chunked` MUST be refused before the
    //= app: with 400 if `chunked` is not the last one, if it is there twice, or if the request is
    //= HTTP/1.0; else with 501. If a Content-Length is beside `chunked`, the request MUST be refused
    //= with 400, or the length ignored and the connection closed after the response.
    //= Reason: RFC 9112 sections 6.1 and 6.3: the chunked coding decides, and a length beside it is
    //= a way to smuggle requests. An app would take coded bytes for the content.
    let has_length = environ.first_line(header::CONTENT_LENGTH).is_some();
    if has_length && environ.first_line(header::TRANSFER_ENCODING).is_some() {
        report.gateway("I2", "the request is chunked and has a CONTENT_LENGTH");
    }

    //= I1 gateway, middleware: the input MUST end at Content-Length, and a read after the end MUST
    //= give the end again. A request without a body MUST end at once. A middleware that replaces
    //= the input MUST make Content-Length agree with it.
    //= Reason: apps read to the end. An app that had to count bytes would be wrong on some server.
    let length = environ.content_length();
    let input = environ.input_mut();
    let is_watched = input.watch(|frames, declared| {
        Box::pin(InputFrames {
            frames,
            // The input itself holds its frames to a declared length, so nothing is counted here.
            undeclared: length.filter(|_| declared.is_none()),
            read: 0,
            is_over: false,
            report: report.clone(),
        })
    });
    if !is_watched
        && let (Some(length), Some(there)) = (length, input.size_hint().exact())
        && length != there
    {
        report.gateway(
            "I1",
            format!("CONTENT_LENGTH is {length}, the input has {there} bytes"),
        );
    }
}

/// The frames of an input on their way to the app.
struct InputFrames {
    frames: Frames,
    /// A Content-Length that the input does not enforce.
    undeclared: Option<u64>,
    read: u64,
    is_over: bool,
    report: Report,
}

impl InputFrames {
    fn data(&mut self, data: &Bytes) {
        let before = self.read;
        self.read += data.len() as u64;
        if let Some(length) = self
            .undeclared
            .filter(|length| (before..self.read).contains(length))
        {
            self.report.gateway(
                "I1",
                format!("the input continues after CONTENT_LENGTH, which is {length}"),
            );
        }
    }

    fn end(&mut self) {
        //= I3 gateway, middleware: if the client cut the request body short, the read MUST fail,
        //= and MUST NOT report the end.
        //= Reason: otherwise an app stores half an upload as a whole one.
        if let Some(length) = self.undeclared.filter(|length| self.read < *length) {
            self.report.gateway(
                "I3",
                format!(
                    "the input ended after {} bytes without an error, CONTENT_LENGTH is {length}",
                    self.read
                ),
            );
        }
    }
}

impl HttpBody for InputFrames {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.get_mut();
        let frame = ready!(this.frames.as_mut().poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => match frame.data_ref() {
                Some(data) => this.data(data),
                // Trailers end the frames: the input asks for no more.
                None => {
                    this.is_over = true;
                    this.end();
                }
            },
            Some(Err(_)) => this.is_over = true,
            None if !this.is_over => {
                this.is_over = true;
                this.end();
            }
            None => {}
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.frames.size_hint()
    }
}

impl FrameSource for InputFrames {}

//= I7 gateway: request trailers MUST be readable after the end of the input, if the host passes
//= them on. They are its last frame.
//= Reason: streams carry checksums and signatures there. (The input asks for nothing after them.)

//= I4 gateway, middleware: if a limit is set, a declared length over it MUST be answered with 413
//= before the app runs, and reading an undeclared body beyond it MUST fail. The response is then a
//= 413 if the head was not sent.
//= Reason: the app need not count, and a client learns as early as possible. (Whether a limit is
//= set cannot be seen from inside.)

//= I5 gateway: input that the app leaves unread MUST NOT become part of the next request on the
//= connection: it is drained within a bound, or the connection is closed. On HTTP/1, a response
//= that is committed after the app has dropped its input, and after which the connection closes,
//= MUST say `Connection: close`.
//= Reason: request smuggling; and RFC 9112 section 9.6: a proxy that is not told sends the next
//= request, of another client, into a closed connection. (It happens after the app has returned.)

//= I6 gateway: `100 Continue` MUST be sent at the latest at the first read of the input, and
//= reading from a blocking thread MUST NOT deadlock.
//= Reason: the client waits for it before it sends the body, and the app waits for the body. (Only
//= the wire shows it.)
