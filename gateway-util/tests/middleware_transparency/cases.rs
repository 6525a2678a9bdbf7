//! Apps, each with something that a careless middleware loses.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use gateway_core::{AppExt, Body, BoxApp, Environ, Error, HttpError, StartResponse, app_fn};
use http::{HeaderMap, HeaderValue, Method};
use http_body_util::{BodyExt, Full};
use tokio::sync::Notify;

/// One call of a case: what the app tells, and what it waits for.
#[derive(Clone, Default)]
pub(crate) struct Probe {
    pub(crate) events: Arc<Mutex<Vec<&'static str>>>,
    pub(crate) go: Arc<Notify>,
}

impl Probe {
    pub(crate) fn tell(&self, event: &'static str) {
        self.events.lock().unwrap().push(event);
    }

    pub(crate) fn closing(&self, body: Body) -> Body {
        let probe = self.clone();
        body.on_close(move || probe.tell("closed"))
    }
}

pub(crate) type Case = (&'static str, fn(Probe) -> BoxApp, Method, Reading);

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Reading {
    /// Reads the body to its end; `go` is given once the head is there.
    All,
    /// Drops the response unread.
    Nothing,
}

pub(crate) fn app<F, Fut>(probe: Probe, f: F) -> BoxApp
where
    F: Fn(Probe, Environ, StartResponse) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Body, Error>> + Send + 'static,
{
    app_fn(move |environ, start| f(probe.clone(), environ, start)).boxed()
}

pub(crate) const TEXT: [(&str, &str); 1] = [("content-type", "text/plain")];

pub(crate) fn trailers() -> HeaderMap {
    HeaderMap::from_iter([("x-sum".parse().unwrap(), HeaderValue::from_static("7"))])
}

/// Answers with the head alone, and a body with a known length.
pub(crate) fn status(probe: Probe, code: u16) -> BoxApp {
    app(probe, move |probe, _, start| async move {
        start.start(code, [("x-kind", "bodyless")])?;
        Ok(probe.closing(Body::from("not sent")))
    })
}

pub(crate) const CASES: &[Case] = &[
    (
        "in hand",
        |p| {
            app(p, async |_, _, start| {
                start.start(200, TEXT)?;
                Ok(Body::from("hello"))
            })
        },
        Method::GET,
        Reading::All,
    ),
    (
        "empty",
        |p| {
            app(p, async |_, _, start| {
                start.start(200, TEXT)?;
                Ok(Body::empty())
            })
        },
        Method::POST,
        Reading::All,
    ),
    (
        "sized stream",
        |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                Ok(p.closing(Body::from("hello")))
            })
        },
        Method::GET,
        Reading::All,
    ),
    (
        "declared length",
        |p| {
            app(p, async |p, _, start| {
                start.start(200, [("content-length", "4")])?;
                Ok(p.closing(Body::from_chunks(["ab", "cd"])))
            })
        },
        Method::GET,
        Reading::All,
    ),
    (
        "stream with empty chunks",
        |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                Ok(p.closing(Body::from_chunks(["", "a\r\n\0", "", "b"])))
            })
        },
        Method::GET,
        Reading::All,
    ),
    (
        "repeated headers",
        |p| {
            app(p, async |_, _, start| {
                start.start(
                    200,
                    [
                        ("set-cookie", "a=1"),
                        ("vary", "a"),
                        ("set-cookie", "b=2"),
                        ("vary", "b"),
                    ],
                )?;
                Ok(Body::from("x"))
            })
        },
        Method::GET,
        Reading::All,
    ),
    (
        "trailers",
        |p| {
            app(p, async |p, _, start| {
                start.start(200, [("trailer", "x-sum")])?;
                Ok(p.closing(Body::from_producer(async |mut writer| {
                    writer.write("data").await?;
                    writer.trailers(trailers()).await?;
                    Ok(())
                })))
            })
        },
        Method::GET,
        Reading::All,
    ),
    (
        "trailers alone",
        |p| {
            app(p, async |_, _, start| {
                start.start(200, [("trailer", "x-sum")])?;
                let body =
                    Full::new(Bytes::new()).with_trailers(std::future::ready(Some(Ok(trailers()))));
                // When it is closed is not told: behind `respond` its only frame is handed over twice.
                Ok(Body::new(body))
            })
        },
        Method::GET,
        Reading::All,
    ),
    // The head has to come while the body waits, or the test ends at its deadline.
    (
        "flush of the handle",
        |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                start.commit_early();
                let waiting = p.clone();
                Ok(p.closing(Body::from_producer(move |mut writer| async move {
                    waiting.go.notified().await;
                    waiting.tell("first chunk");
                    writer.write("late").await?;
                    Ok(())
                })))
            })
        },
        Method::GET,
        Reading::All,
    ),
    (
        "flush of the body",
        |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                let waiting = p.clone();
                let body = Body::from_producer(move |mut writer| async move {
                    waiting.go.notified().await;
                    waiting.tell("first chunk");
                    writer.write("late").await?;
                    Ok(())
                });
                Ok(p.closing(body.commit_early()))
            })
        },
        Method::GET,
        Reading::All,
    ),
    (
        "late start",
        |p| {
            app(p, async |p, _, start| {
                Ok(p.closing(Body::from_producer(move |mut writer| async move {
                    tokio::task::yield_now().await;
                    start.start(201, [("x-late", "1")])?;
                    writer.write("late").await?;
                    Ok(())
                })))
            })
        },
        Method::GET,
        Reading::All,
    ),
    (
        "restart",
        |p| {
            app(p, async |p, _, start| {
                start.start(200, [("x-first", "1")])?;
                start.restart(503, [("x-second", "2")], Error::msg("changed its mind"))?;
                Ok(p.closing(Body::from("sorry")))
            })
        },
        Method::GET,
        Reading::All,
    ),
    (
        "restart in the body",
        |p| {
            app(p, async |p, _, start| {
                start.start(200, [("x-first", "1")])?;
                Ok(p.closing(Body::from_producer(move |mut writer| async move {
                    start.restart(503, [("x-second", "2")], Error::msg("changed its mind"))?;
                    writer.write("sorry").await?;
                    Ok(())
                })))
            })
        },
        Method::GET,
        Reading::All,
    ),
    (
        "restart of a refused start",
        |p| {
            app(p, async |_, _, start| {
                assert!(start.start(200, [("bad name", "x")]).is_err());
                start.restart(500, TEXT, Error::msg("bad name"))?;
                Ok(Body::from("sorry"))
            })
        },
        Method::GET,
        Reading::All,
    ),
    (
        "restart after commit",
        |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                Ok(p.closing(Body::from_producer(move |mut writer| async move {
                    writer.write("a").await?;
                    start.restart(500, TEXT, Error::msg("too late"))?;
                    Ok(())
                })))
            })
        },
        Method::GET,
        Reading::All,
    ),
    (
        "second start",
        |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                let _ = start.start(200, TEXT);
                Ok(p.closing(Body::from("x")))
            })
        },
        Method::GET,
        Reading::All,
    ),
    (
        "no start",
        |p| app(p, async |p, _, _| Ok(p.closing(Body::from("x")))),
        Method::GET,
        Reading::All,
    ),
    (
        "hop by hop",
        |p| {
            app(p, async |_, _, start| {
                start.start(200, [("connection", "close")])?;
                Ok(Body::from("x"))
            })
        },
        Method::GET,
        Reading::All,
    ),
    (
        "wish to close",
        |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                start.close_connection();
                Ok(p.closing(Body::from("x")))
            })
        },
        Method::GET,
        Reading::All,
    ),
    (
        "http error",
        |p| {
            app(p, async |_, _, _| {
                Err(HttpError::gone()
                    .with_headers([("x-why", "a"), ("x-why", "b")])?
                    .into())
            })
        },
        Method::GET,
        Reading::All,
    ),
    (
        "http error after a start",
        |p| {
            app(p, async |_, _, start| {
                start.start(200, [("x-first", "1")])?;
                Err(HttpError::conflict().into())
            })
        },
        Method::GET,
        Reading::All,
    ),
    (
        "error",
        |p| app(p, async |_, _, _| Err(Error::msg("broken"))),
        Method::GET,
        Reading::All,
    ),
    (
        "panic",
        |p| app(p, async |_, _, _| panic!("in the app")),
        Method::GET,
        Reading::All,
    ),
    (
        "error before the first chunk",
        |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                Ok(p.closing(Body::from_producer(async |_| Err(Error::msg("broken")))))
            })
        },
        Method::GET,
        Reading::All,
    ),
    (
        "panic before the first chunk",
        |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                Ok(p.closing(Body::from_producer(async |_| panic!("in the body"))))
            })
        },
        Method::GET,
        Reading::All,
    ),
    (
        "error in mid-stream",
        |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                Ok(p.closing(Body::from_producer(async |mut writer| {
                    writer.write("a").await?;
                    Err(Error::msg("broken"))
                })))
            })
        },
        Method::GET,
        Reading::All,
    ),
    (
        "panic in mid-stream",
        |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                Ok(p.closing(Body::from_producer(async |mut writer| {
                    writer.write("a").await?;
                    panic!("in the body")
                })))
            })
        },
        Method::GET,
        Reading::All,
    ),
    (
        "too short",
        |p| {
            app(p, async |p, _, start| {
                start.start(200, [("content-length", "9")])?;
                Ok(p.closing(Body::from("short")))
            })
        },
        Method::GET,
        Reading::All,
    ),
    (
        "too long",
        |p| {
            app(p, async |p, _, start| {
                start.start(200, [("content-length", "2")])?;
                Ok(p.closing(Body::from_chunks(["a", "b", "c"])))
            })
        },
        Method::GET,
        Reading::All,
    ),
    (
        "head",
        |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                Ok(p.closing(Body::from("hello")))
            })
        },
        Method::HEAD,
        Reading::All,
    ),
    (
        "head of a stream",
        |p| {
            app(p, async |p, _, start| {
                start.start(200, [("content-length", "99")])?;
                Ok(p.closing(Body::from_producer(async |_| std::future::pending().await)))
            })
        },
        Method::HEAD,
        Reading::All,
    ),
    ("204", |p| status(p, 204), Method::GET, Reading::All),
    ("205", |p| status(p, 205), Method::GET, Reading::All),
    ("304", |p| status(p, 304), Method::GET, Reading::All),
    (
        "unread",
        |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                Ok(p.closing(Body::from_chunks(std::iter::repeat("more"))))
            })
        },
        Method::GET,
        Reading::Nothing,
    ),
    (
        "input, its trailers, the request",
        |p| {
            app(p, async |_, mut environ, start| {
                assert_eq!(environ.extensions().get(), Some(&7_u8));
                assert_eq!(environ.content_length(), Some(6));
                assert_eq!(environ.path_info(), "/a//b/../c;d/%");
                assert_eq!(environ.script_name(), "");
                assert_eq!(environ.request_uri(), "/a//b/../c;d/%25?x=%20");
                assert_eq!(environ.get("X_OWN").unwrap(), "own");
                let mut input = environ.take_input();
                let text = input.text(99).await?;
                let sum = input.trailers().map(|trailers| trailers["x-sum"].clone());
                start.start(200, TEXT)?;
                Ok(Body::from(format!("{text} {sum:?}")))
            })
        },
        Method::POST,
        Reading::All,
    ),
];
