//! A small HTTP/1.1 gateway: right, unless it is told to be wrong.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use bytes::BytesMut;
use gateway_conformance::app;
use gateway_core::{AppExt as _, BoxApp, Connection, Gateway, Input, Scheme};
use http::{HeaderMap, HeaderValue, Method, Uri, Version};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};

use crate::fault::{Fault, LAST_CASE};
use crate::middleware::Wrong;
use crate::request::{Reader, RequestBody, has_body};
use crate::{response, tunnel};

/// Where the suite's app is mounted.
pub(crate) const PREFIX: &str = "/below/this";

/// Starts the gateway with the suite's app at [`PREFIX`].
pub(crate) async fn start(fault: Option<Fault>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Wrong { app: app(), fault };
    let gateway = Gateway::new(Arc::new(app.boxed()));
    tokio::spawn(async move {
        let stop = Arc::new(Notify::new());
        loop {
            let (stream, peer) = tokio::select! {
                accepted = listener.accept() => accepted.unwrap(),
                () = stop.notified() => return,
            };
            let connection = Connection::new()
                .with_required_host(true)
                .with_peer_addr(peer)
                .with_local_addr(address);
            let serving = serve(stream, gateway.clone(), connection, fault, stop.clone());
            tokio::spawn(serving);
        }
    });
    address
}

async fn serve(
    stream: TcpStream,
    gateway: Gateway<Arc<BoxApp>>,
    connection: Connection,
    fault: Option<Fault>,
    stop: Arc<Notify>,
) {
    stream.set_nodelay(true).unwrap();
    let (socket, mut writer) = stream.into_split();
    let mut reader = Reader {
        socket,
        buffer: BytesMut::new(),
    };
    let mut kept = HeaderMap::new();
    loop {
        let Some(head) = reader.head().await else {
            return;
        };
        let Ok(mut parts) = head else {
            let _ = writer
                .write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
                .await;
            return;
        };
        if fault == Some(Fault::KeepsHeaders) {
            for (name, value) in &kept {
                if !parts.headers.contains_key(name) && name != "content-length" {
                    parts.headers.insert(name.clone(), value.clone());
                }
            }
            kept = parts.headers.clone();
        }
        if fault == Some(Fault::StopsAnswering) && parts.uri.path().contains(LAST_CASE) {
            stop.notify_one();
        }
        let request = response::Request::of(&parts);
        let expects = parts.headers.get("expect").is_some();
        let (wanted, mut wanting) = mpsc::unbounded_channel();
        let offers = parts.headers.contains_key("upgrade");
        // A connection without a body to read is there for a switch, whatever the app keeps.
        let (body, mut back) = match has_body(&parts.headers) {
            true => {
                let wanted = expects.then_some(wanted);
                let (body, back) = RequestBody::new(reader, &parts.headers, wanted, fault);
                (Some(Input::new(body)), Ok(back))
            }
            false => (None, Err(reader)),
        };
        distort(&mut parts, fault);
        let mut connection = connection;
        if fault == Some(Fault::TrustsForwarded)
            && parts
                .headers
                .get("x-forwarded-proto")
                .is_some_and(|proto| proto == "https")
        {
            connection = connection.with_scheme(Scheme::Https);
        }
        if fault == Some(Fault::GivesItsOwnAddress) {
            connection = connection.with_peer_addr(connection.local_addr().unwrap());
        }
        let mut input = Some(body.unwrap_or_else(Input::empty));
        let first = input.take_if(|_| fault != Some(Fault::OffersBesideBodies));
        let mut environ = gateway.environ(parts, first.unwrap_or_else(Input::empty));
        tunnel::offer(&mut environ, fault);
        if let Some(late) = input {
            environ.set_input(late);
        }
        environ.set_connection(connection);
        if environ.request_uri() != "*" && fault != Some(Fault::LosesTheMount) {
            environ.mount(PREFIX);
        }
        let mut handling = pin!(gateway.handle(environ));
        let mut answer = loop {
            tokio::select! {
                biased;
                Some(()) = wanting.recv() => {
                    let continues = b"HTTP/1.1 100 Continue\r\n\r\n";
                    if writer.write_all(continues).await.is_err() {
                        return;
                    }
                }
                answer = &mut handling => break answer,
            }
        };
        if fault != Some(Fault::OffersInVain)
            && let Some(upgrade) = answer.body_mut().take_upgrade()
        {
            if let Err(reader) = back {
                tunnel::serve(reader, writer, answer, upgrade, fault).await;
            }
            return;
        }
        let keeps = response::send(&mut writer, request, answer, fault).await;
        if !keeps {
            return;
        }
        // I5: the next request comes when the app is done with this one's body.
        reader = match &mut back {
            Ok(back) => match back.await {
                Ok((back, true, _)) => back,
                _ => return,
            },
            Err(_) => match back {
                Err(reader) => reader,
                Ok(_) => return,
            },
        };
        if offers && fault == Some(Fault::TakesDeclinedOffersForSwitches) {
            while reader.head().await.is_some() {}
            return;
        }
    }
}

/// What the app must see as it was sent.
fn distort(parts: &mut http::request::Parts, fault: Option<Fault>) {
    let target = parts.uri.to_string();
    let headers = &mut parts.headers;
    let mut rewrite = |target: String| parts.uri = Uri::try_from(target).unwrap();
    match fault {
        Some(Fault::BodyOnHead) if parts.method == Method::HEAD => parts.method = Method::GET,
        Some(Fault::UppercasesMethods) => {
            let method = parts.method.as_str().to_uppercase();
            parts.method = Method::from_bytes(method.as_bytes()).unwrap();
        }
        // The driver believes that the client asked for them (B11).
        Some(Fault::SendsTrailersAlways) => {
            headers.insert("te", HeaderValue::from_static("trailers"));
        }
        Some(Fault::OffersToHttp10) if headers.contains_key("upgrade") => {
            parts.version = Version::HTTP_11;
        }
        Some(Fault::DecodesTwice) => rewrite(target.replace("%25", "%")),
        Some(Fault::CollapsesSlashes) if target.starts_with('/') => {
            let (path, query) = target.split_once('?').unwrap_or((&target, ""));
            let mut path = path.to_owned();
            while path.contains("//") {
                path = path.replace("//", "/");
            }
            let query = if target.contains('?') {
                format!("?{query}")
            } else {
                String::new()
            };
            rewrite(format!("{path}{query}"));
        }
        Some(Fault::DropsBareQuestionMarks) if target.find('?') == Some(target.len() - 1) => {
            rewrite(target.trim_end_matches('?').to_owned());
        }
        Some(Fault::LosesTheMount) => rewrite(target.replacen(PREFIX, "", 1)),
        Some(Fault::JoinsCookiesWithCommas) => {
            let lines: Vec<&[u8]> = headers
                .get_all("cookie")
                .iter()
                .map(HeaderValue::as_bytes)
                .collect();
            if lines.len() > 1 {
                let joined = HeaderValue::from_bytes(&lines.join(&b", "[..])).unwrap();
                headers.insert("cookie", joined);
            }
        }
        Some(Fault::InventsTypes) if !headers.contains_key("content-type") => {
            headers.insert("content-type", HeaderValue::from_static("text/plain"));
        }
        Some(Fault::TakesUnderscoresForDashes) => {
            let all: Vec<_> = headers
                .iter()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            for (name, value) in all {
                if name.as_str().contains('_') {
                    let dashed = name.as_str().replace('_', "-");
                    headers.append(http::HeaderName::try_from(dashed).unwrap(), value);
                }
            }
        }
        _ => {}
    }
    assert!(parts.version <= Version::HTTP_11);
}
