//! Files: `SendFile` and `StaticDir`.
#![cfg(feature = "files")]

mod common;

use std::sync::Arc;

use common::{Answer, TempDir, answer, get, head, with};
use gateway_core::{Environ, HttpError, view};
use gateway_util::Mount;
use gateway_util::{CacheControl, SendFile, StaticDir};

const DATE: &str = "Sun, 09 Sep 2001 01:46:40 GMT";

#[expect(clippy::unwrap_used, reason = "a helper of tests is one")]
fn site() -> (TempDir, Arc<StaticDir>) {
    let temp = TempDir::new();
    temp.file("secret.txt", "secret");
    temp.file("site/index.html", "<p>home");
    temp.file("site/a.txt", "0123456789");
    temp.file("site/a b%c.css", "b{}");
    temp.file("site/empty.bin", "");
    temp.file("site/sub/index.html", "<p>sub");
    temp.file("site/bare/file", "x");
    temp.file("site/.env", "KEY=1");
    let dir = StaticDir::new(temp.path().join("site")).unwrap();
    (temp, Arc::new(dir))
}

async fn ask(dir: &Arc<StaticDir>, path: &str) -> Answer {
    answer(dir.clone(), get(path)).await
}

#[tokio::test]
async fn test_send_file_object_a_file_is_sent_with_what_there_is_to_say_of_it() {
    let (_temp, dir) = site();
    let file = ask(&dir, "/a.txt").await;
    assert_eq!(file.status, 200);
    assert_eq!(file.text(), "0123456789");
    assert_eq!(
        file.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(file.header("content-length"), Some("10"));
    assert_eq!(file.header("last-modified"), Some(DATE));
    assert_eq!(file.header("accept-ranges"), Some("bytes"));
    assert_eq!(file.header("cache-control"), Some("no-cache"));
    assert!(file.header("etag").unwrap().starts_with('"'));
    let css = ask(&dir, "/a%20b%25c.css").await;
    assert_eq!(css.header("content-type"), Some("text/css; charset=utf-8"));
    let empty = ask(&dir, "/empty.bin").await;
    assert_eq!(
        empty.header("content-type"),
        Some("application/octet-stream")
    );
    assert_eq!(empty.header("content-length"), Some("0"));
}

#[tokio::test]
async fn b6_head_says_what_get_would() {
    let (_temp, dir) = site();
    let got = ask(&dir, "/a.txt").await;
    let headed = answer(dir, head(get("/a.txt"))).await;
    assert!(headed.body.is_empty());
    assert_eq!(headed.headers, got.headers);
}

#[tokio::test]
async fn n8_files_are_conditional_and_have_ranges() {
    let (_temp, dir) = site();
    let etag = ask(&dir, "/a.txt").await.header("etag").unwrap().to_owned();
    for (headers, status, body) in [
        (&[("if-none-match", &*etag)][..], 304, ""),
        (&[("if-modified-since", DATE)], 304, ""),
        (&[("range", "bytes=2-4")], 206, "234"),
        (&[("range", "bytes=-1")], 206, "9"),
        (&[("range", "bytes=2-4"), ("if-range", &etag)], 206, "234"),
        (
            &[("range", "bytes=2-4"), ("if-range", "\"x\"")],
            200,
            "0123456789",
        ),
        (&[("range", "bytes=0-1,3-4")], 200, "0123456789"),
        (&[("range", "lines=0-1")], 200, "0123456789"),
    ] {
        let answer = answer(dir.clone(), with("/a.txt", headers)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text()),
            (status, body),
            "{headers:?}"
        );
    }
    let part = answer(dir.clone(), with("/a.txt", &[("range", "bytes=2-4")])).await;
    assert_eq!(part.header("content-range"), Some("bytes 2-4/10"));
    assert_eq!(part.header("content-length"), Some("3"));
    let none = answer(dir.clone(), with("/a.txt", &[("range", "bytes=10-")])).await;
    assert_eq!(none.status, 416);
    assert_eq!(none.header("content-range"), Some("bytes */10"));
    let failed = answer(dir, with("/a.txt", &[("if-match", "\"x\"")])).await;
    assert_eq!(failed.status, 412);
}

#[tokio::test]
async fn a_file_that_was_just_written_has_a_weak_tag() {
    let temp = TempDir::new();
    let path = temp.path().join("new.txt");
    std::fs::write(&path, "new").unwrap();
    let soon = std::time::SystemTime::now() + std::time::Duration::from_secs(3600);
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(soon).unwrap();
    let app = view(move |environ: Environ| {
        let file = SendFile::new(&path);
        async move { file.respond(&environ).await }
    });
    let answer = answer(app, with("/", &[("if-modified-since", DATE)])).await;
    assert!(answer.header("etag").unwrap().starts_with("W/\""));
    // RFC 9110 section 8.8.2.1: not in the future.
    let stated = httpdate::parse_http_date(answer.header("last-modified").unwrap()).unwrap();
    assert!(stated <= std::time::SystemTime::now());
}

#[tokio::test]
async fn other_methods_are_405() {
    let (_temp, dir) = site();
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "get"] {
        let request = http::Request::builder().method(method).uri("/a.txt");
        let answer = answer(dir.clone(), request.body(()).unwrap()).await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), Some("GET, HEAD"));
    }
}

#[tokio::test]
async fn there_is_no_way_out_of_the_root() {
    let (temp, dir) = site();
    assert!(temp.path().join("secret.txt").exists());
    for path in [
        "/../secret.txt",
        "/sub/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/%2E%2E%2Fsecret.txt",
        "/..%2Fsecret.txt",
        "/..%5Csecret.txt",
        "/..%255Csecret.txt",
        "/sub/%2e%2e/a.txt",
        "/./a.txt",
        "//a.txt",
        "/%2F/a.txt",
        "/%2Fetc%2Fpasswd",
        "//etc/passwd",
        "/a.txt%00",
        "/a.txt%00.html",
        "/a.txt/",
        "/a.txt/b",
        "/%FF",
        "/.env",
        "/none",
        "/bare",
        "/bare/",
    ] {
        let answer = ask(&dir, path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.text().contains("secret"), "{path}");
    }
    let long = format!("/{}", "a".repeat(5000));
    assert_eq!(ask(&dir, &long).await.status, 404);
}

#[cfg(unix)]
#[tokio::test]
async fn links_are_followed_where_they_stay_inside() {
    use std::os::unix::fs::symlink;

    let (temp, dir) = site();
    let root = temp.path().join("site");
    symlink("a.txt", root.join("inside.txt")).unwrap();
    symlink("../secret.txt", root.join("outside.txt")).unwrap();
    symlink(temp.path(), root.join("up")).unwrap();
    symlink("loop", root.join("loop")).unwrap();
    std::fs::create_dir(root.join("linked")).unwrap();
    symlink("../../secret.txt", root.join("linked/index.html")).unwrap();
    // A sibling whose name begins like the root's is not inside it.
    temp.file("site-other/b.txt", "other");
    symlink("../site-other/b.txt", root.join("sibling.txt")).unwrap();

    assert_eq!(ask(&dir, "/inside.txt").await.text(), "0123456789");
    for path in [
        "/outside.txt",
        "/up/secret.txt",
        "/loop",
        "/linked/",
        "/sibling.txt",
    ] {
        assert_eq!(ask(&dir, path).await.status, 404, "{path}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_no_regular_file_is_not_opened() {
    let (temp, dir) = site();
    let pipe = temp.path().join("site/pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    if !made.is_ok_and(|status| status.success()) {
        println!("skipped: there is no mkfifo here");
        return;
    }
    assert_eq!(ask(&dir, "/pipe").await.status, 404);
}

#[tokio::test]
async fn directories_have_an_index_behind_a_slash() {
    let (_temp, dir) = site();
    assert_eq!(ask(&dir, "/").await.text(), "<p>home");
    assert_eq!(ask(&dir, "/sub/").await.text(), "<p>sub");
    let answer = ask(&dir, "/sub?x=1").await;
    assert_eq!(answer.status, 308);
    assert_eq!(answer.header("location"), Some("./sub/?x=1"));
    let without = StaticDir::clone(&dir).without_index();
    let without = Arc::new(without);
    assert_eq!(ask(&without, "/sub/").await.status, 404);
    assert_eq!(ask(&without, "/sub").await.status, 404);
}

#[tokio::test]
async fn a_redirect_below_a_mount_stays_there() {
    let (_temp, dir) = site();
    let site = Arc::new(Mount::new().at("/static", dir));
    assert_eq!(answer(site.clone(), get("/static/a.txt")).await.status, 200);
    let bare = answer(site.clone(), get("/static")).await;
    assert_eq!(bare.header("location"), Some("./static/"));
    let sub = answer(site, get("/static/sub")).await;
    assert_eq!(sub.header("location"), Some("./sub/"));
}

#[tokio::test]
async fn a_directory_cannot_be_named_to_lead_elsewhere() {
    let (temp, dir) = site();
    temp.file("site/https:/index.html", "x");
    let answer = ask(&dir, "/https:").await;
    assert_eq!(answer.header("location"), Some("./https:/"));
}

#[tokio::test]
async fn test_send_file_a_missing_one_is_404_and_names_no_path() {
    let app =
        view(async |environ: Environ| SendFile::new("/nowhere/at/all.txt").respond(&environ).await);
    let answer = answer(app, get("/")).await;
    assert_eq!(answer.status, 404);
    assert!(!answer.text().contains("nowhere"));
}

#[tokio::test]
async fn test_as_attachment() {
    let temp = TempDir::new();
    let path = temp.file("data", "x");
    let app = view(move |environ: Environ| {
        let file = SendFile::new(&path)
            .attachment("Übersicht \"1\".csv")
            .cache_control(CacheControl::new().no_store());
        async move { file.respond(&environ).await }
    });
    let answer = answer(app, get("/")).await;
    assert_eq!(
        answer.header("content-disposition"),
        Some(
            "attachment; filename=\"_bersicht \\\"1\\\".csv\"; \
             filename*=UTF-8''%C3%9Cbersicht%20%221%22.csv"
        )
    );
    assert_eq!(
        answer.header("content-type"),
        Some("text/csv; charset=utf-8")
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn a_large_file_is_sent_in_bounded_chunks() {
    let temp = TempDir::new();
    let content: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let path = temp.file("large", &content);
    let environ = Environ::from_request(with("/", &[("range", "bytes=1000000-2999999")]));
    let response = SendFile::new(path).respond(&environ).await.unwrap();
    assert_eq!(response.status(), 206);
    let mut body = response.into_body();
    assert_eq!(body.known_len(), Some(2_000_000));
    let mut read = Vec::new();
    while let Some(frame) =
        std::future::poll_fn(|cx| http_body::Body::poll_frame(std::pin::Pin::new(&mut body), cx))
            .await
    {
        let chunk = frame.unwrap().into_data().unwrap();
        assert!(chunk.len() <= 128 * 1024, "a chunk of {}", chunk.len());
        read.extend_from_slice(&chunk);
    }
    assert!(read == content[1_000_000..3_000_000]);
}

#[tokio::test]
async fn b5_a_file_that_shrinks_is_an_error_and_not_a_short_answer() {
    let temp = TempDir::new();
    let path = temp.file("shrinks", vec![b'x'; 300_000]);
    let environ = Environ::from_request(get("/"));
    let response = SendFile::new(&path).respond(&environ).await.unwrap();
    std::fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(10)
        .unwrap();
    let result: Result<_, HttpError> = response
        .into_body()
        .bytes()
        .await
        .map_err(|error| HttpError::internal_server_error().with_source(error.into_boxed()));
    assert!(result.is_err());
}

#[test]
fn a_root_that_is_no_directory_is_an_error() {
    let temp = TempDir::new();
    assert!(StaticDir::new(temp.path().join("none")).is_err());
    assert!(StaticDir::new(temp.file("file", "")).is_err());
}
