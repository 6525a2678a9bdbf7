//! The faults that lie between the app and the driver.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt as _;
use gateway_core::{
    App, AppExt as _, Body, Environ, Error, HttpError, InputError, StartError, StartResponse,
    Upgrade,
};
use http::{HeaderValue, Method, StatusCode, header};
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::fault::Fault;
use crate::no_runtime::{self, NoRuntime};

/// Carries from the app's side to the wire what the driver would not let pass.
pub(crate) const CARRIES: &str = "x-wrong";

/// Stands for an empty chunk on its way to the wire.
pub(crate) const EMPTY_CHUNK: &[u8] = b"\x00an empty chunk of the wrong gateway\x00";

/// The app, and what is wrong with how it is called.
pub(crate) struct Wrong<A> {
    pub(crate) app: A,
    pub(crate) fault: Option<Fault>,
}

impl<A: App> App for Wrong<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        match self.fault {
            Some(Fault::BodyOn204) => {
                let started = start_response.wrap(|status, headers| {
                    if *status == StatusCode::NO_CONTENT {
                        // The driver knows no 299 and sends its body.
                        *status = StatusCode::from_u16(299).unwrap();
                        headers.insert(CARRIES, HeaderValue::from_static("204"));
                    }
                });
                self.app.call(environ, started).await
            }
            Some(Fault::IgnoresDeclaredLengths) if environ.request_method() != Method::HEAD => {
                let started = start_response.wrap(|status, headers| {
                    if !matches!(status.as_u16(), 204 | 205 | 304)
                        && headers.get_all(header::CONTENT_LENGTH).iter().count() == 1
                        && is_number(&headers[header::CONTENT_LENGTH])
                        && let Some(length) = headers.remove(header::CONTENT_LENGTH)
                    {
                        headers.insert(CARRIES, length);
                    }
                });
                self.app.call(environ, started).await
            }
            Some(Fault::LetsLineEndsThrough) => {
                let passed = Arc::new(AtomicBool::new(false));
                let hook = passed.clone();
                let hooked = start_response.wrap(move |_, _| hook.store(true, Ordering::Relaxed));
                let body = self.app.call(environ, hooked).await?;
                if start_response.is_started() && !passed.load(Ordering::Relaxed) {
                    // The head was refused before it came to the hooks.
                    start_response.restart(200, [(CARRIES, "split")], Error::msg("refused"))?;
                }
                Ok(body)
            }
            Some(Fault::Sends101WithBytes) => {
                let reads = environ
                    .raw_path_info()
                    .starts_with("/u13_a_switch_that_is_read");
                let is_wrong = ["/u4_101_", "/u13_a_switch_that_is_"];
                let is_wrong = is_wrong
                    .iter()
                    .any(|p| environ.raw_path_info().starts_with(p));
                let hooked = start_response.wrap(move |status, headers| {
                    if is_wrong && *status == StatusCode::SWITCHING_PROTOCOLS {
                        // The driver knows no 299 and sends its body.
                        *status = StatusCode::from_u16(299).unwrap();
                        headers.insert(CARRIES, HeaderValue::from_static("switch"));
                    }
                });
                match self.app.call(environ, hooked).await {
                    Err(error) if reads => {
                        start_response.restart(299, [(CARRIES, "switch")], error)?;
                        Ok(Body::empty())
                    }
                    outcome => outcome,
                }
            }
            Some(Fault::SwitchesWhateverIsAsked)
                if ["/u3_", "/u4_a_switch"]
                    .iter()
                    .any(|path| environ.raw_path_info().starts_with(path)) =>
            {
                let is_200 = environ.raw_path_info().starts_with("/u4_a_switch_with_200");
                let hooked = start_response.wrap(move |status, _| {
                    if is_200 {
                        *status = StatusCode::SWITCHING_PROTOCOLS;
                    }
                });
                match Upgrade::from_body(self.app.call(environ, hooked).await?) {
                    Ok(upgrade) => {
                        if !start_response.is_started() {
                            start_response.start(101, [("x-started", "1")])?;
                        }
                        Ok(Body::upgrade("websocket", async move |stream| {
                            Ok(upgrade.run(stream).await?)
                        }))
                    }
                    Err(body) => Ok(body),
                }
            }
            Some(Fault::ReplacesSwitches) => {
                let body = self.app.call(environ, start_response).await?;
                Ok(match body.upgrade_protocol() {
                    Some(_) => body.with_bytes("a page"),
                    None => body,
                })
            }
            Some(Fault::EndsExchangesAtTheHead) => {
                match Upgrade::from_body(self.app.call(environ, start_response).await?) {
                    Ok(upgrade) => {
                        let protocol = upgrade.protocol().to_owned();
                        Ok(Body::upgrade(protocol, async move |stream| {
                            tokio::spawn(upgrade.run(stream));
                            Ok(())
                        }))
                    }
                    Err(body) => Ok(body),
                }
            }
            Some(Fault::DropsDeclines) if environ.upgrades().next().is_some() => {
                let body = self.app.call(environ, start_response).await?;
                Ok(match body.upgrade_protocol() {
                    Some(_) => body,
                    None => Body::empty(),
                })
            }
            Some(Fault::SwallowsSecondStarts)
                if environ
                    .path_info()
                    .to_string()
                    .starts_with("/s1_a_second_start") =>
            {
                match self.app.respond(environ).await {
                    Ok(response) => start_response.send(response),
                    Err(error) if error.is::<StartError>() => {
                        start_response.start(200, [("x-refused", "1")])?;
                        Ok(Body::from("refused"))
                    }
                    Err(error) => Err(error),
                }
            }
            Some(Fault::ClosesOnPanics) => {
                let calling = self.app.call(environ, start_response.clone());
                match AssertUnwindSafe(calling).catch_unwind().await {
                    Ok(outcome) => outcome,
                    Err(_) => {
                        let error = Error::msg("panicked");
                        start_response.restart(500, [(CARRIES, "close")], error)?;
                        Ok(Body::empty())
                    }
                }
            }
            Some(Fault::ShowsErrors) => {
                match self.app.call(environ, start_response.clone()).await {
                    Err(error) if !error.is::<HttpError>() && !error.is::<InputError>() => {
                        let text = error.to_string();
                        start_response.restart(500, [("content-type", "text/plain")], error)?;
                        Ok(Body::from(text))
                    }
                    outcome => outcome,
                }
            }
            Some(fault @ (Fault::CommitsOnEmptyChunks | Fault::SendsEmptyChunks)) => {
                let asks_for_flush = environ.raw_path_info().contains("flush");
                let body = self.app.call(environ, start_response.clone()).await?;
                // A body that is wrapped loses the flush it asked for, and the switch.
                let passes = asks_for_flush || body.upgrade_protocol().is_some();
                if body.known_len().is_some() || passes {
                    return Ok(body);
                }
                Ok(Body::new(Empties {
                    body,
                    fault,
                    start_response,
                }))
            }
            Some(Fault::KnowsNoRuntime) => {
                let body = no_runtime::call(self.app.call(environ, start_response)).await?;
                // Buffered bytes are not polled.
                if body.known_len().is_some() {
                    return Ok(body);
                }
                Ok(body.wrap(NoRuntime))
            }
            _ => self.app.call(environ, start_response).await,
        }
    }
}

fn is_number(value: &HeaderValue) -> bool {
    value.to_str().is_ok_and(|text| {
        text.parse::<u64>().is_ok() && text.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// A body whose empty chunks do harm.
struct Empties {
    body: Body,
    fault: Fault,
    start_response: StartResponse,
}

impl HttpBody for Empties {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let poll = Pin::new(&mut self.body).poll_frame(cx);
        let is_empty = |frame: &Frame<Bytes>| frame.data_ref().is_some_and(Bytes::is_empty);
        match poll {
            Poll::Ready(Some(Ok(frame))) if is_empty(&frame) => {
                if self.fault == Fault::SendsEmptyChunks {
                    return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(EMPTY_CHUNK)))));
                }
                self.start_response.commit_early();
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            poll => poll,
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
