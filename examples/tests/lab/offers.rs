//! Offers that a hostile client makes: a switch only where RFC 6455 and RFC 9110 allow one, and nothing behind
//! an offer is read in two ways.

use examples::Stack;
use gateway_conformance::wire::http1::Http1Connection;
use gateway_conformance::wire::http2::Http2Connection;
use gateway_conformance::wire::{WireError, WireRequest};

use crate::Server;

const KEY: &str = "sec-websocket-key";
const VERSION: &str = "sec-websocket-version";

/// What is on the connection behind the offer.
const BEHIND: &str = "GET /lab/raw/behind HTTP/1.1\r\nhost: a\r\n\r\n";

/// A request, and the status of its response. It begins as a whole handshake.
struct Row {
    name: &'static str,
    line: &'static str,
    fields: Vec<(&'static str, &'static str)>,
    body: &'static str,
    status: u16,
    on_actix: u16,
}

fn row(name: &'static str, status: u16) -> Row {
    Row {
        name,
        line: "GET /lab/ws HTTP/1.1",
        fields: vec![
            ("connection", "upgrade"),
            ("upgrade", "websocket"),
            (KEY, "dGhlIHNhbXBsZSBub25jZQ=="),
            (VERSION, "13"),
        ],
        body: "",
        status,
        on_actix: status,
    }
}

impl Row {
    fn line(self, line: &'static str) -> Self {
        Self { line, ..self }
    }

    fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(one, _)| *one != name);
        self
    }

    fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.fields.push((name, value));
        self
    }

    fn set(self, name: &'static str, value: &'static str) -> Self {
        self.without(name).with(name, value)
    }

    fn body(self, body: &'static str) -> Self {
        Self { body, ..self }
    }

    fn on_actix(self, status: u16) -> Self {
        Self {
            on_actix: status,
            ..self
        }
    }

    fn bytes(&self) -> String {
        let fields = self.fields.iter();
        let fields = fields.map(|(name, value)| format!("{name}: {value}\r\n"));
        let fields: String = fields.collect();
        format!("{}\r\nhost: a\r\n{fields}\r\n{}", self.line, self.body)
    }

    fn status_on(&self, stack: Stack) -> u16 {
        match stack {
            Stack::Actix => self.on_actix,
            _ => self.status,
        }
    }
}

fn rows() -> Vec<Row> {
    vec![
        row("whole", 101),
        row("no key", 400).without(KEY),
        row("two keys", 400).with(KEY, "dGhlIHNhbXBsZSBub25jZQ=="),
        row("two keys in a line", 400).set(KEY, "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZQ=="),
        row("a key of 15 bytes", 400).set(KEY, "AAAAAAAAAAAAAAAAAAAA"),
        row("a key that is no base64", 400).set(KEY, "!!!!!!!!!!!!!!!!!!!!!!=="),
        row("no version", 426).without(VERSION),
        row("version 12", 426).set(VERSION, "12"),
        row("version 013", 426).set(VERSION, "013"),
        row("version 13 and 8", 426).with(VERSION, "8"),
        row("an unknown token", 426).set("upgrade", "nonsense"),
        row("h2c", 426).set("upgrade", "h2c"),
        row("a token with a number", 426).set("upgrade", "websocket/13"),
        row("a longer token", 426).set("upgrade", "websockets"),
        row("no token", 426).set("upgrade", "\"websocket\""),
        row("an empty Upgrade", 426).set("upgrade", ""),
        row("another case", 101).set("upgrade", "WebSocket"),
        // U1: actix switches for `websocket` alone.
        row("a mixed list", 101)
            .set("upgrade", "nonsense, websocket")
            .on_actix(426),
        row("an empty item", 101)
            .set("upgrade", ",websocket,")
            .on_actix(426),
        row("two lines", 101)
            .with("upgrade", "nonsense")
            .on_actix(426),
        row("no Connection", 426).without("connection"),
        row("no Upgrade", 426).without("upgrade"),
        row("another option", 426).set("connection", "keep-alive"),
        row("an option that contains it", 426).set("connection", "x-upgrade"),
        row("one of two options", 101).set("connection", "keep-alive, Upgrade"),
        row("another origin", 403).with("origin", "http://evil.example"),
        row("a hidden origin", 403).with("origin", "null"),
        row("HTTP/1.0", 426).line("GET /lab/ws HTTP/1.0"),
        row("POST", 405)
            .line("POST /lab/ws HTTP/1.1")
            .with("content-length", "0"),
        row("PUT", 405)
            .line("PUT /lab/ws HTTP/1.1")
            .with("content-length", "0"),
        row("an unknown method", 405).line("GETS /lab/ws HTTP/1.1"),
        row("a plain CONNECT", 501).line("CONNECT a:80 HTTP/1.1"),
        row("two hosts", 400).with("host", "b"),
        // actix's parser refuses it before the gateway does.
        row("another coding", 501)
            .with("transfer-encoding", "gzip, chunked")
            .on_actix(400),
        row("a decline", 403).line("GET /lab/ws/refuse HTTP/1.1"),
        row("a page", 200).line("GET /lab/raw/x HTTP/1.1"),
        row("a body", 426).with("content-length", "3").body("abc"),
        row("a chunked body", 426)
            .with("transfer-encoding", "chunked")
            .body("3\r\nabc\r\n0\r\n\r\n"),
        row("an empty chunked body", 426)
            .with("transfer-encoding", "chunked")
            .body("0\r\n\r\n"),
        row("POST with a body", 405)
            .line("POST /lab/ws HTTP/1.1")
            .with("content-length", "3")
            .body("abc"),
    ]
}

async fn hostile_offers_switch_nothing(server: Server) {
    for row in rows() {
        let name = row.name;
        let mut connection = Http1Connection::open(server.address).await.unwrap();
        let bytes = row.bytes() + BEHIND;
        connection.send(bytes).await.unwrap();
        let method = row.line.split(' ').next().unwrap();
        let expected = row.status_on(server.stack);
        if expected == 101 {
            let head = connection.read_head(method).await.unwrap();
            assert_eq!(head.status, 101, "{name}");
            // What is behind it is no request any more: the socket closes with 1002.
            let heard = connection.rest().await.unwrap();
            assert!(!heard.windows(5).any(|bytes| bytes == b"HTTP/"), "{name}");
            assert_eq!(heard.get(2..4), Some(&1002_u16.to_be_bytes()[..]), "{name}");
            continue;
        }
        let response = connection.read_response(method).await;
        let response = response.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(response.status, expected, "{name}");
        assert_eq!(response.header("upgrade"), None, "{name}");
        if name.contains("version") {
            assert_eq!(
                response.header("sec-websocket-version"),
                Some("13"),
                "{name}"
            );
        }
        // The request behind it is a request, or the connection has ended. There is nothing else. actix
        // goes on with a connection that has ended, and the adapter refuses what it reads (E17).
        let has_ended = response.header("connection") == Some("close");
        match connection.read_response("GET").await {
            Ok(next) if has_ended && server.stack == Stack::Actix => {
                assert_eq!(next.status, 400, "{name}");
            }
            Ok(next) => assert!(next.text().contains("/lab/raw/behind"), "{name}"),
            Err(error) => assert!(is_end(&error), "{name}: {error}"),
        }
    }
}

fn is_end(error: &WireError) -> bool {
    error.is_closed() || error.is_reset()
}

async fn hostile_connects_open_nothing(server: Server) {
    for protocol in [
        None,
        Some("connect-udp"),
        Some("WebSockets"),
        Some("h2c"),
        Some(""),
    ] {
        let mut connection = Http2Connection::open(server.address).await.unwrap();
        let extended = connection.takes_extended_connect().await.unwrap();
        assert_eq!(extended, server.stack != Stack::Actix);
        if protocol.is_some() && !extended {
            // The client may not even ask.
            continue;
        }
        let request = match protocol {
            Some(protocol) => WireRequest::new("CONNECT", "/lab/ws")
                .header("sec-websocket-version", "13")
                .protocol(protocol)
                .streamed(),
            None => WireRequest::new("CONNECT", "other.example:80").streamed(),
        };
        let response = connection.request(&request).await;
        let response = response.unwrap_or_else(|error| panic!("{protocol:?}: {error}"));
        assert_eq!(response.status, 501, "{protocol:?}");
        // The connection goes on.
        let next = connection.request(&WireRequest::get("/lab/raw/x")).await;
        assert_eq!(next.unwrap().status, 200, "{protocol:?}");
    }
}

on_every_stack!(hostile_offers_switch_nothing, hostile_connects_open_nothing);
