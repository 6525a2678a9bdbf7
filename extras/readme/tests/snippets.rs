//! Builds the programs of README and of the book's chapter on mounting as a reader does: each is a crate of its own,
//! with the dependencies that stand above it and no other feature. Then it runs each, and checks the
//! environ that the text promises.
//!
//! Two things are replaced in a program: the app, by one that reports what it sees, and the port.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use std::{fs, thread};

const README: &str = include_str!("../../../README.md");
const MOUNTING: &str = include_str!("../../../book/src/mounting.md");
const FIRST_APP: &str = include_str!("../../../book/src/first-app.md");
const MANIFEST: &str = include_str!("../Cargo.toml");

type TestResult<T = ()> = Result<T, Box<dyn Error>>;

/// An app that reports what it sees.
const FACTS: &str = r#"
async fn facts(environ: gateway_core::Environ) -> String {
    let (script_name, path_info) = (environ.script_name(), environ.path_info());
    format!("{script_name:?} {path_info:?} {:?} {}", environ.remote_addr(), environ.server_name())
}
"#;

/// A handler of axum's that does the same.
const AXUM_FACTS: &str = r#"
async fn facts(
    axum::extract::OriginalUri(sent): axum::extract::OriginalUri,
    uri: axum::http::Uri,
    axum::extract::ConnectInfo(peer): axum::extract::ConnectInfo<std::net::SocketAddr>,
) -> String {
    format!("{sent} {uri} {}", peer.ip())
}
"#;

const APP: &str = r#"view(async |_| "Hello, World!")"#;

#[test]
fn readme_hyper() -> TestResult {
    let program = Program::of(README, "Server::bind")?;
    let server = program
        .replace("view(hello)", "view(facts)", FACTS)
        .serve("readme-hyper")?;
    server.answers("/a%20b", r#""" "/a b" Some(127.0.0.1) a.example"#)
}

#[test]
fn readme_axum() -> TestResult {
    let program = Program::of(README, "nest_service")?;
    let server = program
        .replace(APP, "view(facts)", FACTS)
        .serve("readme-axum")?;
    server.answers("/app/a%20b", r#""/app" "/a b" Some(127.0.0.1) a.example"#)
}

#[test]
fn readme_actix() -> TestResult {
    let program = Program::of(README, "mount(\"/app\"")?;
    let server = program
        .replace(APP, "view(facts)", FACTS)
        .serve("readme-actix")?;
    server.answers("/app/a%20b", r#""/app" "/a b" Some(127.0.0.1) a.example"#)
}

#[test]
fn readme_axum_inside_actix() -> TestResult {
    let program = Program::of(README, "tower_app")?;
    let handler = r#"async || "Hello from axum!""#;
    let server = program
        .replace(handler, "facts", AXUM_FACTS)
        .serve("readme-axum-inside-actix")?;
    server.answers("/v2/hello?x=%20", "/v2/hello?x=%20 /hello?x=%20 127.0.0.1")
}

#[test]
fn mounting_hyper() -> TestResult {
    let program = Program::of(MOUNTING, "Server::bind(\"")?;
    let server = program
        .replace(APP, "view(facts)", FACTS)
        .serve("mounting-hyper")?;
    server.answers("/a%20b", r#""" "/a b" Some(127.0.0.1) a.example"#)
}

#[test]
fn mounting_hyper_util() -> TestResult {
    let program = Program::of(MOUNTING, "service_with(")?;
    let server = program
        .replace(APP, "view(facts)", FACTS)
        .serve("mounting-hyper-util")?;
    server.answers("/a%20b", r#""" "/a b" Some(127.0.0.1) a.example"#)
}

#[test]
fn mounting_axum() -> TestResult {
    let program = Program::of(MOUNTING, "tap_io")?;
    let server = program
        .replace(APP, "view(facts)", FACTS)
        .serve("mounting-axum")?;
    server.answers("/native", "axum's own")?;
    server.answers("/app/a%20b", r#""/app" "/a b" Some(127.0.0.1) a.example"#)
}

#[test]
fn mounting_actix() -> TestResult {
    let program = Program::of(MOUNTING, "HttpServer::new")?;
    let server = program
        .replace(APP, "view(facts)", FACTS)
        .serve("mounting-actix")?;
    server.answers("/native", "actix's own")?;
    server.answers("/app/a%20b", r#""/app" "/a b" Some(127.0.0.1) a.example"#)
}

/// Built only: the book's own tests send it what nginx would send.
#[test]
fn mounting_behind_a_front_end() -> TestResult {
    Program::of(MOUNTING, "bind_unix")?
        .build("mounting-front-end")
        .map(drop)
}

/// A program of a page, with the dependencies that stand above it.
struct Program {
    dependencies: String,
    code: String,
}

impl Program {
    /// The program in which a text stands.
    fn of(page: &str, text: &str) -> TestResult<Self> {
        let mut dependencies = None;
        // What is between fences is every second piece.
        for block in page.split("```").skip(1).step_by(2) {
            if let Some(lines) = block.strip_prefix("toml\n[dependencies]\n") {
                dependencies = Some(lines);
            } else if let Some(code) = block.strip_prefix("rust,no_run\n")
                && code.contains(text)
            {
                assert!(
                    !code.lines().any(|line| line.starts_with("# ")),
                    "hidden lines: {code}"
                );
                let dependencies = dependencies.ok_or("no dependencies above the program")?;
                let (code, dependencies) = (code.to_owned(), dependencies.to_owned());
                return Ok(Self { dependencies, code });
            }
        }
        Err(format!("no program with {text}").into())
    }

    fn replace(mut self, app: &str, by: &str, facts: &str) -> Self {
        assert_eq!(
            self.code.matches(app).count(),
            1,
            "{app} in:\n{}",
            self.code
        );
        self.code = self.code.replace(app, by) + facts;
        self
    }

    /// Builds the program as a crate.
    fn build(&self, name: &str) -> TestResult<PathBuf> {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let folder = temporary.join(name);
        fs::create_dir_all(folder.join("src"))?;
        let root = own.join("../..").canonicalize()?;
        let dependencies = self
            .dependencies
            .replace("../gateway/", &format!("{}/", root.display()));
        fs::write(
            folder.join("Cargo.toml"),
            format!(
                "[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{dependencies}"
            ),
        )?;
        // A view that was replaced is not used.
        fs::write(
            folder.join("src/main.rs"),
            format!("#![allow(dead_code)]\n{}", self.code),
        )?;
        // The versions of this crate, which was built with all dependencies.
        fs::copy(own.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        let target = temporary.parent().ok_or("no folder for builds")?;
        let status = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--offline", "--target-dir"])
            .arg(target)
            .current_dir(&folder)
            .status()?;
        assert!(status.success(), "{name} does not compile:\n{}", self.code);
        Ok(target.join("debug").join(name))
    }

    fn serve(mut self, name: &str) -> TestResult<Server> {
        let port = "127.0.0.1:8000";
        assert_eq!(self.code.matches(port).count(), 1, "{}", self.code);
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        self.code = self.code.replace(port, &address.to_string());
        let mut process = Command::new(self.build(name)?).spawn()?;
        let begin = Instant::now();
        while TcpStream::connect(address).is_err() {
            // It is another process: nothing else tells when it listens.
            thread::sleep(Duration::from_millis(20));
            assert!(process.try_wait()?.is_none(), "{name} has ended");
            if begin.elapsed() > Duration::from_secs(60) {
                process.kill()?;
                return Err(format!("{name} does not listen").into());
            }
        }
        Ok(Server { process, address })
    }
}

/// A program that serves.
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    fn answers(&self, path: &str, expected: &str) -> TestResult {
        let response = self.send(&format!("GET {path} HTTP/1.1\r\nhost: a.example\r\n"))?;
        let (head, body) = response.split_once("\r\n\r\n").ok_or("no end of a head")?;
        assert!(head.starts_with("HTTP/1.1 200 "), "{response}");
        assert_eq!(body, expected);
        // E12: the host has told that a connection has parsed the head.
        // A route of the host's own is not the gateway's.
        if !expected.ends_with("'s own") {
            let response = self.send(&format!("GET {path} HTTP/1.1\r\n"))?;
            assert!(response.starts_with("HTTP/1.1 400 "), "{response}");
        }
        Ok(())
    }

    fn send(&self, head: &str) -> TestResult<String> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.write_all(format!("{head}connection: close\r\n\r\n").as_bytes())?;
        let mut response = String::new();
        stream.read_to_string(&mut response)?;
        Ok(response)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn the_dependencies_are_those_of_the_pages() {
    let mut named = Vec::new();
    for page in [README, FIRST_APP, MOUNTING] {
        for block in page.split("```toml\n[dependencies]\n").skip(1) {
            let (lines, _) = block.split_once("\n```").unwrap_or_default();
            // Those of tests are another section.
            let (lines, _) = lines.split_once("\n\n").unwrap_or((lines, ""));
            named.extend(
                lines
                    .lines()
                    .map(|line| line.replace("../gateway/", "../../")),
            );
        }
    }
    named.sort_unstable();
    named.dedup();
    let (_, own) = MANIFEST.split_once("[dependencies]\n").unwrap_or_default();
    let own: Vec<&str> = own.lines().collect();
    assert_eq!(named, own);
}
