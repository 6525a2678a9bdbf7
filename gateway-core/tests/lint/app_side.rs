//! What apps do wrong.

use std::pin::Pin;
use std::task::{Context, Poll};

use gateway_core::lint::Side::{App as AppSide, Gateway as GatewaySide};
use gateway_core::{Body, Environ, Error, HttpError, StartResponse, app_fn};
use http::{HeaderMap, HeaderValue, Request, StatusCode, Version};
use http_body::{Frame, SizeHint};

use super::{data, found_in, frames, get, trailers};

type Headers = Vec<(&'static str, &'static str)>;

/// An app that starts with these and returns the body.
macro_rules! answers {
    ($status:expr, $headers:expr, $body:expr) => {
        app_fn(|_: Environ, start_response: StartResponse| async move {
            let headers: Headers = $headers;
            start_response.start($status, headers)?;
            Ok(Body::from($body))
        })
    };
}

#[tokio::test]
async fn s1_a_swallowed_second_start_is_found() {
    let app = app_fn(|_, start_response: StartResponse| async move {
        start_response.start(200, [("x-a", "1")])?;
        let _ = start_response.start(404, [("x-a", "2")]);
        Ok(Body::from("body"))
    });
    assert_eq!(found_in(get("/"), app).await, [("S1", AppSide)]);
}

#[tokio::test]
async fn s1_a_restart_after_a_refused_start_is_no_finding() {
    let app = app_fn(|_, start_response: StartResponse| async move {
        if let Err(error) = start_response.start(99, [("x-a", "1")]) {
            start_response.restart(500, [("x-a", "2")], error)?;
        }
        Ok(Body::from("body"))
    });
    assert_eq!(found_in(get("/"), app).await, []);
}

#[tokio::test]
async fn s1_a_middleware_that_starts_and_then_calls_the_app_is_found() {
    use gateway_core::lint::{Findings, Lint};
    use gateway_core::{App, AppExt};
    use std::sync::Arc;

    let findings = Findings::new();
    let inner = Arc::new(Lint::new(answers!(200, vec![], "body")).on_finding(&findings));
    let outer = app_fn(move |environ, start_response: StartResponse| {
        let inner = inner.clone();
        async move {
            start_response.start(200, [("x-a", "1")])?;
            inner.call(environ, start_response).await
        }
    });
    let answer = outer.respond(Environ::from_request(get("/"))).await;
    assert!(answer.is_err());
    assert_eq!(super::summary(findings.take()), [("S1", GatewaySide)]);
}

/// Starts again in the middle of its body, with or without an error, and goes on.
fn late_second(how: fn(&StartResponse)) -> impl gateway_core::App {
    app_fn(move |_, start_response: StartResponse| async move {
        start_response.start(200, [("x-a", "1")])?;
        Ok(Body::from_producer(async move |mut writer| {
            writer.write("one").await?;
            how(&start_response);
            writer.write("two").await?;
            Ok(())
        }))
    })
}

#[tokio::test]
async fn s2_going_on_after_a_start_behind_commit_is_found() {
    let again = late_second(|start_response| {
        let _ = start_response.start(500, [("x-a", "2")]);
    });
    assert_eq!(found_in(get("/"), again).await, [("S2", AppSide)]);
    let again = late_second(|start_response| {
        let _ = start_response.restart(500, [("x-a", "2")], Error::msg("late"));
    });
    assert_eq!(found_in(get("/"), again).await, [("S2", AppSide)]);
}

#[tokio::test]
async fn s2_ending_with_the_error_of_a_late_restart_is_no_finding() {
    let app = app_fn(move |_, start_response: StartResponse| async move {
        start_response.start(200, [("x-a", "1")])?;
        Ok(Body::from_producer(async move |mut writer| {
            writer.write("one").await?;
            start_response.restart(500, [("x-a", "2")], Error::msg("late"))?;
            Ok(())
        }))
    });
    assert_eq!(found_in(get("/"), app).await, []);
}

#[tokio::test]
async fn s3_a_body_with_no_start_is_found() {
    for body in [
        || Body::from("in hand"),
        Body::empty,
        || Body::from_chunks(["a", "b"]),
        || Body::from_chunks(Vec::<&str>::new()),
        || frames(vec![trailers("x-sum")]),
    ] {
        let app = app_fn(move |_, _| async move { Ok(body()) });
        let request = Request::get("/").version(Version::HTTP_2).body(()).unwrap();
        let found = found_in(request, app).await;
        assert_eq!(found.first(), Some(&("S3", AppSide)), "{found:?}");
    }
}

#[tokio::test]
async fn s3_a_late_start_and_an_error_without_a_start_are_no_findings() {
    let late = app_fn(|_, start_response: StartResponse| async move {
        Ok(Body::from_producer(async move |mut writer| {
            start_response.start(200, [("x-a", "1")])?;
            writer.write("late").await?;
            Ok(())
        }))
    });
    assert_eq!(found_in(get("/"), late).await, []);
    let fails = app_fn(|_, _| async { Err(HttpError::not_found().into()) });
    assert_eq!(found_in(get("/"), fails).await, []);
    let empty_first = app_fn(|_, _| async { Ok(frames(vec![data(""), Err(Error::msg("x"))])) });
    assert_eq!(found_in(get("/"), empty_first).await, []);
}

#[tokio::test]
async fn s5_a_status_that_is_not_final_is_found() {
    for status in [99_u16, 100, 102, 199, 1000] {
        let app = app_fn(move |_, start_response: StartResponse| async move {
            start_response.start(status, Headers::new())?;
            Ok(Body::empty())
        });
        assert_eq!(found_in(get("/"), app).await, [("S5", AppSide)], "{status}");
    }
    let sends = app_fn(|_, start_response: StartResponse| async move {
        let mut response = gateway_core::Response::default();
        *response.status_mut() = StatusCode::EARLY_HINTS;
        start_response.send(response)
    });
    assert_eq!(found_in(get("/"), sends).await, [("S5", AppSide)]);
}

#[tokio::test]
async fn s5_custom_final_statuses_are_no_findings() {
    for status in [200_u16, 299, 418, 599, 799, 999] {
        let app = app_fn(move |_, start_response: StartResponse| async move {
            start_response.start(status, Headers::new())?;
            Ok(Body::empty())
        });
        assert_eq!(found_in(get("/"), app).await, [], "{status}");
    }
}

#[tokio::test]
async fn s6_malformed_headers_are_found() {
    let split = answers!(200, vec![("x-a", "1\r\nset-cookie: a=b")], "");
    assert_eq!(found_in(get("/"), split).await, [("S6", AppSide)]);
    let name = answers!(200, vec![("x a", "1")], "");
    assert_eq!(found_in(get("/"), name).await, [("S6", AppSide)]);
}

#[tokio::test]
async fn s6_tabs_high_bytes_and_padding_are_no_findings() {
    let app = answers!(
        200,
        vec![("x-a", " a\tb "), ("x-b", "caf\u{e9}"), ("x-c", "")],
        ""
    );
    assert_eq!(found_in(get("/"), app).await, []);
}

#[tokio::test]
async fn s7_fields_of_the_connection_are_found() {
    for name in [
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "transfer-encoding",
        "upgrade",
    ] {
        let app = app_fn(move |_, start_response: StartResponse| async move {
            start_response.start(200, [(name, "x")])?;
            Ok(Body::empty())
        });
        assert_eq!(found_in(get("/"), app).await, [("S7", AppSide)], "{name}");
    }
    let trailer = answers!(200, vec![("trailer", "content-length")], "");
    assert_eq!(found_in(get("/"), trailer).await, [("S7", AppSide)]);
    let raised = app_fn(|_, _| async {
        Err(HttpError::not_found()
            .with_headers([("connection", "close")])?
            .into())
    });
    assert_eq!(found_in(get("/"), raised).await, [("S7", AppSide)]);
}

#[tokio::test]
async fn s7_a_declared_trailer_and_a_proxys_challenge_are_no_findings() {
    let headers = || vec![("trailer", "x-sum, x-b"), ("proxy-authenticate", "Basic")];
    let app = app_fn(move |_, start_response: StartResponse| async move {
        start_response.close_connection();
        start_response.start(407, headers())?;
        Ok(Body::empty())
    });
    assert_eq!(found_in(get("/"), app).await, []);
}

#[tokio::test]
async fn s7_what_a_middleware_outside_adds_is_not_the_apps_fault() {
    use gateway_core::lint::{Findings, Lint};
    use gateway_core::{App, AppExt};
    use std::sync::Arc;

    let findings = Findings::new();
    let inner = Arc::new(Lint::new(answers!(200, vec![], "body")).on_finding(&findings));
    let outer = app_fn(move |environ, start_response: StartResponse| {
        let inner = inner.clone();
        async move {
            let start_response = start_response.wrap(|_, headers| {
                headers.insert("upgrade", HeaderValue::from_static("h2c"));
            });
            inner.call(environ, start_response).await
        }
    });
    assert!(
        outer
            .respond(Environ::from_request(get("/")))
            .await
            .is_err()
    );
    // The app's error is the refusal that it passed on.
    assert_eq!(super::summary(findings.take()), [("S7", GatewaySide)]);
}

#[tokio::test]
async fn s9_lengths_that_are_none_or_differ_are_found() {
    for headers in [
        vec![("content-length", "five")],
        vec![("content-length", "-1")],
        vec![("content-length", "5"), ("content-length", "6")],
    ] {
        let app = app_fn(move |_, start_response: StartResponse| {
            let headers = headers.clone();
            async move {
                start_response.start(200, headers)?;
                Ok(Body::from("12345"))
            }
        });
        assert_eq!(found_in(get("/"), app).await, [("S9", AppSide)]);
    }
}

#[tokio::test]
async fn s9_equal_lengths_are_no_finding() {
    let app = answers!(
        200,
        vec![("content-length", "5"), ("content-length", "5")],
        "12345"
    );
    assert_eq!(found_in(get("/"), app).await, []);
}

/// A body that says things about its length.
struct Says {
    hint: SizeHint,
    over: bool,
    chunks: Vec<&'static str>,
}

impl http_body::Body for Says {
    type Data = bytes::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<bytes::Bytes>, Self::Error>>> {
        Poll::Ready(self.chunks.pop().map(|chunk| Ok(Frame::data(chunk.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.over
    }

    fn size_hint(&self) -> SizeHint {
        self.hint
    }
}

async fn found_in_body(lower: u64, upper: Option<u64>, over: bool) -> super::Found {
    let app = app_fn(move |_, start_response: StartResponse| async move {
        start_response.start(200, Headers::new())?;
        let mut hint = SizeHint::new();
        hint.set_lower(lower);
        if let Some(upper) = upper {
            hint.set_upper(upper);
        }
        let chunks = vec!["34", "12"];
        Ok(Body::new(Says { hint, over, chunks }))
    });
    found_in(get("/"), app).await
}

#[tokio::test]
async fn b4_a_body_that_says_a_wrong_length_is_found() {
    assert_eq!(found_in_body(0, Some(3), false).await, [("B4", AppSide)]);
    assert_eq!(found_in_body(5, None, false).await, [("B4", AppSide)]);
    assert_eq!(found_in_body(0, None, true).await, [("B4", AppSide)]);
}

#[tokio::test]
async fn b4_a_body_that_says_a_right_length_or_none_is_no_finding() {
    assert_eq!(found_in_body(4, Some(4), false).await, []);
    assert_eq!(found_in_body(1, Some(9), false).await, []);
    assert_eq!(found_in_body(0, None, false).await, []);
}

#[tokio::test]
async fn b5_a_declared_length_that_the_body_does_not_have_is_found() {
    for declared in ["2", "10"] {
        for stream in [false, true] {
            let app = app_fn(move |_, start_response: StartResponse| async move {
                start_response.start(200, [("content-length", declared)])?;
                Ok(if stream {
                    Body::from_chunks(["12", "3", "45"])
                } else {
                    Body::from("12345")
                })
            });
            let found = found_in(get("/"), app).await;
            assert_eq!(found, [("B5", AppSide)], "{declared} {stream}");
        }
    }
}

#[tokio::test]
async fn b5_a_stream_that_knows_that_it_is_too_short_is_found() {
    let sized = || Body::from("12345").on_close(|| {});
    let early = app_fn(move |_, start_response: StartResponse| async move {
        start_response.start(200, [("content-length", "10")])?;
        Ok(sized())
    });
    assert_eq!(found_in(get("/"), early).await, [("B5", AppSide)]);
    // The driver answers 500 when it has seen the first chunk.
    let late = app_fn(|_, start_response: StartResponse| async move {
        Ok(Body::new(StartsLate(start_response, Some("12345"))))
    });
    assert_eq!(found_in(get("/"), late).await, [("B5", AppSide)]);
}

/// Knows its length of 5 bytes, and starts with another when it is asked.
struct StartsLate(StartResponse, Option<&'static str>);

impl http_body::Body for StartsLate {
    type Data = bytes::Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<bytes::Bytes>, Self::Error>>> {
        let Some(chunk) = self.1.take() else {
            return Poll::Ready(None);
        };
        let started = self.0.start(200, [("content-length", "10")]);
        Poll::Ready(Some(match started {
            Ok(()) => Ok(Frame::data(chunk.into())),
            Err(error) => Err(error.into()),
        }))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(5)
    }
}

#[tokio::test]
async fn b5_right_lengths_head_and_bodyless_statuses_are_no_findings() {
    let app = || answers!(200, vec![("content-length", "5")], "12345");
    assert_eq!(found_in(get("/"), app()).await, []);
    let stream = app_fn(|_, start_response: StartResponse| async move {
        start_response.start(200, [("content-length", "5")])?;
        Ok(Body::from_chunks(["12", "", "345"]))
    });
    assert_eq!(found_in(get("/"), stream).await, []);
    let head = Request::head("/").body(()).unwrap();
    assert_eq!(
        found_in(head, answers!(200, vec![("content-length", "5")], "")).await,
        []
    );
    for status in [204_u16, 205, 304] {
        let app = app_fn(move |_, start_response: StartResponse| async move {
            start_response.start(status, [("content-length", "7")])?;
            Ok(Body::from("null\n"))
        });
        assert_eq!(found_in(get("/"), app).await, [], "{status}");
    }
}

#[tokio::test]
async fn b5_a_body_that_is_dropped_or_fails_before_its_end_is_no_finding() {
    let endless = || {
        app_fn(|_, start_response: StartResponse| async move {
            start_response.start(200, [("content-length", "1000")])?;
            Ok(Body::from_chunks(["1"]))
        })
    };
    let (found, response, findings) = super::exchange(get("/"), |_| {}, endless()).await;
    drop(response);
    assert_eq!((found, findings.take().len()), (vec![], 0));
    let fails = app_fn(|_, start_response: StartResponse| async move {
        start_response.start(200, [("content-length", "1000")])?;
        Ok(frames(vec![data("1"), Err(Error::msg("late"))]))
    });
    assert_eq!(found_in(get("/"), fails).await, []);
}

async fn found_in_trailers(
    version: Version,
    declared: &'static str,
    list: fn() -> Vec<Result<Frame<bytes::Bytes>, Error>>,
) -> super::Found {
    use gateway_core::AppExt;
    use gateway_core::lint::{Findings, Lint};
    use http_body_util::BodyExt;

    let app = app_fn(move |_, start_response: StartResponse| async move {
        let mut headers = HeaderMap::new();
        if !declared.is_empty() {
            headers.insert("trailer", HeaderValue::from_static(declared));
        }
        start_response.start(200, headers)?;
        Ok(frames(list()))
    });
    let findings = Findings::new();
    let request = Request::get("/").version(version).body(()).unwrap();
    // A middleware that asks on after trailers: the driver would not.
    let app = Lint::new(app).on_finding(&findings);
    let outer = std::sync::Arc::new(app.boxed());
    let asks_on = app_fn(move |environ, start_response| {
        let app = outer.clone();
        async move {
            let mut body = gateway_core::App::call(&*app, environ, start_response).await?;
            while let Some(frame) = body.frame().await {
                frame?;
            }
            Ok(Body::empty())
        }
    });
    asks_on
        .respond(Environ::from_request(request))
        .await
        .unwrap();
    super::summary(findings.take())
}

#[tokio::test]
async fn b11_trailers_out_of_place_are_found() {
    let http1 = Version::HTTP_11;
    let undeclared = found_in_trailers(http1, "", || vec![data("a"), trailers("x-sum")]).await;
    assert_eq!(undeclared, [("B11", AppSide)]);
    let other = found_in_trailers(http1, "x-a", || vec![trailers("x-sum")]).await;
    assert_eq!(other, [("B11", AppSide)]);
    let framing = || vec![trailers("content-length")];
    let framing = found_in_trailers(Version::HTTP_2, "", framing).await;
    assert_eq!(framing, [("B11", AppSide)]);
    let after = || vec![trailers("x-sum"), data("b"), trailers("x-sum")];
    let after = found_in_trailers(http1, "x-sum", after).await;
    assert_eq!(after, [("B11", AppSide)]);
}

#[tokio::test]
async fn b11_declared_trailers_and_those_of_http_2_are_no_findings() {
    let list = || vec![data("a"), trailers("x-sum")];
    assert_eq!(
        found_in_trailers(Version::HTTP_11, "X-A, X-Sum", list).await,
        []
    );
    assert_eq!(found_in_trailers(Version::HTTP_2, "", list).await, []);
}
