//! M2: the lint is silent on the project's own answers.

use gateway_core::{AppExt, Body, BoxApp, Environ, HttpError, Json, Response, app_fn, view};
use http::{HeaderMap, HeaderValue, Method, Request};

use super::found_in;

fn answers() -> Vec<(&'static str, BoxApp)> {
    async fn redirect(_: Environ) -> impl gateway_core::TryIntoResponse {
        ("", 302, [("location", "/elsewhere")])
    }
    fn pushed() -> Body {
        Body::from_producer(async |mut writer| {
            writer.write("a").await?;
            let mut trailers = HeaderMap::new();
            trailers.insert("x-sum", HeaderValue::from_static("1"));
            writer.trailers(trailers).await?;
            Ok(())
        })
    }
    vec![
        ("text", view(async |_| "text").boxed()),
        ("json", view(async |_| Json([1])).boxed()),
        ("204", view(async |_| ("", 204)).boxed()),
        ("204 with a body", view(async |_| ("null\n", 204)).boxed()),
        ("205", view(async |_| ("", 205)).boxed()),
        (
            "304",
            view(async |_| ("", 304, [("etag", "\"a\"")])).boxed(),
        ),
        (
            "304 with a length",
            view(async |_| ("", 304, [("content-length", "7")])).boxed(),
        ),
        ("redirect", view(redirect).boxed()),
        ("error", HttpError::not_found().boxed()),
        (
            "raised",
            view(async |_| Err::<&str, _>(HttpError::gone())).boxed(),
        ),
        ("none", view(async |_| None::<&str>).boxed()),
        (
            "stream",
            view(async |_| Body::from_chunks(["a", "", "b"])).boxed(),
        ),
        (
            "flushed",
            view(async |_| Body::from_chunks(["a"]).commit_early()).boxed(),
        ),
        (
            "closed",
            view(async |_| Body::from("a").on_close(|| {})).boxed(),
        ),
        ("empty", view(async |_| Response::default()).boxed()),
        (
            "push",
            view(async |_| (pushed(), [("trailer", "x-sum")])).boxed(),
        ),
        (
            "panic",
            app_fn(|environ: Environ, _| async move {
                assert_eq!(environ.query_string(), "never", "as it should");
                Ok(Body::empty())
            })
            .boxed(),
        ),
    ]
}

#[tokio::test]
async fn m2_the_lint_is_silent_on_right_answers() {
    for method in [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS] {
        for (name, app) in answers() {
            let request = Request::builder().method(method.clone()).uri("/x/y?z=1");
            let found = found_in(request.body("input").unwrap(), app).await;
            assert_eq!(found, [], "{method} {name}");
        }
    }
}
