//! How a failed test looks.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt;
use gateway_core::{App, Body, Error, HttpError, Json, StartResponse, app_fn, view};
use gateway_testing::Client;

fn text(payload: Box<dyn std::any::Any + Send>) -> String {
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload
            .downcast::<&str>()
            .map(|text| (*text).to_owned())
            .unwrap_or_default(),
    }
}

/// The message with which an assertion fails.
async fn message<T>(test: impl Future<Output = T>) -> String {
    let outcome = AssertUnwindSafe(test).catch_unwind().await;
    outcome.err().map(text).unwrap_or_default()
}

#[tokio::test]
async fn a_wrong_status_shows_the_answer() {
    let client = Client::new(view(async |_| ("no such thing", 404, [("x-a", "1")])));
    let response = client.get("/a?b").send().await;
    let outcome = catch_unwind(AssertUnwindSafe(|| response.assert_status(200)));
    let text = outcome.err().map(text).unwrap_or_default();
    for part in [
        "the response to GET /a?b has another status than 200",
        "404 Not Found\n",
        "x-a: 1\n",
        "content-length: 13\n",
        "\n\nno such thing",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

#[tokio::test]
async fn a_500_shows_the_error_of_the_app() {
    let app = view(async |_| {
        let cause = std::io::Error::other("the disk is full");
        Err::<&str, Error>(HttpError::internal_server_error().with_source(cause).into())
    });
    let client = Client::new(app);
    let text = message(async { client.get("/").send().await.assert_status(200) }).await;
    assert!(
        text.contains("the app's error: 500 Internal Server Error: the disk is full"),
        "{text}"
    );
    let fails_first = view(async |_| Body::from_producer(async |_| Err(Error::msg("no rows"))));
    let client = Client::new(fails_first);
    let text = message(async { client.get("/").send().await.assert_status(200) }).await;
    assert!(text.contains("the app's error: no rows"), "{text}");
}

#[tokio::test]
async fn a_stream_shows_what_is_there() {
    let app = view(async |_| {
        Body::from_producer(async |mut writer| {
            writer.write("the first part").await?;
            std::future::pending().await
        })
    });
    let client = Client::new(app);
    let text = message(async { client.get("/").send().await.assert_status(201) }).await;
    assert!(
        text.ends_with("the first part... (the rest is not there yet)"),
        "{text}"
    );
    let long = Client::new(view(async |_| "x".repeat(5000)));
    let text = message(async { long.get("/").send().await.assert_status(201) }).await;
    assert!(text.ends_with("xxx..."), "{text}");
    assert!(text.len() < 3000);
}

#[tokio::test]
async fn wrong_texts_headers_and_json_show_the_answer() {
    let client = Client::new(view(async |_| Json("text")));
    let get = || client.get("/").send();
    let other = message(async { get().await.assert_text("other").await }).await;
    assert!(other.contains("is not \"other\""), "{other}");
    assert!(other.contains("\n\n\"text\"\n"), "{other}");
    let header = message(async { get().await.assert_header("x-a", "1") }).await;
    assert!(header.contains("has another x-a than \"1\""), "{header}");
    let json = message(async { get().await.json::<u32>().await }).await;
    assert!(
        json.contains("is not the JSON asked for: invalid type"),
        "{json}"
    );
}

#[tokio::test]
async fn an_aborted_body_shows_what_came_of_it() {
    let app = view(async |_| {
        Body::from_producer(async |mut writer| {
            writer.write("half").await?;
            Err(Error::msg("late"))
        })
    });
    let client = Client::new(app);
    let text = message(async { client.get("/").send().await.text().await }).await;
    assert!(text.contains("was aborted: late"), "{text}");
    assert!(text.contains("\n\nhalf"), "{text}");
}

fn forgetful() -> impl App {
    app_fn(|_, _| async { Ok(Body::from("no start")) })
}

#[tokio::test]
async fn m2_the_lint_is_on_and_fails_the_test() {
    let client = Client::new(forgetful());
    let text = message(client.get("/a").send()).await;
    assert_eq!(
        text,
        "the lint has found:\n  S3, broken by the app, on GET /a: the body is buffered, and the \
         response was not started"
    );
}

#[tokio::test]
async fn m2_the_lint_fails_the_test_in_mid_stream() {
    let short = app_fn(|_, start_response: StartResponse| async move {
        start_response.start(200, [("content-length", "9")])?;
        Ok(Body::from_chunks(["a"]))
    });
    let client = Client::new(short);
    let mut response = client.get("/").send().await;
    assert_eq!(response.chunk().await.unwrap().unwrap(), "a");
    let text = message(response.chunk()).await;
    assert!(text.contains("B5, broken by the app"), "{text}");
}

#[tokio::test]
async fn the_lint_can_be_turned_off() {
    let client = Client::new(forgetful()).without_lint();
    client.get("/").send().await.assert_status(500);
}

#[tokio::test]
async fn what_is_no_request_fails() {
    let client = Client::new(view(async |_| "text"));
    let relative = message(async { client.get("a").send().await }).await;
    assert_eq!(relative, "the path \"a\" does not begin with /");
    let empty = message(async { client.get("").send().await }).await;
    assert_eq!(empty, "the path \"\" does not begin with /");
    let space = message(client.get("/a b").send()).await;
    assert_eq!(space, "\"/a b\" is not a request target");
    let header = message(async { client.get("/").header("a b", "1").send().await }).await;
    assert!(header.starts_with("not a request header: "), "{header}");
    let origin = catch_unwind(|| Client::new(HttpError::not_found()).origin("localhost"));
    assert!(text(origin.unwrap_err()).contains("is not an origin"));
}
