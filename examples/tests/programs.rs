//! The small programs, each started as line 1 of it says and asked over a socket.
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

#[path = "common/process.rs"]
mod process;

use std::net::SocketAddr;

use gateway_conformance::wire::{Protocol, WireRequest, WireResponse, exchange, http1};

use process::{Running, program};

/// Starts a program on a free port.
fn start(path: &str) -> Running {
    start_with(path, &[])
}

fn start_with(path: &str, arguments: &[&str]) -> Running {
    let mut command = program(path, arguments);
    command.env("PORT", "0");
    Running::start(command)
}

async fn ask(address: SocketAddr, request: WireRequest) -> WireResponse {
    let answer = exchange(address, Protocol::Http1, &request).await.unwrap();
    assert!(answer.is_complete(), "{answer:?}");
    answer
}

async fn text(address: SocketAddr, target: &str) -> (u16, String) {
    let answer = ask(address, WireRequest::get(target)).await;
    (answer.status, answer.text())
}

/// What both programs with an app beside native handlers answer.
async fn assert_mounted(address: SocketAddr) {
    for (target, body) in [
        ("/app", "[\"/app\",\"\"]\n"),
        ("/app/a%2Fb//c/?d", "[\"/app\",\"/a/b//c/\"]\n"),
        ("/u/ada/app/x", "[\"/u/ada/app\",\"/x\"]\n"),
        ("/items/1", "item 1\n"),
    ] {
        assert_eq!(text(address, target).await, (200, body.into()), "{target}");
    }
    let item = ask(address, WireRequest::get("/items/1")).await;
    assert_eq!(item.header("x-my-header"), Some("foo"));
    let (status, page) = text(address, "/items/2").await;
    assert_eq!(status, 404);
    assert!(page.contains("<h1>Not Found</h1>"), "{page}");
    // A prefix ends where a segment ends.
    let (status, page) = text(address, "/apple").await;
    assert_eq!((status, page.as_str()), (404, ""));
}

#[tokio::test]
async fn actix_mount() {
    let server = start(env!("CARGO_BIN_EXE_actix_mount"));
    assert_mounted(server.address).await;
    let native = text(server.address, "/").await;
    assert_eq!(native, (200, "actix was here first\n".into()));
    let guarded = WireRequest::get("/anything").header("host", "app.example");
    let guarded = ask(server.address, guarded).await;
    assert_eq!(guarded.text(), "[\"\",\"/anything\"]\n");
    let (status, log) = server.terminate().await;
    assert!(status.success(), "{log}");
}

#[tokio::test]
async fn axum_mount() {
    let server = start(env!("CARGO_BIN_EXE_axum_mount"));
    assert_mounted(server.address).await;
    let native = text(server.address, "/").await;
    assert_eq!(native, (200, "axum was here first\n".into()));
}

#[tokio::test]
async fn axum_in_actix() {
    let server = start(env!("CARGO_BIN_EXE_axum_in_actix"));
    for (target, status, body) in [
        // What has moved, and where the router still has it.
        ("/moved", 200, "actix\n"),
        ("/v1/moved", 200, "axum"),
        ("/", 200, "<p>axum's own page\n"),
        ("/v1", 200, "<p>axum's own page\n"),
        ("/v1/", 200, "<p>axum's own page\n"),
        ("/items/7", 200, "axum: item 7\n"),
        ("/v1/items/7?x", 200, "axum: item 7\n"),
        ("/nowhere", 404, "axum: nothing here\n"),
        ("/v1/nowhere", 404, "axum: nothing here\n"),
        ("/v10/items/7", 404, "axum: nothing here\n"),
    ] {
        let answer = text(server.address, target).await;
        assert_eq!(answer, (status, body.into()), "{target}");
    }
    // axum's extractors refuse as they do in axum.
    assert_eq!(text(server.address, "/items/x").await.0, 400);
    let wrong_method = ask(server.address, WireRequest::post("/items/7")).await;
    assert_eq!(wrong_method.status, 405);
    assert_eq!(wrong_method.header("allow"), Some("GET,HEAD"));
    for upload in [
        WireRequest::post("/v1/upper").body("shout"),
        WireRequest::post("/upper").chunked(["sho", "ut"]),
    ] {
        assert_eq!(ask(server.address, upload).await.text(), "SHOUT");
    }
    let head = ask(server.address, WireRequest::head("/items/7")).await;
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, Some("13"))
    );
    let (status, log) = server.terminate().await;
    assert!(status.success(), "{log}");
}

#[tokio::test]
async fn actix_in_axum() {
    let server = start(env!("CARGO_BIN_EXE_actix_in_axum"));
    for (target, status, body) in [
        // What has moved, and where the old application still has it.
        ("/moved", 200, "axum\n"),
        ("/v1/moved", 200, "actix\n"),
        ("/", 200, "actix's own page\n"),
        ("/v1", 200, "actix's own page\n"),
        ("/items/7", 200, "actix: item 7\n"),
        ("/v1/items/7?x", 200, "actix: item 7\n"),
        ("/nowhere", 404, "actix: nothing here\n"),
        ("/v10/items/7", 404, "actix: nothing here\n"),
    ] {
        let answer = text(server.address, target).await;
        assert_eq!(answer, (status, body.into()), "{target}");
    }
    // actix's extractors refuse as they do in actix.
    assert_eq!(text(server.address, "/items/x").await.0, 404);
    for upload in [
        WireRequest::post("/v1/upper").body("shout"),
        WireRequest::post("/upper").chunked(["sho", "ut"]),
    ] {
        assert_eq!(ask(server.address, upload).await.text(), "SHOUT");
    }
    let head = ask(server.address, WireRequest::head("/items/7")).await;
    // actix has no route for HEAD here.
    assert_eq!(head.status, 404);
    let (status, log) = server.terminate().await;
    assert!(status.success(), "{log}");
}

/// "Aladdin" and "open sesame".
const CREDENTIALS: &str = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";

#[tokio::test]
async fn compose() {
    let server = start(env!("CARGO_BIN_EXE_compose"));
    let page = ask(server.address, WireRequest::get("/")).await;
    assert_eq!(
        (page.status, page.header("x-places-left")),
        (200, Some("7"))
    );
    assert!(page.header("x-request-id").is_some());
    let tag = page.header("etag").unwrap();
    let again = WireRequest::get("/").header("if-none-match", tag);
    assert_eq!(ask(server.address, again).await.status, 304);

    let notes = |request: WireRequest| {
        let request = request.header("authorization", CREDENTIALS);
        let request = request.header("x-forwarded-for", "6.6.6.6, 192.0.2.7");
        ask(server.address, request)
    };
    let read = notes(WireRequest::get("/notes")).await;
    assert_eq!(
        read.text(),
        "{\"notes\":[\"buy milk\"],\"user\":\"Aladdin\"}\n"
    );
    let add = |note: String| {
        let request = WireRequest::post("/notes").header("content-type", "application/json");
        notes(request.body(note))
    };
    assert_eq!(add("\"buy bread\"".into()).await.status, 201);
    assert_eq!(add("buy bread".into()).await.status, 400);
    assert_eq!(add(format!("\"{}\"", "x".repeat(2000))).await.status, 413);
    let put = notes(WireRequest::new("PUT", "/notes")).await;
    let allow = Some("GET, HEAD, POST, OPTIONS");
    assert_eq!((put.status, put.header("allow")), (405, allow));

    let refused = ask(server.address, WireRequest::get("/notes")).await;
    assert_eq!(refused.status, 401);
    assert!(refused.header("www-authenticate").is_some());
    let nowhere = WireRequest::get("/nope").header("accept", "application/json");
    let nowhere = ask(server.address, nowhere).await;
    assert_eq!(nowhere.status, 404);
    assert_eq!(
        nowhere.header("content-type"),
        Some("application/problem+json")
    );

    let (status, log) = server.terminate().await;
    assert!(status.success(), "{log}");
    let line = log
        .lines()
        .find(|line| line.contains("GET /notes"))
        .unwrap();
    assert!(line.starts_with("192.0.2.7 - "), "{line}");
    assert_eq!(log.lines().count(), 9, "{log}");
}

#[tokio::test]
async fn compose_sheds_what_is_too_much() {
    let server = start(env!("CARGO_BIN_EXE_compose"));
    let mut clocks = Vec::new();
    for _ in 0..8 {
        let mut clock = http1::Http1Connection::open(server.address).await.unwrap();
        clock
            .send_request(&WireRequest::get("/clock"))
            .await
            .unwrap();
        let head = clock.read_head("GET").await.unwrap();
        assert_eq!(head.header("content-type"), Some("text/event-stream"));
        clocks.push(clock);
    }
    let refused = ask(server.address, WireRequest::get("/")).await;
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (503, Some("1"))
    );
    // One client leaves. The server hears of it in its own time; the test's patience is that of
    // whoever runs it.
    clocks.pop();
    while ask(server.address, WireRequest::get("/")).await.status != 200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn static_site() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/public");
    let server = start_with(env!("CARGO_BIN_EXE_static_site"), &[directory]);
    let index = ask(server.address, WireRequest::get("/")).await;
    assert_eq!(
        index.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let tag = index.header("etag").unwrap();
    let again = WireRequest::get("/").header("if-none-match", tag);
    assert_eq!(ask(server.address, again).await.status, 304);
    let part = WireRequest::get("/poem.txt").header("range", "bytes=0-8");
    let part = ask(server.address, part.header("accept-encoding", "gzip")).await;
    assert_eq!((part.status, part.text().as_str()), (206, "The bytes"));

    let packed = WireRequest::get("/poem.txt").header("accept-encoding", "gzip");
    let packed = ask(server.address, packed).await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert!(packed.header("etag").unwrap().starts_with("W/"));
    for path in ["/nope", "/..%2FCargo.toml", "/%2e%2e/Cargo.toml"] {
        let (status, page) = text(server.address, path).await;
        assert_eq!((status, page.contains("Not here")), (404, true), "{path}");
    }
    let (status, log) = server.terminate().await;
    assert!(status.success(), "{log}");
}
