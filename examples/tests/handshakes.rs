//! The programs that do something before HTTP: TLS, and the PROXY protocol.
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

#[path = "common/process.rs"]
mod process;

use std::net::SocketAddr;
use std::sync::Arc;

use gateway_conformance::wire::{WireRequest, http1};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use process::{Running, program};

/// The `tls` program, and the certificate that it shows.
struct Tls {
    server: Running,
    certificate: CertificateDer<'static>,
    _files: tempfile::TempDir,
}

fn tls(more: &[&str]) -> Tls {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files = tempfile::tempdir().unwrap();
    let (cert_file, key_file) = (files.path().join("cert.pem"), files.path().join("key.pem"));
    std::fs::write(&cert_file, cert.pem()).unwrap();
    std::fs::write(&key_file, signing_key.serialize_pem()).unwrap();
    let (cert_file, key_file) = (cert_file.to_str().unwrap(), key_file.to_str().unwrap());
    let arguments = [
        "--bind",
        "127.0.0.1:0",
        "--cert",
        cert_file,
        "--key",
        key_file,
    ];
    let arguments = [&arguments, more].concat();
    Tls {
        server: Running::start(program(env!("CARGO_BIN_EXE_tls"), &arguments)),
        certificate: cert.der().clone(),
        _files: files,
    }
}

impl Tls {
    async fn connect(&self, protocols: &[&str]) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols
            .iter()
            .map(|name| name.as_bytes().to_vec())
            .collect();
        let stream = TcpStream::connect(self.server.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
            .unwrap()
    }
}

async fn http2(stream: TlsStream<TcpStream>) -> String {
    let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = http::Request::get("https://localhost/").body(()).unwrap();
    let (response, _) = client.send_request(request, true).unwrap();
    let mut body = response.await.unwrap().into_body();
    let mut text = Vec::new();
    while let Some(bytes) = body.data().await {
        text.extend_from_slice(&bytes.unwrap());
    }
    drop((client, body));
    connection.await.unwrap().unwrap();
    String::from_utf8(text).unwrap()
}

async fn http1(stream: &mut TlsStream<TcpStream>) -> String {
    let request = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut response = String::new();
    // A truncated TLS stream, without close_notify, is an error here.
    stream.read_to_string(&mut response).await.unwrap();
    response
}

#[tokio::test]
async fn tls_negotiates_http_2_and_http_1() {
    for workers in ["0", "2"] {
        let tls = tls(&["--workers", workers]);
        let stream = tls.connect(&["h2", "http/1.1"]).await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
        assert_eq!(http2(stream).await, "https HTTP/2.0\n");
        for (protocols, chosen) in [
            (&["http/1.1"][..], Some(b"http/1.1".as_slice())),
            (&[], None),
        ] {
            let mut stream = tls.connect(protocols).await;
            assert_eq!(stream.get_ref().1.alpn_protocol(), chosen);
            let response = http1(&mut stream).await;
            assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
            assert!(response.ends_with("\r\n\r\nhttps HTTP/1.1\n"), "{response}");
        }
        // Who speaks plainly gets an alert, or nothing, and keeps nobody else.
        let mut plain = TcpStream::connect(tls.server.address).await.unwrap();
        plain
            .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            .await
            .unwrap();
        let mut answer = Vec::new();
        let _ = plain.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
        let (status, log) = tls.server.terminate().await;
        assert!(status.success(), "{log}");
    }
}

fn proxied(front_end: &str) -> Running {
    let arguments = ["--bind", "127.0.0.1:0", "--front-end", front_end];
    Running::start(program(env!("CARGO_BIN_EXE_proxy_protocol"), &arguments))
}

/// The header, and two requests behind it.
async fn tell(address: SocketAddr, header: &[u8]) -> [String; 2] {
    let mut connection = http1::Http1Connection::open(address).await.unwrap();
    let request = WireRequest::get("/");
    // In one packet with the first request, and in pieces.
    let (first, rest) = header.split_at(header.len() / 2);
    connection.send(first.to_vec()).await.unwrap();
    let request_bytes = request.to_http1("a");
    connection
        .send([rest, &request_bytes].concat())
        .await
        .unwrap();
    let one = connection.read_response("GET").await.unwrap();
    let two = connection.request(&request).await.unwrap();
    [one.text(), two.text()]
}

/// Version 2: the signature, the command, the family, and the length of the addresses.
fn version_2(command: u8, family: u8, addresses: &[u8]) -> Vec<u8> {
    let mut header = b"\r\n\r\n\0\r\nQUIT\n".to_vec();
    let length = u8::try_from(addresses.len()).unwrap();
    header.extend_from_slice(&[0x20 | command, family, 0, length]);
    header.extend_from_slice(addresses);
    header
}

#[tokio::test]
async fn the_proxy_protocol_says_who_the_client_is() {
    let server = proxied("127.0.0.1");
    let v1 = b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n";
    assert_eq!(tell(server.address, v1).await, ["192.0.2.7:4711\n"; 2]);
    let v1 = b"PROXY TCP6 2001:db8::7 2001:db8::1 4711 443\r\n";
    assert_eq!(tell(server.address, v1).await, ["[2001:db8::7]:4711\n"; 2]);
    let ends = [192, 0, 2, 7, 198, 51, 100, 1, 0x12, 0x67, 1, 0xbb];
    let v2 = version_2(1, 0x11, &ends);
    assert_eq!(tell(server.address, &v2).await, ["192.0.2.7:4711\n"; 2]);
    // LOCAL: the load balancer itself.
    let [own, _] = tell(server.address, &version_2(0, 0, &[])).await;
    assert!(own.starts_with("127.0.0.1:"), "{own}");
    // None, and a malformed one.
    for wrong in [
        "GET / HTTP/1.1\r\nhost: a\r\n\r\n",
        "PROXY TCP4 a b c d\r\n\r\n",
    ] {
        let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
        connection.send(wrong).await.unwrap();
        assert!(connection.closed().await);
    }
    let (status, log) = server.terminate().await;
    assert!(status.success(), "{log}");
}

#[tokio::test]
async fn the_proxy_protocol_is_believed_from_the_front_end_only() {
    let server = proxied("192.0.2.1");
    let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
    connection
        .send("PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n")
        .await
        .unwrap();
    assert!(connection.closed().await);
}
