use std::collections::BTreeMap;

use gateway_core::{Body, Environ, view};
use gateway_testing::Client;
use http::{Method, Version};
use serde::Serialize;

use super::{echo, shows};

#[tokio::test]
async fn every_method_is_sent_as_it_is_named() {
    let client = Client::new(echo());
    for (request, method) in [
        (client.get("/a?b=1"), "GET"),
        (client.post("/a?b=1"), "POST"),
        (client.put("/a?b=1"), "PUT"),
        (client.patch("/a?b=1"), "PATCH"),
        (client.delete("/a?b=1"), "DELETE"),
        (client.request(Method::OPTIONS, "/a?b=1"), "OPTIONS"),
    ] {
        let text = request.send().await.text().await;
        assert_eq!(text, format!("{method} /a?b=1 - - "));
    }
}

#[tokio::test]
async fn bodies_have_their_type_and_length() {
    let client = Client::new(echo());
    let text = client.post("/").text("caf\u{e9}").send().await;
    text.assert_text("POST / text/plain; charset=utf-8 5 caf\u{e9}")
        .await;
    let bytes = client.put("/").body("raw").send().await;
    bytes.assert_text("PUT / - 3 raw").await;
    let json = client.post("/").json(&[1, 2]).send().await;
    json.assert_text("POST / application/json 5 [1,2]").await;
    let form = client
        .post("/")
        .form(&[("a", "1 &"), ("b", "\u{e9}")])
        .send()
        .await;
    form.assert_text("POST / application/x-www-form-urlencoded 16 a=1+%26&b=%C3%A9")
        .await;
    let own = client
        .post("/")
        .header("content-type", "application/ld+json")
        .json("x");
    own.send()
        .await
        .assert_text("POST / application/ld+json 3 \"x\"")
        .await;
}

#[tokio::test]
async fn queries_are_encoded_and_added() {
    #[derive(Serialize)]
    struct Page {
        page: u32,
    }
    let client = Client::new(shows("QUERY_STRING"));
    let pairs = client.get("/").query(&[("q", "a b&c")]).send().await;
    pairs.assert_text("q=a+b%26c").await;
    let more = client.get("/?x=1").query(&Page { page: 2 });
    let more = more.query(&BTreeMap::from([("y", 3)])).send().await;
    more.assert_text("x=1&page=2&y=3").await;
}

#[tokio::test]
async fn i2_upload_streams_arrive_chunk_by_chunk_and_without_a_length() {
    let app = view(async |mut environ: Environ| {
        let coding = environ
            .get("HTTP_TRANSFER_ENCODING")
            .map(|value| value.to_string());
        let length = environ.content_length();
        let mut input = environ.take_input();
        let mut chunks = Vec::new();
        while let Some(chunk) = input.chunk().await? {
            chunks.push(String::from_utf8_lossy(&chunk).into_owned());
        }
        Ok::<_, gateway_core::Error>(format!("{coding:?} {length:?} {}", chunks.join("|")))
    });
    let client = Client::new(app);
    let chunked = client
        .post("/")
        .stream(Body::from_chunks(["a", "bc"]))
        .send()
        .await;
    chunked.assert_text("Some(\"chunked\") None a|bc").await;
    let sized = Body::from("abc").on_close(|| {});
    let sized = client.post("/").stream(sized).send().await;
    sized.assert_text("None Some(3) abc").await;
}

#[tokio::test]
async fn forms_with_files_are_encoded() {
    let client = Client::new(echo());
    let request = client.post("/").multipart(|form| {
        form.text("a", "1")
            .file("f", "x.bin", "application/octet-stream", [0_u8, 1].to_vec())
    });
    let text = request.send().await.text().await;
    let (head, body) = text.split_once(" --").unwrap();
    assert_eq!(
        head,
        "POST / multipart/form-data; boundary=gateway-testing-00000000 239"
    );
    assert!(
        body.contains("name=\"f\"; filename=\"x.bin\"\r\n"),
        "{body}"
    );
    assert!(body.contains("\r\n\r\n\0\u{1}\r\n"), "{body:?}");
}

#[tokio::test]
#[should_panic(expected = "\"a\\r\\nb: c\" is not a media type")]
async fn a_file_cannot_add_lines_to_its_part() {
    let client = Client::new(echo());
    let _ = client
        .post("/")
        .multipart(|form| form.file("f", "x", "a\r\nb: c", "data"));
}

#[tokio::test]
async fn i3_an_upload_that_is_cut_short_is_a_400() {
    let client = Client::new(echo());
    let request = client.post("/").header("content-length", "9");
    let response = request.stream(Body::from_chunks(["abc"])).send().await;
    response.assert_status(400);
}

#[tokio::test]
async fn e2_e3_a_mounted_app_sees_its_prefix() {
    let app = || {
        view(async |environ: Environ| format!("{}|{}", environ.script_name(), environ.path_info()))
    };
    let client = Client::new(app()).mounted_at("/a b/");
    for (path, seen) in [
        ("/c", "/a b|/c"),
        ("/", "/a b|/"),
        ("", "/a b|"),
        ("?q", "/a b|"),
        ("/a%20b", "/a b|/a b"),
    ] {
        client.get(path).send().await.assert_text(seen).await;
    }
    let root = Client::new(app());
    root.get("/a").send().await.assert_text("|/a").await;
}

#[tokio::test]
async fn e5_the_target_of_a_mounted_app_is_the_whole_one() {
    let client = Client::new(shows("REQUEST_URI")).mounted_at("/50%/caf\u{e9}");
    let response = client.get("/x?q=1").send().await;
    response.assert_text("/50%25/caf%C3%A9/x?q=1").await;
}

#[tokio::test]
async fn e12_e13_e16_the_connection_is_as_set() {
    let client = || Client::new(shows("REMOTE_ADDR"));
    client().get("/").send().await.assert_text("-").await;
    let peer = client().peer("192.0.2.7:4711".parse().unwrap());
    peer.get("/").send().await.assert_text("192.0.2.7").await;
    for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
        for (key, expected) in [
            ("HTTP_HOST", "shop.example:8443"),
            ("SERVER_NAME", "shop.example"),
            ("SERVER_PORT", "8443"),
            ("REQUEST_SCHEME", "https"),
            ("REQUEST_URI", "/a?b"),
        ] {
            let client = Client::new(shows(key)).version(version);
            let client = client.origin("https://Shop.example:8443/");
            client.get("/a?b").send().await.assert_text(expected).await;
        }
    }
    let host = Client::new(shows("HTTP_HOST"));
    host.get("/").send().await.assert_text("localhost").await;
    let other = host.get("/").header("host", "b.example").send().await;
    other.assert_text("b.example").await;
}

#[tokio::test]
async fn e14_the_asterisk_is_sent_as_it_is() {
    let client = Client::new(shows("PATH_INFO"));
    let response = client.request(Method::OPTIONS, "*").send().await;
    response.assert_text("").await;
}
