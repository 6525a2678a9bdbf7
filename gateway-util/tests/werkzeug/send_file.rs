//! `test_send_file.py`.

use std::time::{Duration, UNIX_EPOCH};

use gateway_core::{TryIntoResponse, view};
use gateway_util::{CacheControl, Conditions, ETag, ResponseFields, SendFile, StaticDir};

use crate::common::{Answer, TempDir, answer, get, with};

async fn send(file: SendFile, headers: &[(&str, &str)]) -> Answer {
    let app = view(move |environ: gateway_core::Environ| {
        let file = file.clone();
        async move { file.respond(&environ).await }
    });
    answer(app, with("/", headers)).await
}

#[tokio::test]
async fn test_path() {
    let temp = TempDir::new();
    let path = temp.file("test.html", "<p>page");
    for file in [
        SendFile::new(path.clone()),
        SendFile::new(path.to_str().unwrap()),
    ] {
        let answer = send(file, &[]).await;
        let html = Some("text/html; charset=utf-8");
        assert_eq!(
            (answer.header("content-type"), answer.text()),
            (html, "<p>page")
        );
        assert_eq!(answer.header("content-length"), Some("7"));
    }
}

/// As an app, and as a view's answer.
#[tokio::test]
async fn a_file_is_an_app() {
    let temp = TempDir::new();
    let file = SendFile::new(temp.file("favicon.ico", "icon"));
    assert_eq!(answer(file.clone(), get("/")).await.text(), "icon");
    let head = answer(file.clone(), crate::common::head(get("/"))).await;
    assert_eq!(
        (head.header("content-length"), head.text()),
        (Some("4"), "")
    );
    let post = http::Request::post("/").body("x").unwrap();
    let refused = answer(file, post).await;
    assert_eq!(
        (refused.status.as_u16(), refused.header("allow")),
        (405, Some("GET, HEAD"))
    );
}

#[tokio::test]
async fn test_last_modified() {
    let temp = TempDir::new();
    let then = UNIX_EPOCH + Duration::from_secs(915_148_800);
    let file = SendFile::new(temp.file("test.txt", "FOUND\n")).last_modified(then);
    let line = "Fri, 01 Jan 1999 00:00:00 GMT";
    let answer = send(file.clone(), &[]).await;
    assert_eq!(answer.header("last-modified"), Some(line));
    assert_eq!(send(file, &[("if-modified-since", line)]).await.status, 304);
}

/// What is in memory is a response like any other.
#[tokio::test]
async fn test_object() {
    let app = view(async |environ: gateway_core::Environ| {
        let response = ("test", [("content-type", "text/plain")]).try_into_response()?;
        Ok::<_, gateway_core::Error>(Conditions::of(&environ).apply_with_ranges(response))
    });
    let part = answer(app, with("/", &[("range", "bytes=1-2")])).await;
    assert_eq!((part.status.as_u16(), part.text()), (206, "es"));
}

#[tokio::test]
async fn test_object_mimetype_from_name() {
    let temp = TempDir::new();
    let file = SendFile::new(temp.file("without-extension", "a,b\n"));
    let unknown = send(file.clone(), &[]).await;
    assert_eq!(
        unknown.header("content-type"),
        Some("application/octet-stream")
    );
    let named = send(file.clone().attachment("report.csv"), &[]).await;
    assert!(
        named
            .header("content-type")
            .unwrap()
            .starts_with("text/csv")
    );
    let told = send(file.mimetype("text/x-own"), &[]).await;
    assert!(
        told.header("content-type")
            .unwrap()
            .starts_with("text/x-own")
    );
}

#[tokio::test]
async fn test_disposition_name() {
    let temp = TempDir::new();
    let file = SendFile::new(temp.file("test.txt", "FOUND\n"));
    // What is not a download needs no name but its URL.
    assert_eq!(
        send(file.clone(), &[]).await.header("content-disposition"),
        None
    );
    let saved = send(file.attachment("test.txt"), &[]).await;
    assert_eq!(
        saved.header("content-disposition"),
        Some("attachment; filename=\"test.txt\"")
    );
}

#[test]
fn test_non_ascii_name() {
    for (name, plain, encoded) in [
        ("index.html", "index.html", None),
        ("(test.txt", "(test.txt", None),
        ("V\u{f6}gel.txt", "V_gel.txt", Some("V%C3%B6gel.txt")),
        (
            "\u{d1}and\u{fa}\u{ff0f}ping\u{fc}ino.txt",
            "_and__ping_ino.txt",
            Some("%C3%91and%C3%BA%EF%BC%8Fping%C3%BCino.txt"),
        ),
        (
            "\u{442}\u{435}:/\u{441}\u{442}",
            "__:___",
            Some("%D1%82%D0%B5%3A%2F%D1%81%D1%82"),
        ),
    ] {
        let mut response = gateway_core::Response::default();
        response.set_attachment(name);
        let value = response.headers()["content-disposition"].to_str().unwrap();
        let expected = match encoded {
            Some(encoded) => {
                format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
            }
            None => format!("attachment; filename=\"{plain}\""),
        };
        assert_eq!(value, expected);
    }
}

#[tokio::test]
async fn test_no_cache_conditional_default() {
    let temp = TempDir::new();
    let file = SendFile::new(temp.file("test.txt", "FOUND\n"));
    let since = [("if-modified-since", "Sun, 12 Jul 2020 00:00:00 GMT")];
    let answer = send(file, &since).await;
    assert_eq!(answer.status, 304);
    assert_eq!(answer.header("cache-control"), Some("no-cache"));
    assert_eq!(answer.header("expires"), None);
}

/// No Expires beside Max-Age, which every cache prefers.
#[tokio::test]
async fn test_max_age() {
    let temp = TempDir::new();
    let file = SendFile::new(temp.file("test.txt", "FOUND\n"));
    let minute = CacheControl::new()
        .public()
        .max_age(Duration::from_secs(60));
    let answer = send(file.cache_control(minute), &[]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), Some("public, max-age=60"));
}

#[tokio::test]
async fn test_etag() {
    let temp = TempDir::new();
    let file = SendFile::new(temp.file("test.txt", "FOUND\n"));
    let made = send(file.clone(), &[]).await;
    let made = made.header("etag").unwrap();
    assert_eq!(
        send(file.clone(), &[("if-none-match", made)]).await.status,
        304
    );
    let own = file.etag(ETag::strong("unique").unwrap());
    assert_eq!(
        send(own.clone(), &[]).await.header("etag"),
        Some("\"unique\"")
    );
    assert_eq!(
        send(own, &[("if-none-match", "\"unique\"")]).await.status,
        304
    );
}

#[tokio::test]
async fn test_content_encoding() {
    let temp = TempDir::new();
    let file = SendFile::new(temp.file("logo.svgz", "\x1f\u{8b}"));
    let shown = send(file.clone(), &[]).await;
    assert_eq!(shown.header("content-type"), Some("image/svg+xml"));
    assert_eq!(shown.header("content-encoding"), Some("gzip"));
    let saved = send(file.clone().attachment("logo.svgz"), &[]).await;
    assert_eq!(saved.header("content-type"), Some("image/svg+xml"));
    assert_eq!(saved.header("content-encoding"), None);
    let told = send(file.mimetype("application/gzip"), &[]).await;
    assert_eq!(told.header("content-encoding"), None);
}

#[tokio::test]
async fn test_from_directory() {
    let temp = TempDir::new();
    temp.file("res/test.txt", "FOUND\n");
    let dir = StaticDir::new(temp.path().join("res")).unwrap();
    assert_eq!(answer(dir, get("/test.txt")).await.text(), "FOUND\n");
}

#[tokio::test]
async fn test_from_directory_not_found() {
    let temp = TempDir::new();
    temp.file("res/test.txt", "FOUND\n");
    let dir = StaticDir::new(temp.path().join("res")).unwrap();
    for path in ["/../res/test.txt", "/nothing.txt", "/null%00.txt"] {
        assert_eq!(answer(dir.clone(), get(path)).await.status, 404, "{path}");
    }
}
