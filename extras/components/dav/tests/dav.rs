//! A WebDAV server on every stack.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::future::ready;
use std::path::Path;
use std::sync::Arc;

use dav_server::DavHandler;
use dav_server::localfs::LocalFs;
use dav_server::memfs::MemFs;
use dav_server::memls::MemLs;
use gateway_conformance::wire::http1::Http1Connection;
use gateway_conformance::wire::{Protocol, WireRequest, WireResponse, exchange};
use gateway_core::{App, AppExt as _, Ended, Environ, Gateway, Outcome, RequestSummary, VarName};
use gateway_dav::Dav;
use gateway_testing::Client;
use gateway_util::{MiddlewareExt as _, Mount};
use stacks::{Stack, TestServer};
use tokio::sync::mpsc;

type TestResult = Result<(), Box<dyn std::error::Error>>;

fn in_memory() -> DavHandler {
    let files = DavHandler::builder().filesystem(MemFs::new());
    files.locksystem(MemLs::new()).build_handler()
}

fn in_directory(path: &Path) -> DavHandler {
    let files = LocalFs::new(path, false, false, false);
    DavHandler::builder().filesystem(files).build_handler()
}

/// Below two prefixes, one of which is not what its URL shows.
fn site(dav: Dav) -> impl App {
    Mount::new().at("/my files", Mount::new().at("/dav", dav))
}

const AT: &str = "/my%20files/dav";

#[tokio::test]
async fn a_client_goes_through_the_methods() -> TestResult {
    for stack in Stack::ALL {
        let server = TestServer::start(stack, "", site(Dav::new(in_memory())))?;
        for protocol in Protocol::ALL {
            round(&server, protocol, &format!("{stack}, {protocol:?}")).await;
        }
        server.end().await?;
    }
    Ok(())
}

/// A round through the methods; it leaves nothing behind.
async fn round(server: &TestServer, protocol: Protocol, what: &str) {
    let send = async |request: WireRequest| -> WireResponse {
        let answer = exchange(server.address(), protocol, &request)
            .await
            .unwrap();
        assert!(answer.is_complete(), "{what}: {answer:?}");
        answer
    };
    let new = |method: &str, path: &str| WireRequest::new(method, format!("{AT}{path}"));
    let expect = async |request: WireRequest, status: u16| {
        let answer = send(request).await;
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        answer
    };
    let options = expect(new("OPTIONS", "/"), 200).await;
    assert!(options.header("dav").unwrap().starts_with('1'), "{what}");
    expect(new("MKCOL", "/d"), 201).await;
    let put = new("PUT", "/d/a%20b.txt");
    expect(put.clone().body("first"), 201).await;
    expect(put.chunked(["sec", "ond"]), 204).await;

    let get = expect(new("GET", "/d/a%20b.txt"), 200).await;
    assert_eq!(get.text(), "second", "{what}");
    assert_eq!(get.header("content-length"), Some("6"), "{what}");
    let head = expect(new("HEAD", "/d/a%20b.txt"), 200).await;
    assert_eq!(head.header("content-length"), Some("6"), "{what}");
    let part = new("GET", "/d/a%20b.txt").header("range", "bytes=1-2");
    assert_eq!(expect(part, 206).await.text(), "ec", "{what}");
    let etag = get.header("etag").unwrap();
    expect(
        new("GET", "/d/a%20b.txt").header("if-none-match", etag),
        304,
    )
    .await;

    // Links begin at the mount.
    let list = expect(new("PROPFIND", "/d/").header("depth", "1"), 207).await;
    let link = format!("<D:href>{AT}/d/a%20b.txt</D:href>");
    assert!(list.text().contains(&link), "{what}: {}", list.text());

    let to = |path: &str| format!("http://{}{path}", server.address());
    let copy = new("COPY", "/d/a%20b.txt").header("destination", to(&format!("{AT}/d/c.txt")));
    expect(copy, 201).await;
    // What is outside of the mount is not this server's.
    let outside = new("MOVE", "/d/a%20b.txt").header("destination", to("/elsewhere"));
    expect(outside, 502).await;
    let moved = new("MOVE", "/d/a%20b.txt").header("destination", to(&format!("{AT}/d/b.txt")));
    expect(moved, 201).await;
    expect(new("GET", "/d/a%20b.txt"), 404).await;
    expect(new("DELETE", "/d/"), 204).await;
    expect(new("GET", "/d/c.txt"), 404).await;
}

#[tokio::test]
async fn b3_an_upload_is_written_as_it_comes() -> TestResult {
    for stack in Stack::ALL {
        let directory = tempfile::tempdir()?;
        let server = TestServer::start(stack, "", site(Dav::new(in_directory(directory.path()))))?;
        let mut upload = Http1Connection::open(server.address()).await?;
        let begin = format!(
            "PUT {AT}/a.txt HTTP/1.1\r\nHost: {}\r\nTransfer-Encoding: chunked\r\n\r\n",
            server.address()
        );
        upload.send(begin).await?;
        upload.send_chunk("first ").await?;
        // The client sends nothing more until this was written.
        let file = directory.path().join("a.txt");
        while !fs::read(&file).is_ok_and(|bytes| bytes == b"first ") {
            tokio::task::yield_now().await;
        }
        upload.send_chunk("second").await?;
        upload.send_last_chunk().await?;
        assert_eq!(upload.read_head("PUT").await?.status, 201, "{stack}");
        assert_eq!(fs::read(&file)?, b"first second", "{stack}");
        drop(upload);
        server.end().await?;
    }
    Ok(())
}

#[tokio::test]
async fn b3_a_download_is_read_as_it_is_taken() -> TestResult {
    const SIZE: u64 = 1 << 30;
    for stack in Stack::ALL {
        let directory = tempfile::tempdir()?;
        fs::File::create(directory.path().join("large"))?.set_len(SIZE)?;
        let (sender, mut outcomes) = mpsc::unbounded_channel();
        let observer = Arc::new(move |_: &RequestSummary, outcome: &Outcome| {
            let _ = sender.send(outcome.clone());
        });
        let dav = site(Dav::new(in_directory(directory.path())));
        let observed = dav.on_request(move |mut environ: Environ| {
            environ.observe(observer.clone());
            ready(Ok(environ))
        });
        let server = TestServer::start(stack, "", observed)?;
        let mut download = Http1Connection::open(server.address()).await?;
        let request = WireRequest::get(format!("{AT}/large"));
        download.send_request(&request).await?;
        let head = download.read_head("GET").await?;
        let length = SIZE.to_string();
        assert_eq!(
            head.header("content-length"),
            Some(length.as_str()),
            "{stack}"
        );
        assert!(download.read_chunk().await?.is_some(), "{stack}");
        download.reset()?;
        let outcome = outcomes.recv().await.unwrap();
        assert_eq!(outcome.ended(), Ended::ClientGone, "{stack}");
        assert!(outcome.body_bytes() < SIZE / 4, "{stack}: {outcome:?}");
        server.end().await?;
    }
    Ok(())
}

#[tokio::test]
async fn i3_i4_an_upload_that_fails_has_the_status_of_its_fault() -> TestResult {
    for stack in Stack::ALL {
        let dav = Dav::new(in_memory()).limit_uploads(10);
        let server = TestServer::start(stack, "", site(dav))?;
        for protocol in Protocol::ALL {
            let put = WireRequest::new("PUT", format!("{AT}/a.txt"));
            for (request, status) in [
                (put.clone().body("0123456789"), [201, 204]),
                (put.clone().body("0123456789a"), [413, 413]),
                (put.clone().chunked(["01234567", "89a"]), [413, 413]),
            ] {
                let answer = exchange(server.address(), protocol, &request).await?;
                assert!(
                    status.contains(&answer.status),
                    "{stack}, {protocol:?}: {answer:?}"
                );
            }
        }
        server.end().await?;
    }
    // A host whose client has left sends nothing: in process it is seen.
    let gateway = Gateway::new(Dav::new(in_memory()));
    let (parts, ()) = http::Request::put("/a.txt")
        .header("content-length", "10")
        .body(())?
        .into_parts();
    let cut = gateway_core::IntoInput::into_input(bytes::Bytes::from("short"));
    let response = gateway.handle(gateway.environ(parts, cut)).await;
    assert_eq!(response.status(), 400);
    Ok(())
}

#[tokio::test]
async fn a_lock_belongs_to_the_user_of_the_environ() -> TestResult {
    const REMOTE_USER: VarName = VarName::new("REMOTE_USER");
    for stack in Stack::ALL {
        let dav = Dav::new(in_memory()).on_request(|mut environ: Environ| {
            let user = environ.header("x-user").map(|user| user.to_string());
            environ.set_var(REMOTE_USER, user.unwrap_or_default());
            ready(Ok(environ))
        });
        let server = TestServer::start(stack, "", dav)?;
        let lock = WireRequest::new("LOCK", "/a.txt").body(concat!(
            r#"<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>"#,
            "<D:locktype><D:write/></D:locktype></D:lockinfo>",
        ));
        let locked = exchange(
            server.address(),
            Protocol::Http1,
            &lock.header("x-user", "ada"),
        )
        .await?;
        let token = locked.header("lock-token").unwrap().to_owned();
        let put = |user: &str| {
            WireRequest::new("PUT", "/a.txt")
                .header("x-user", user)
                .header("if", format!("({token})"))
                .body("x")
        };
        let of = async |user: &str| {
            let answer = exchange(server.address(), Protocol::Http1, &put(user)).await;
            answer.unwrap().status
        };
        assert_eq!(of("eve").await, 423, "{stack}");
        assert!(of("ada").await < 300, "{stack}");
        server.end().await?;
    }
    Ok(())
}

#[tokio::test]
async fn m2_the_lint_finds_nothing() -> TestResult {
    let client = Client::new(site(Dav::new(in_memory())).boxed()).mounted_at("/here");
    let at = |path: &str| format!("{AT}{path}");
    let requests = [
        ("OPTIONS", "/", 200),
        ("PUT", "/a.txt", 201),
        ("PUT", "/a.txt", 204),
        ("GET", "/a.txt", 200),
        ("HEAD", "/a.txt", 200),
        ("PROPFIND", "/", 207),
        ("PATCH", "/a.txt", 415),
        ("DELETE", "/a.txt", 204),
        ("GET", "/a.txt", 404),
        ("BREW", "/a.txt", 501),
    ];
    for (method, path, status) in requests {
        let request = client.request(method.parse()?, &at(path));
        let response = request.send().await;
        response.assert_status(status);
    }
    Ok(())
}
