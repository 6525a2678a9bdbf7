//! Checks that the programs of the book's chapter on mounting, with its dependencies and those of
//! README, give the environ that its text promises.
//!
//! Each test serves the program's router or application on its own port. An app that reports
//! what it sees replaces the app of the program.

use std::error::Error;
use std::net::SocketAddr;

use gateway_core::{Environ, view};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const MOUNTING: &str = include_str!("../../../book/src/mounting.md");
const PAGES: [&str; 3] = [
    include_str!("../../../README.md"),
    include_str!("../../../book/src/first-app.md"),
    MOUNTING,
];
const MANIFEST: &str = include_str!("../Cargo.toml");
const THIS_FILE: &str = include_str!("snippets.rs");

type TestResult = Result<(), Box<dyn Error>>;

async fn facts(environ: Environ) -> String {
    let peer = environ.remote_addr().map(|addr| addr.to_string());
    format!(
        "{:?} {:?} {peer:?}",
        environ.script_name().to_string(),
        environ.path_info().to_string()
    )
}

const PROMISED: &str = r#""/app" "/a b" Some("127.0.0.1")"#;

async fn get(address: SocketAddr, path: &str) -> Result<String, Box<dyn Error>> {
    let mut stream = TcpStream::connect(address).await?;
    let head = format!("GET {path} HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (_, body) = answer.split_once("\r\n\r\n").ok_or("no end of a head")?;
    Ok(body.to_owned())
}

#[tokio::test]
async fn axum() -> TestResult {
    use axum::{Router, routing::get, serve::ListenerExt};

    let app = view(facts);
    // begin
    let router: Router = Router::new()
        .route("/native", get(async || "axum's own"))
        .nest_service("/app", adapter_tower::service(app));
    // end
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        // begin
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, service).await
        // end
    });
    assert_eq!(self::get(address, "/app/a%20b").await?, PROMISED);
    assert_eq!(self::get(address, "/native").await?, "axum's own");
    Ok(())
}

#[test]
fn actix() -> TestResult {
    use actix_web::{App, HttpServer, web};

    let app = view(facts);
    actix_web::rt::System::new().block_on(async {
        let server =
            // begin
            HttpServer::new(move || {
                App::new()
                    .route("/native", web::get().to(async || "actix's own"))
                    .service(adapter_actix::mount("/app", app))
            })
            .tcp_nodelay(true)
            // end
            .workers(1)
            .disable_signals()
            .bind("127.0.0.1:0")?;
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        assert_eq!(get(address, "/app/a%20b").await?, PROMISED);
        assert_eq!(get(address, "/native").await?, "actix's own");
        handle.stop(false).await;
        Ok(())
    })
}

/// The lines between the marks of this file, without their indentation.
fn copied() -> impl Iterator<Item = &'static str> {
    let mut is_copied = false;
    THIS_FILE.lines().map(str::trim).filter(move |line| {
        match *line {
            "// begin" => is_copied = true,
            "// end" => is_copied = false,
            line => return is_copied && !line.is_empty(),
        }
        false
    })
}

#[test]
fn what_is_served_here_are_the_chapter_s_own_lines() {
    assert!(copied().count() >= 12);
    for line in copied() {
        assert!(
            MOUNTING.lines().any(|known| known.trim() == line),
            "not in the chapter: {line}"
        );
    }
}

#[test]
fn the_dependencies_are_those_of_the_pages() {
    let mut named = Vec::new();
    for page in PAGES {
        for block in page.split("```toml\n[dependencies]\n").skip(1) {
            let (lines, _) = block.split_once("\n```").unwrap_or_default();
            // Those of tests are another section.
            let (lines, _) = lines.split_once("\n\n").unwrap_or((lines, ""));
            named.extend(lines.lines().map(|line| line.replace("../gateway/", "../../")));
        }
    }
    named.sort_unstable();
    named.dedup();
    let (_, own) = MANIFEST.split_once("[dependencies]\n").unwrap_or_default();
    let own: Vec<&str> = own.lines().collect();
    assert_eq!(named, own);
}
