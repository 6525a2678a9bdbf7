//! Runs the programs of the book that serve for ever, each on a port of its own.
//!
//! The lines between `// begin` and `// end` are the book's own; a test compares them.

mod page;

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use gateway_core::view;
use gateway_util::MiddlewareExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

const THIS_FILE: &str = include_str!("programs.rs");

type TestResult = Result<(), Box<dyn Error + Send + Sync>>;

/// The response to a GET, without the fields that are about the connection and the time.
async fn get(address: SocketAddr, path: &str) -> Result<String, Box<dyn Error + Send + Sync>> {
    let mut stream = TcpStream::connect(address).await?;
    let head = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1:8000\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await?;
    let lines = response.split_inclusive('\n');
    let lines = lines.filter(|line| !line.starts_with("connection:") && !line.starts_with("date:"));
    Ok(lines.collect::<String>().replace("\r\n", "\n"))
}

/// The end of a response that says "Hello, World!".
const HELLO: &str = "\n\nHello, World!";

mod first_app {
    // begin
    use gateway_core::{App, Environ, HttpError, view};

    async fn hello(environ: Environ) -> Result<String, HttpError> {
        if environ.path_info() != "/" {
            return Err(HttpError::not_found());
        }
        Ok(format!("Hello from {}!\n", environ.server_name()))
    }

    // end
    pub(crate) fn app() -> impl App {
        // begin
        view(hello)
        // end
    }
}

/// What curl prints is what the page says.
#[tokio::test]
async fn the_first_app_prints_what_the_page_says() -> TestResult {
    let pages = page::pages()?;
    let page = pages
        .iter()
        .find(|page| page.name() == "first-app.md")
        .ok_or("no such page")?;
    let mut outputs = Vec::new();
    for block in page.blocks().filter(|block| block.language == "text") {
        let lines = block
            .text
            .split_inclusive('\n')
            .filter(|line| !line.starts_with("date:"));
        outputs.push(lines.collect::<String>());
    }

    let server = adapter_hyper::Server::bind("127.0.0.1:0").await?;
    let address = server.local_addr().ok_or("no address")?;
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(server.serve_until(first_app::app(), async { drop(stopped.await) }));
    let printed = [get(address, "/").await?, get(address, "/nowhere").await?];
    assert_eq!(printed.as_slice(), outputs);
    drop(stop);
    serving.await??;
    Ok(())
}

#[tokio::test]
async fn on_hyper() -> TestResult {
    // begin
    let app = view(async |_| "Hello, World!");
    // end
    let server = adapter_hyper::Server::bind("127.0.0.1:0").await?;
    let address = server.local_addr().ok_or("no address")?;
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(server.serve_until(app, async { drop(stopped.await) }));
    assert!(get(address, "/").await?.ends_with(HELLO));
    drop(stop);
    serving.await??;
    Ok(())
}

#[tokio::test]
async fn in_axum() -> TestResult {
    use axum::{Router, routing::get, serve::ListenerExt};

    let app = view(async |_| "Hello, World!");
    // begin
    let router: Router = Router::new()
        .route("/native", get(async || "axum's own"))
        .nest_service("/app", adapter_tower::service(app));
    // end
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let serving = tokio::spawn(async move {
        // begin
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, service).await
        // end
    });
    assert!(self::get(address, "/app/x").await?.ends_with(HELLO));
    assert!(
        self::get(address, "/native")
            .await?
            .ends_with("\n\naxum's own")
    );
    serving.abort();
    Ok(())
}

#[test]
fn in_actix() -> TestResult {
    use actix_web::{App, HttpServer, web};

    let app = view(async |_| "Hello, World!");
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
        let address = *server.addrs().first().ok_or("no address")?;
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        assert!(get(address, "/app/x").await?.ends_with(HELLO));
        assert!(get(address, "/native").await?.ends_with("\n\nactix's own"));
        handle.stop(false).await;
        Ok(())
    })
}

/// The request that nginx would send.
#[tokio::test]
async fn behind_a_front_end() -> TestResult {
    use adapter_cgi::{CgiProtocol, CgiServer, CgiService, FrontEnd};

    let app = view(async |_| "Hello, World!");
    // begin
    let service = CgiService::new(app).front_end(FrontEnd::Nginx);
    // end
    let server = CgiServer::bind(CgiProtocol::Scgi, "127.0.0.1:0").await?;
    let address = server.local_addr().ok_or("no address")?;
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(server.serve_service_until(service, async { drop(stopped.await) }));

    let mut head = Vec::new();
    for (name, value) in [
        ("CONTENT_LENGTH", "0"),
        ("SCGI", "1"),
        ("REQUEST_METHOD", "GET"),
        ("REQUEST_URI", "/"),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("HTTP_HOST", "a.example"),
    ] {
        head.extend_from_slice(format!("{name}\0{value}\0").as_bytes());
    }
    let mut stream = TcpStream::connect(address).await?;
    let head = [format!("{}:", head.len()).as_bytes(), &head, b","].concat();
    stream.write_all(&head).await?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await?;
    assert!(response.ends_with("\r\n\r\nHello, World!"), "{response}");
    drop(stop);
    serving.await??;
    Ok(())
}

/// As behind a proxy that sets two fields.
#[tokio::test]
async fn a_server_for_production() -> TestResult {
    use gateway_core::App;

    fn site() -> impl App {
        // begin
        view(async |_| "Hello, World!")
            .limit_input(10 * 1024 * 1024)
            .error_handlers()
            .timeout(Duration::from_secs(60))
            .request_id()
            .access_log()
            // Inside of `proxy_fix`, so that it sees the client's host.
            .trusted_hosts(["example.org", "www.example.org"])
            // One proxy sets these two fields, and removes the client's own.
            .proxy_fix()
            .x_for(1)
            .x_proto(1)
        // end
    }
    let client = gateway_testing::Client::new(site()).origin("http://example.org");
    client
        .get("/")
        .send()
        .await
        .assert_status(200)
        .assert_text("Hello, World!")
        .await;
    let foreign = gateway_testing::Client::new(site()).origin("http://evil.example");
    foreign.get("/").send().await.assert_status(400);
    Ok(())
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
fn what_is_served_here_are_the_book_s_own_lines() -> TestResult {
    let pages = page::pages()?;
    assert!(copied().count() >= 30);
    for line in copied() {
        let is_known = pages
            .iter()
            .any(|page| page.text().lines().any(|known| known.trim() == line));
        assert!(is_known, "not in the book: {line}");
    }
    Ok(())
}
