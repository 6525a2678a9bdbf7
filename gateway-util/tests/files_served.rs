//! Static directories: validators, links, codings and what is sent where there is no file.
#![cfg(feature = "files")]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::{Answer, TempDir, answer, get, with};
use gateway_util::{ETag, SendFile, StaticDir};

fn set_modified(path: &Path, time: SystemTime) {
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_modified(time).unwrap();
}

async fn ask(dir: &StaticDir, path: &str, headers: &[(&str, &str)]) -> Answer {
    answer(dir.clone(), with(path, headers)).await
}

#[tokio::test]
async fn rfc9110_8_8_1_a_time_of_change_that_is_a_constant_is_no_validator() {
    let temp = TempDir::new();
    let path = temp.file("i.html", "app.aaaa.js");
    let dir = StaticDir::new(temp.path()).unwrap();
    // Nothing, ostree, Nix, zip in any zone, npm.
    for seconds in [0, 1, 315_532_800, 315_576_000, 499_162_500] {
        set_modified(&path, UNIX_EPOCH + Duration::from_secs(seconds));
        let first = ask(&dir, "/i.html", &[]).await;
        assert_eq!(first.header("etag"), None, "{seconds}");
        assert_eq!(first.header("last-modified"), None, "{seconds}");
        let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
        let again = ask(&dir, "/i.html", &[("if-modified-since", &date)]).await;
        assert_eq!(again.status, 200, "{seconds}");
        let range = [("range", "bytes=4-7"), ("if-range", &*date)];
        assert_eq!(ask(&dir, "/i.html", &range).await.status, 200, "{seconds}");
        // A range without a condition is one.
        let range = [("range", "bytes=4-7")];
        assert_eq!(ask(&dir, "/i.html", &range).await.text(), "aaaa");
    }
    set_modified(&path, UNIX_EPOCH + Duration::from_secs(700_000_000));
    assert!(ask(&dir, "/i.html", &[]).await.header("etag").is_some());
}

#[tokio::test]
async fn rfc9110_8_8_3_tags_are_given_where_times_say_nothing() {
    let temp = TempDir::new();
    let path = temp.file("i.html", "app.aaaa.js");
    set_modified(&path, UNIX_EPOCH);
    let release = ETag::strong("v1").unwrap();
    let tags = move |path: &Path| (path == Path::new("i.html")).then(|| release.clone());
    let dir = StaticDir::new(temp.path()).unwrap().etags(tags);
    assert_eq!(
        ask(&dir, "/i.html", &[]).await.header("etag"),
        Some("\"v1\"")
    );
    let known = ask(&dir, "/i.html", &[("if-none-match", "\"v1\"")]).await;
    assert_eq!(known.status, 304);
    temp.file("other.html", "x");
    let other = ask(&dir, "/other.html", &[]).await;
    assert!(other.header("etag").is_some_and(|tag| tag != "\"v1\""));
    let file = SendFile::new(&path).etag(ETag::strong("v2").unwrap());
    let sent = answer(file, get("/")).await;
    assert_eq!(sent.header("etag"), Some("\"v2\""));
    assert_eq!(sent.header("last-modified"), None);
}

#[tokio::test]
async fn rfc9110_8_8_2_2_a_date_of_the_present_splices_no_states() {
    let temp = TempDir::new();
    let path = temp.file("f.txt", "A".repeat(100));
    let dir = StaticDir::new(temp.path()).unwrap();
    let now = SystemTime::now();
    set_modified(&path, now);
    let first = ask(&dir, "/f.txt", &[]).await;
    let date = first.header("last-modified").unwrap().to_owned();
    // What a client got within the second of the change is another date than the one afterwards.
    let settled = httpdate::fmt_http_date(now);
    assert_ne!(date, settled);
    for (modified, date, expected) in [
        (now, &date, 200),
        (now, &settled, 200),
        (
            now - Duration::from_secs(10),
            &httpdate::fmt_http_date(now - Duration::from_secs(10)),
            200,
        ),
        (
            now - Duration::from_secs(3600),
            &httpdate::fmt_http_date(now - Duration::from_secs(3600)),
            206,
        ),
        (
            now - Duration::from_secs(3600),
            &httpdate::fmt_http_date(now - Duration::from_secs(3599)),
            200,
        ),
    ] {
        set_modified(&path, modified);
        let answer = ask(
            &dir,
            "/f.txt",
            &[("range", "bytes=10-19"), ("if-range", date)],
        )
        .await;
        assert_eq!(answer.status, expected, "{date}");
    }
    // A client that has the first state asks whether there is another: there may be.
    set_modified(&path, now);
    let again = ask(&dir, "/f.txt", &[("if-modified-since", &date)]).await;
    assert_eq!(again.status, 200);
}

#[cfg(unix)]
#[tokio::test]
async fn links_show_no_hidden_file_and_tell_the_type_by_their_own_name() {
    use std::os::unix::fs::symlink;
    let temp = TempDir::new();
    for name in ["0a1b2c", "plain.txt", ".env", ".git/config", "dir/.secret"] {
        temp.file(name, "content");
    }
    let link = |target: &str, name: &str| symlink(target, temp.path().join(name)).unwrap();
    link("0a1b2c", "style.css");
    link("plain.txt", "page.html");
    link(".env", "env.txt");
    link(".git", "git");
    link("dir/.secret", "secret.txt");
    link("env.txt", "twice.txt");
    let outside = TempDir::new();
    outside.file("out.txt", "outside");
    outside.file(".out", "hidden");
    let to = |name: &str| outside.path().join(name);
    symlink(to("out.txt"), temp.path().join("out.css")).unwrap();
    symlink(to(".out"), temp.path().join("out.txt")).unwrap();
    let dir = StaticDir::new(temp.path()).unwrap();
    let kind = async |path: &str| {
        let answer = ask(&dir, path, &[]).await;
        answer.header("content-type").map(str::to_owned)
    };
    assert_eq!(
        kind("/style.css").await.as_deref(),
        Some("text/css; charset=utf-8")
    );
    assert_eq!(
        kind("/page.html").await.as_deref(),
        Some("text/html; charset=utf-8")
    );
    for path in [
        "/env.txt",
        "/git/config",
        "/secret.txt",
        "/twice.txt",
        "/out.css",
        "/out.txt",
    ] {
        assert_eq!(ask(&dir, path, &[]).await.status, 404, "{path}");
    }
    let shown = dir.clone().serve_hidden();
    for path in ["/env.txt", "/git/config", "/secret.txt", "/twice.txt"] {
        assert_eq!(ask(&shown, path, &[]).await.text(), "content", "{path}");
    }
    assert_eq!(ask(&shown, "/out.css", &[]).await.status, 404);
    let followed = dir.clone().follow_links_out();
    let out = ask(&followed, "/out.css", &[]).await;
    assert_eq!(
        (out.text(), out.header("content-type")),
        ("outside", Some("text/css; charset=utf-8"))
    );
    assert_eq!(ask(&followed, "/out.txt", &[]).await.status, 404);
    assert_eq!(ask(&followed, "/env.txt", &[]).await.status, 404);
}

#[cfg(unix)]
#[tokio::test]
async fn a_root_below_a_hidden_directory_is_served() {
    let temp = TempDir::new();
    temp.file(".site/a.txt", "content");
    let dir = StaticDir::new(temp.path().join(".site")).unwrap();
    assert_eq!(ask(&dir, "/a.txt", &[]).await.text(), "content");
}

#[tokio::test]
async fn rfc9110_12_5_3_a_file_is_sent_in_the_coding_that_the_client_wants() {
    let temp = TempDir::new();
    for (name, content) in [
        ("app.js", "plain"),
        ("app.js.br", "brotli"),
        ("app.js.gz", "gzipped"),
        ("only.css", "css"),
        ("index.html", "index"),
        ("index.html.gz", "packed"),
    ] {
        temp.file(name, content);
    }
    let dir = StaticDir::new(temp.path()).unwrap().precompressed();
    for (path, accepted, content, coding) in [
        ("/app.js", "gzip, deflate, br, zstd", "brotli", Some("br")),
        ("/app.js", "gzip", "gzipped", Some("gzip")),
        ("/app.js", "zstd", "plain", None),
        ("/app.js", "zstd, gzip;q=0.1", "gzipped", Some("gzip")),
        ("/app.js", "br;q=0, *", "gzipped", Some("gzip")),
        ("/app.js", "identity, br;q=0.5", "plain", None),
        ("/app.js", "", "plain", None),
        ("/only.css", "br, gzip", "css", None),
        ("/", "gzip", "packed", Some("gzip")),
        ("/app.js.gz", "gzip", "gzipped", None),
    ] {
        let answer = ask(&dir, path, &[("accept-encoding", accepted)]).await;
        assert_eq!(answer.text(), content, "{path} {accepted}");
        assert_eq!(
            answer.header("content-encoding"),
            coding,
            "{path} {accepted}"
        );
        assert_eq!(answer.header("vary"), Some("accept-encoding"));
    }
    let plain = ask(&dir, "/app.js", &[]).await;
    let packed = ask(&dir, "/app.js", &[("accept-encoding", "br")]).await;
    assert_eq!(plain.header("content-type"), packed.header("content-type"));
    // RFC 9110 section 8.8.3.3.
    let tag = packed.header("etag").unwrap();
    assert!(tag.ends_with("-br\"") && plain.header("etag") != Some(tag));
    let again = [("accept-encoding", "br"), ("if-none-match", tag)];
    let again = ask(&dir, "/app.js", &again).await;
    assert_eq!(
        (again.status.as_u16(), again.header("vary")),
        (304, Some("accept-encoding"))
    );
    let off = StaticDir::new(temp.path()).unwrap();
    let off = ask(&off, "/app.js", &[("accept-encoding", "br")]).await;
    assert_eq!((off.text(), off.header("vary")), ("plain", None));
}

#[tokio::test]
async fn a_fallback_is_a_page_of_an_app_and_a_404_has_one_of_its_own() {
    let temp = TempDir::new();
    temp.file("index.html", "the app");
    temp.file("404.html", "not here");
    temp.file("a.txt", "a");
    let dir = || StaticDir::new(temp.path()).unwrap();
    let app = dir().fallback("index.html");
    for path in ["/orders/7", "/..", "/.env", "/a.txt/"] {
        let answer = ask(&app, path, &[]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text()),
            (200, "the app"),
            "{path}"
        );
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8")
        );
    }
    assert_eq!(ask(&app, "/a.txt", &[]).await.text(), "a");
    let site = dir().not_found_page("404.html");
    let headers = [
        ("range", "bytes=0-1"),
        ("if-modified-since", "Fri, 27 Nov 2026 12:00:00 GMT"),
    ];
    let answer = ask(&site, "/orders/7", &headers).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (404, "not here"));
    assert_eq!(
        (answer.header("etag"), answer.header("accept-ranges")),
        (None, None)
    );
    let missing = dir().fallback("missing.html");
    assert_eq!(ask(&missing, "/orders/7", &[]).await.status, 404);
    let post = http::Request::post("/orders/7").body(()).unwrap();
    assert_eq!(answer_status(app, post).await, 405);
}

async fn answer_status(dir: StaticDir, request: http::Request<()>) -> u16 {
    answer(dir, request).await.status.as_u16()
}
