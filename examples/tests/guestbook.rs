//! The guest book as a process, over a socket.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};

use bytes::Bytes;
use gateway_conformance::wire::http1::Http1Connection;
use gateway_conformance::wire::{WireRequest, WireResponse};

struct Program {
    child: Child,
    address: SocketAddr,
    _stdout: BufReader<ChildStdout>,
}

impl Program {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_guestbook"))
            .env("PORT", "0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap();
        Self {
            address: address.parse().unwrap(),
            child,
            _stdout: stdout,
        }
    }

    async fn ask(&self, request: WireRequest) -> WireResponse {
        let mut connection = Http1Connection::open(self.address).await.unwrap();
        connection.request(&request).await.unwrap()
    }

    async fn sign(&self, form: impl Into<Bytes>) -> WireResponse {
        let request =
            WireRequest::post("/").header("content-type", "application/x-www-form-urlencoded");
        self.ask(request.body(form.into())).await
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The cookies that an answer sets, as a client sends them back.
fn cookies(response: &WireResponse) -> String {
    let lines = response.header_all("set-cookie");
    let pairs: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.split(';').next())
        .collect();
    pairs.join("; ")
}

#[tokio::test]
async fn a_guest_signs_the_book_and_is_thanked_once() {
    let book = Program::start();
    let page = book.ask(WireRequest::get("/")).await;
    assert_eq!(page.status, 200);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(!page.text().contains("<article>"));

    let signed = book
        .sign("name=%3Cb%3E+%C3%84da&words=%3Cscript%3Ealert(1)%3C%2Fscript%3E")
        .await;
    assert_eq!(signed.status, 303);
    assert_eq!(signed.header("location"), Some("/"));
    let sent = cookies(&signed);
    assert_eq!(
        signed.header_all("set-cookie").len(),
        2,
        "one line each (S8)"
    );

    let page = book
        .ask(WireRequest::get("/").header("cookie", &sent))
        .await;
    let text = page.text();
    assert!(text.contains("Thank you"), "{text}");
    assert!(text.contains("<h2>&lt;b&gt; \u{c4}da</h2>"), "{text}");
    assert!(
        text.contains("&lt;script&gt;") && !text.contains("<script>"),
        "{text}"
    );
    assert!(
        text.contains("value=\"&lt;b&gt; \u{c4}da\""),
        "the name is remembered: {text}"
    );
    let deleted = page.header("set-cookie").unwrap();
    assert!(
        deleted.starts_with("flash=;") && deleted.contains("Max-Age=0"),
        "{deleted}"
    );

    let page = book.ask(WireRequest::get("/")).await;
    assert!(!page.text().contains("Thank you"));
    assert!(page.text().contains("<article>"));
}

#[tokio::test]
async fn bad_input_is_answered_and_adds_nothing() {
    let book = Program::start();
    let incomplete = book.sign("name=+&words=x").await;
    assert_eq!(incomplete.status, 303);
    assert!(cookies(&incomplete).contains("flash=incomplete"));
    assert_eq!(book.sign("words=x").await.status, 400);
    assert_eq!(book.sign("x".repeat(17 * 1024)).await.status, 413);
    // A browser keeps to `maxlength`; others do not.
    let wide = format!("name={}&words=x", "n".repeat(81));
    assert_eq!(book.sign(wide).await.status, 422);
    let plain = WireRequest::post("/").header("content-type", "text/plain");
    assert_eq!(book.ask(plain.body("name=a&words=b")).await.status, 415);
    let put = book.ask(WireRequest::new("PUT", "/")).await;
    assert_eq!(put.status, 405);
    assert_eq!(put.header("allow"), Some("GET, HEAD, POST, OPTIONS"));
    assert_eq!(book.ask(WireRequest::get("/nowhere")).await.status, 404);
    let forged = WireRequest::get("/").header("cookie", "flash=<b>; name=zz; flash");
    let page = book.ask(forged).await;
    assert_eq!(page.status, 200);
    assert!(!page.text().contains("role=status"));
    assert!(!page.text().contains("<article>"));
    let head = book.ask(WireRequest::head("/")).await;
    assert!(head.header("content-length").is_some());
}
