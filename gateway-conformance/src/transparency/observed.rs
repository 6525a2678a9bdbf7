//! Runs one exchange of a check, and records what the host and the app see.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use gateway_core::{
    App, Body, BoxApp, Connection, Duplex, Environ, Error, Gateway, Input, StartResponse, Upgrade,
    VarName,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body::{Body as _, Frame};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::check::{Known, Probe, Reading, trailers};
use super::decode::Decoder;

/// The variations between the requests of the checks, and what the middleware needs or adds.
pub(super) struct Asking<'a> {
    pub(super) method: Method,
    pub(super) reading: Reading,
    /// Request headers that the middleware needs.
    pub(super) sends: &'a [(HeaderName, HeaderValue)],
    /// Response headers that the middleware adds by its purpose.
    pub(super) adds: &'a [HeaderName],
    /// The client takes trailers. Otherwise the driver sends none (B11).
    pub(super) trailers: bool,
    /// The middleware may join chunks, and a length may become known.
    pub(super) buffers: bool,
    /// The middleware changes bytes.
    pub(super) decoder: Option<&'a Decoder>,
    /// The app is in the middleware.
    pub(super) is_behind: bool,
}

pub(super) struct Observed {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    size: Option<u64>,
    frames: Vec<String>,
    events: Vec<&'static str>,
    buffers: bool,
    /// If the middleware changes bytes: how many were sent, where the whole body was read.
    sent: Option<Option<u64>>,
}

impl Observed {
    /// What differs from an exchange without the middleware, as text.
    pub(super) fn difference(&self, alone: &Self) -> Option<String> {
        let mut all = Vec::new();
        let mut compare = |what: &str, behind: String, alone: String| {
            if behind != alone {
                all.push(format!(
                    "{what}: {behind} behind the middleware, {alone} without it"
                ));
            }
        };
        compare(
            "the status",
            self.status.to_string(),
            alone.status.to_string(),
        );
        let shown = |headers: &[(HeaderName, HeaderValue)]| format!("{headers:?}");
        compare("the headers", shown(&self.headers), shown(&alone.headers));
        let shown = |size: Option<u64>| size.map_or("unknown".to_owned(), |size| size.to_string());
        match (self.sent, self.size) {
            // The length of other bytes may be unknown. HEAD has an own check.
            (Some(_), None) | (Some(None), _) => {}
            (Some(Some(sent)), size) => compare("the length", shown(size), shown(Some(sent))),
            (None, _) if self.buffers && alone.size.is_none() => {}
            (None, size) => compare("the length", shown(size), shown(alone.size)),
        }
        compare(
            "the frames",
            self.frames.join(", "),
            alone.frames.join(", "),
        );
        compare(
            "what happened",
            self.events.join(", "),
            alone.events.join(", "),
        );
        (!all.is_empty()).then(|| all.join("; "))
    }
}

impl Observed {
    /// Compares the response to HEAD with that to GET.
    pub(super) fn agrees_with_get(&self, get: &Self) -> Result<(), String> {
        match (self.size, get.size.or(get.sent.flatten())) {
            (Some(head), Some(get)) if head != get => Err(format!(
                "HEAD says a length of {head} bytes, and the response to GET has {get}"
            )),
            _ => Ok(()),
        }
    }
}

/// Runs one exchange. Outside everything there is a hook.
pub(super) async fn observe(app: BoxApp, probe: Probe, asking: &Asking<'_>) -> Observed {
    let gateway = Gateway::new(Outside(app));
    let (parts, input) = request(asking);
    let mut environ = gateway.environ(parts, input);
    environ.set_var(const { VarName::new("SUITE_OWN") }, "own");
    let peer = SocketAddr::from(([192, 0, 2, 7], 4711));
    environ.set_connection(Connection::new().with_peer_addr(peer));
    environ.offer_upgrades(|_| true);
    let (parts, mut body) = gateway.handle(environ).await.into_parts();
    let mut size = body.size_hint().exact();
    if asking.buffers && size.is_none() {
        // It is in the head until the body knows it.
        let declared = parts.headers.get(http::header::CONTENT_LENGTH);
        size = declared.and_then(|length| length.to_str().ok()?.parse().ok());
    }
    let is_own = |(name, value): &(&HeaderName, &HeaderValue)| {
        // Hosts write the size, whether or not the head has it.
        let is_size = *name == http::header::CONTENT_LENGTH
            && size.is_some_and(|size| value.as_bytes() == size.to_string().as_bytes());
        !is_size && !asking.adds.contains(name)
    };
    let headers = parts.headers.iter().filter(is_own);
    let mut headers: Vec<_> = headers
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    // RFC 9110 section 5.3: the order of different fields means nothing.
    headers.sort_by(|(a, _), (b, _)| a.as_str().cmp(b.as_str()));
    let mut frames = Vec::new();
    let mut joined = BytesMut::new();
    let mut is_whole = asking.reading == Reading::All;
    if asking.reading == Reading::Nothing {
        drop(body);
    } else if let Some(upgrade) = body.take_upgrade() {
        probe.tell("head");
        frames = speak(upgrade).await;
        probe.tell("end");
    } else {
        probe.tell("head");
        probe.go.notify_one();
        let mut body = pin!(body);
        while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
            let is_last = frame.is_err() || asking.reading == Reading::OneChunk;
            match frame {
                Ok(frame) if asking.buffers && frame.is_data() => joined.extend(frame.into_data()),
                Ok(frame) => frames.push(format!("{frame:?}")),
                Err(error) => {
                    is_whole = false;
                    frames.push(format!("error: {error}"));
                }
            }
            if is_last {
                break;
            }
        }
        probe.tell("end");
    }
    let mut sent = None;
    let mut joined = joined.freeze();
    if let Some(decoder) = asking.decoder {
        let is_whole = is_whole && asking.method != Method::HEAD;
        if !is_whole {
            // A part of changed bytes says nothing.
            joined.clear();
        }
        if asking.is_behind {
            sent = Some(is_whole.then_some(joined.len() as u64));
            joined = decoder.decode(&parts.headers, joined);
        }
    }
    if !joined.is_empty() {
        frames.insert(0, joined.escape_ascii().to_string());
    }
    Observed {
        status: parts.status,
        headers,
        size,
        frames,
        events: probe.events(),
        buffers: asking.buffers,
        sent,
    }
}

/// Runs a switch whose client says something, and then ends.
async fn speak(upgrade: Upgrade) -> Vec<String> {
    let (mut client, stream) = tokio::io::duplex(64);
    let protocol = upgrade.protocol().to_owned();
    let speaking = async {
        let mut heard = Vec::new();
        // An app that has failed does not take it.
        let _ = client.write_all(b"hello").await;
        let _ = client.shutdown().await;
        let _ = client.read_to_end(&mut heard).await;
        heard.escape_ascii().to_string()
    };
    let (outcome, heard) = tokio::join!(upgrade.run(Duplex::from_tokio(stream)), speaking);
    let outcome = match outcome {
        Ok(()) => "completed".to_owned(),
        Err(error) => error.to_string(),
    };
    vec![protocol, heard, outcome]
}

fn request(asking: &Asking<'_>) -> (http::request::Parts, Input) {
    let mut headers = HeaderMap::new();
    headers.insert(http::header::HOST, HeaderValue::from_static("a.example"));
    headers.append("x-list", HeaderValue::from_static("a"));
    headers.append("x-list", HeaderValue::from_static("b"));
    headers.extend(asking.sends.iter().cloned());
    if asking.trailers {
        headers.insert(http::header::TE, HeaderValue::from_static("trailers"));
    }
    if asking.reading == Reading::Switched {
        headers.insert(
            http::header::CONNECTION,
            HeaderValue::from_static("upgrade"),
        );
        let offers = HeaderValue::from_static("websocket, chat/2");
        headers.insert(http::header::UPGRADE, offers);
    }
    let mut input = Input::empty();
    if asking.method == Method::POST {
        headers.insert(http::header::CONTENT_LENGTH, HeaderValue::from_static("6"));
        input = Input::new(Sent(0));
    }
    let mut request = http::Request::new(());
    *request.method_mut() = asking.method.clone();
    *request.uri_mut() = http::Uri::from_static("/a//b/../c;d/%25?x=%20");
    *request.headers_mut() = headers;
    request.extensions_mut().insert(Known(7));
    (request.into_parts().0, input)
}

/// The request's body: two chunks and a trailer.
struct Sent(u8);

impl http_body::Body for Sent {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.0 += 1;
        Poll::Ready(match self.0 {
            1 => Some(Ok(Frame::data(Bytes::from_static(b"in")))),
            2 => Some(Ok(Frame::data(Bytes::from_static(b"put!")))),
            3 => Some(Ok(Frame::trailers(trailers()))),
            _ => None,
        })
    }
}

/// A middleware outside the checked one, with a hook.
struct Outside(BoxApp);

impl App for Outside {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let start_response = start_response.wrap(|status, headers| {
            // The page of an error passes hooks if a middleware makes it, and none if the driver
            // does.
            if status.is_success() || *status == StatusCode::SWITCHING_PROTOCOLS {
                headers.append("x-outside", HeaderValue::from_static("1"));
            }
        });
        self.0.call(environ, start_response).await
    }

    gateway_core::forward_lifespan!(0);
}
