use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gateway_core::{App, Body, Error, HttpError, Json, StartResponse, app_fn, view};
use gateway_testing::Client;
use http::{HeaderMap, HeaderValue, Method, Version};

#[tokio::test]
async fn b4_bytes_in_hand_have_a_length_and_streams_have_none() {
    let client = Client::new(view(async |_| "12345"));
    client
        .get("/")
        .send()
        .await
        .assert_status(200)
        .assert_header("content-length", "5");
    let client = Client::new(view(async |_| Body::from_chunks(["1", "2"])));
    assert_eq!(client.get("/").send().await.header("content-length"), None);
    let client = Client::new(view(async |_| ""));
    client
        .get("/")
        .send()
        .await
        .assert_header("content-length", "0");
}

#[tokio::test]
async fn b6_head_is_as_on_the_wire() {
    let client = Client::new(view(async |_| "12345"));
    let head = client.head("/").send().await;
    let head = head.assert_header("content-length", "5");
    head.assert_header("content-type", "text/html; charset=utf-8")
        .assert_text("")
        .await;
    let client = Client::new(view(async |_| {
        Body::from_chunks(std::iter::repeat("endless"))
    }));
    let mut head = client.head("/").send().await;
    assert_eq!(head.header("content-length"), None);
    assert_eq!(head.bytes().await, "");
}

#[tokio::test]
async fn b7_bodyless_statuses_are_as_on_the_wire() {
    for (status, length) in [(204, None), (205, Some("0")), (304, None)] {
        let client = Client::new(view(move |_| async move { ("null\n", status) }));
        let response = client.get("/").send().await.assert_status(status);
        assert_eq!(response.header("content-length"), length, "{status}");
        response.assert_text("").await;
    }
}

#[tokio::test]
async fn e14_connect_is_a_501() {
    let client = Client::new(view(async |_| "never"));
    let response = client.request(Method::CONNECT, "/").send().await;
    response.assert_status(501);
}

#[tokio::test]
async fn bodies_come_chunk_by_chunk_and_only_when_asked() {
    let asked = Arc::new(AtomicBool::new(false));
    let flag = asked.clone();
    let app = view(move |_| {
        let flag = flag.clone();
        async move {
            Body::from_producer(async move |mut writer| {
                writer.write("one").await?;
                writer.write("two").await?;
                flag.store(true, Ordering::Relaxed);
                writer.write("three").await?;
                Ok(())
            })
        }
    });
    let client = Client::new(app);
    let mut response = client.get("/").send().await;
    assert_eq!(response.chunk().await.unwrap().unwrap(), "one");
    assert_eq!(response.chunk().await.unwrap().unwrap(), "two");
    assert!(!asked.load(Ordering::Relaxed));
    assert_eq!(response.text().await, "three");
    assert!(response.chunk().await.unwrap().is_none());
}

#[tokio::test]
async fn b8_an_aborted_response_is_an_error_of_its_chunk() {
    let app = view(async |_| {
        Body::from_producer(async |mut writer| {
            writer.write("one").await?;
            Err(Error::msg("late"))
        })
    });
    let client = Client::new(app);
    let mut response = client.get("/").send().await.assert_status(200);
    assert_eq!(response.chunk().await.unwrap().unwrap(), "one");
    assert!(response.chunk().await.is_err());
    assert!(response.chunk().await.unwrap().is_none());
}

#[tokio::test]
async fn l1_l2_a_body_is_closed_at_its_end_or_with_the_response() {
    for read in [true, false] {
        let closed = Arc::new(AtomicBool::new(false));
        let flag = closed.clone();
        let app = view(move |_| {
            let flag = flag.clone();
            async move {
                Body::from_chunks(["a", "b"]).on_close(move || flag.store(true, Ordering::Relaxed))
            }
        });
        let client = Client::new(app);
        let mut response = client.get("/").send().await;
        assert!(!closed.load(Ordering::Relaxed));
        if read {
            assert_eq!(response.bytes().await, "ab");
        } else {
            drop(response);
        }
        assert!(closed.load(Ordering::Relaxed), "{read}");
    }
}

fn with_trailers(declared: bool) -> impl App {
    app_fn(move |_, start_response: StartResponse| async move {
        let declaration = declared.then_some(("trailer", "X-Sum"));
        start_response.start(200, declaration.into_iter().collect::<Vec<_>>())?;
        Ok(Body::from_producer(async |mut writer| {
            writer.write("data").await?;
            let mut trailers = HeaderMap::new();
            trailers.insert("x-sum", HeaderValue::from_static("4"));
            writer.trailers(trailers).await?;
            Ok(())
        }))
    })
}

async fn trailers(version: Version, declared: bool, te: &'static str) -> Option<String> {
    let client = Client::new(with_trailers(declared)).version(version);
    // An undeclared trailer on HTTP/1 is what the lint finds.
    let client = client.without_lint();
    let mut response = client.get("/").header("te", te).send().await;
    assert!(response.trailers().is_none());
    assert_eq!(response.text().await, "data");
    let trailers = response.trailers()?;
    Some(trailers["x-sum"].to_str().unwrap().to_owned())
}

#[tokio::test]
async fn b11_trailers_reach_those_who_ask_for_them() {
    let some = Some("4".to_owned());
    assert_eq!(trailers(Version::HTTP_2, false, "").await, some);
    assert_eq!(
        trailers(Version::HTTP_11, true, "gzip, Trailers").await,
        some
    );
    assert_eq!(trailers(Version::HTTP_11, true, "gzip").await, None);
    assert_eq!(trailers(Version::HTTP_11, false, "trailers").await, None);
    assert_eq!(trailers(Version::HTTP_10, true, "trailers").await, None);
}

#[tokio::test]
async fn json_is_read_into_what_is_asked_for() {
    let client = Client::new(view(async |_| Json([1, 2])));
    let numbers: Vec<u32> = client.get("/").send().await.json().await;
    assert_eq!(numbers, [1, 2]);
}

#[tokio::test]
async fn repeated_headers_are_asserted_as_one() {
    let headers = [("vary", "Accept"), ("vary", "Origin")];
    let client = Client::new(view(move |_| async move { ("", 200, headers) }));
    let response = client.get("/").send().await;
    let response = response.assert_header("Vary", "Accept, Origin");
    assert_eq!(response.headers().get_all("vary").iter().count(), 2);
}

#[tokio::test]
async fn errors_are_pages_and_not_failures_of_the_test() {
    let client = Client::new(HttpError::not_found());
    let response = client.get("/").send().await.assert_status(404);
    assert!(
        response
            .header("content-type")
            .unwrap()
            .starts_with("text/html")
    );
}
