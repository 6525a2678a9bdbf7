//! The small programs, each started as line 1 of it says and asked over a socket.
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

#[path = "common/process.rs"]
mod process;

use std::net::SocketAddr;

use gateway_conformance::wire::{Protocol, Request, Response, exchange};

use process::{Running, program};

/// Starts a program on a free port.
fn start(path: &str) -> Running {
    let mut command = program(path, &[]);
    command.env("PORT", "0");
    Running::start(command)
}

async fn ask(address: SocketAddr, request: Request) -> Response {
    let answer = exchange(address, Protocol::Http1, &request).await.unwrap();
    assert!(answer.is_complete(), "{answer:?}");
    answer
}

async fn text(address: SocketAddr, target: &str) -> (u16, String) {
    let answer = ask(address, Request::get(target)).await;
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
    let item = ask(address, Request::get("/items/1")).await;
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
    let guarded = Request::get("/anything").header("host", "app.example");
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
    let wrong_method = ask(server.address, Request::post("/items/7")).await;
    assert_eq!(wrong_method.status, 405);
    assert_eq!(wrong_method.header("allow"), Some("GET,HEAD"));
    for upload in [
        Request::post("/v1/upper").body("shout"),
        Request::post("/upper").chunked(["sho", "ut"]),
    ] {
        assert_eq!(ask(server.address, upload).await.text(), "SHOUT");
    }
    let head = ask(server.address, Request::head("/items/7")).await;
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, Some("13"))
    );
    let (status, log) = server.terminate().await;
    assert!(status.success(), "{log}");
}
