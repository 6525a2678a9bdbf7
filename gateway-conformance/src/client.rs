//! The client of a case, with the same calls in every way.

mod in_process;
mod open;
mod switched;
mod tunnel;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gateway_core::{BoxApp, Gateway};

use crate::capability::Capability;
use crate::check::{Failure, Look as _, Seen, ensure};
use crate::facts::TOKEN;
use crate::via::Via;
use crate::wire::{self, End, Protocol, WireRequest, WireResponse, http1, http2};

pub(crate) use open::Open;
pub(crate) use tunnel::Tunnel;

/// Where the suite's app is.
#[derive(Clone)]
pub(crate) enum Target {
    /// A server; the app may be mounted below a prefix.
    Socket {
        address: SocketAddr,
        prefix: Arc<str>,
        protocol: Protocol,
    },
    InProcess(Gateway<Arc<BoxApp>>),
}

/// The client that a case uses to talk to its app. Each run has its own.
#[derive(Clone)]
pub(crate) struct Client {
    target: Target,
    name: &'static str,
    token: String,
    deadline: Duration,
    lacks: Arc<[Capability]>,
}

impl Client {
    pub(crate) fn new(target: Target, name: &'static str, deadline: Duration) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        // Runs of several processes may meet at one server.
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let now = now.map_or(0, |since| since.as_nanos());
        let token = format!("{:x}-{now:x}-{count:x}", std::process::id());
        Self {
            target,
            name,
            token,
            deadline,
            lacks: Arc::default(),
        }
    }

    /// The client of a host that lacks these.
    pub(crate) fn without(mut self, lacks: impl IntoIterator<Item = Capability>) -> Self {
        self.lacks = lacks.into_iter().collect();
        self
    }

    /// True if the host lacks this, so that a step that needs it is left out.
    pub(crate) fn lacks(&self, capability: Capability) -> bool {
        self.lacks.contains(&capability)
    }

    pub(crate) fn via(&self) -> Via {
        match &self.target {
            Target::Socket {
                protocol: Protocol::Http1,
                ..
            } => Via::Http1,
            Target::Socket { .. } => Via::Http2,
            Target::InProcess(_) => Via::InProcess,
        }
    }

    /// The mount point of the suite's app, as it was sent; `""` at the root.
    pub(crate) fn prefix(&self) -> &str {
        match &self.target {
            Target::Socket { prefix, .. } => prefix,
            Target::InProcess(_) => "",
        }
    }

    /// The target of this case's app, and what follows it.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("{}/{}{rest}", self.prefix(), self.name)
    }

    /// A request to the case's app, which carries the run's token.
    pub(crate) fn request(&self, method: &str, rest: &str) -> WireRequest {
        self.request_to(method, &self.path(rest))
    }

    /// A request with a target that the case makes itself.
    pub(crate) fn request_to(&self, method: &str, target: &str) -> WireRequest {
        WireRequest::new(method, target).header(TOKEN, &self.token)
    }

    /// The server's address. In process, an address without a server.
    pub(crate) fn address(&self) -> SocketAddr {
        match &self.target {
            Target::Socket { address, .. } => *address,
            Target::InProcess(_) => SocketAddr::from(([127, 0, 0, 1], 80)),
        }
    }

    /// Sends the request over a connection of its own. Over HTTP/1 nothing may follow the response.
    pub(crate) async fn send(&self, request: WireRequest) -> Result<WireResponse, Failure> {
        match &self.target {
            Target::Socket {
                address, protocol, ..
            } => Ok(wire::exchange_within(*address, *protocol, &request, self.deadline).await?),
            Target::InProcess(_) => self.open(request).await?.finish().await,
        }
    }

    /// Sends a request whose response may be aborted. `None` if nothing of it arrived: in HTTP/2 a
    /// reset may overtake what was sent before it, even the head.
    pub(crate) async fn send_whatever(
        &self,
        request: WireRequest,
    ) -> Result<Option<WireResponse>, Failure> {
        match self.send(request).await {
            Ok(response) => Ok(Some(response)),
            Err(failure) if self.via() == Via::Http2 && failure.is_reset() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// GET of the case's app. Demands that the client detects that the response is aborted after
    /// these bytes.
    pub(crate) async fn get_broken(&self, status: u16, sent: &str) -> Seen {
        self.send_broken(self.request("GET", "/"), status, sent)
            .await
    }

    /// As [`get_broken`](Self::get_broken), with a request of the case's own.
    pub(crate) async fn send_broken(&self, request: WireRequest, status: u16, sent: &str) -> Seen {
        let Some(response) = self.send_whatever(request).await? else {
            return Ok(());
        };
        let response = response.status(status)?.broken()?;
        let text = response.text();
        if self.via() == Via::Http2 && sent.starts_with(&text) {
            let is_reset = matches!(response.end, End::Reset(Some(_)));
            return ensure(is_reset, format!("the stream ended by {:?}", response.end));
        }
        crate::check::equal("the body", text.as_str(), sent)
    }

    /// GET of the case's app.
    pub(crate) async fn get(&self, rest: &str) -> Result<WireResponse, Failure> {
        self.send(self.request("GET", rest)).await
    }

    /// Sends the request and leaves the response to be read step by step.
    pub(crate) async fn open(&self, request: WireRequest) -> Result<Open, Failure> {
        match &self.target {
            Target::Socket {
                protocol: Protocol::Http1,
                ..
            } => {
                let mut connection = self.http1().await?;
                connection.send_request(&request).await?;
                Ok(Open::Http1(connection, Some(request.method().to_owned())))
            }
            Target::Socket { .. } => {
                let mut connection = self.http2().await?;
                let stream = connection.open_stream(&request).await?;
                Ok(Open::Http2(Box::new((connection, stream))))
            }
            Target::InProcess(gateway) => {
                in_process::open(gateway, request, self.deadline).map(Open::InProcess)
            }
        }
    }

    /// An HTTP/1 connection for closer tests.
    pub(crate) async fn http1(&self) -> Result<http1::Http1Connection, Failure> {
        let mut connection = http1::Http1Connection::open(self.address()).await?;
        connection.set_deadline(self.deadline);
        Ok(connection)
    }

    /// An HTTP/2 connection for closer tests.
    pub(crate) async fn http2(&self) -> Result<http2::Http2Connection, Failure> {
        let mut connection = http2::Http2Connection::open(self.address()).await?;
        connection.set_deadline(self.deadline);
        Ok(connection)
    }

    /// What the app of this run has noted so far.
    pub(crate) async fn facts(&self) -> Result<Vec<String>, Failure> {
        self.ask_facts("").await
    }

    /// Waits until the app has noted the fact, and returns all facts.
    pub(crate) async fn wait(&self, fact: &str) -> Result<Vec<String>, Failure> {
        match self.ask_facts(&format!("/wait/{fact}")).await {
            Ok(facts) => Ok(facts),
            Err(error) => {
                let facts = self.facts().await?;
                Err(error.at(format!("waiting for {fact:?} among {facts:?}")))
            }
        }
    }

    /// Notes a fact, for which the app waits.
    pub(crate) async fn note(&self, fact: &str) -> Seen {
        self.ask_facts(&format!("/note/{fact}")).await.map(drop)
    }

    /// Demands that the app has noted exactly these facts, in this order.
    pub(crate) async fn facts_are(&self, facts: &[&str]) -> Seen {
        crate::check::equal("what the app noted", self.facts().await?, facts)
    }

    /// Demands that the body of the exchange is closed, exactly once.
    pub(crate) async fn closed_once(&self) -> Seen {
        self.wait("closed").await?;
        let facts = self.facts().await?;
        let closed = facts.iter().filter(|fact| *fact == "closed").count();
        ensure(closed == 1, format!("the body was closed {closed} times"))
    }

    async fn ask_facts(&self, order: &str) -> Result<Vec<String>, Failure> {
        let target = format!("{}/_facts/{}{order}", self.prefix(), self.token);
        let response = self.send(WireRequest::get(target)).await?.status(200)?;
        Ok(serde_json::from_slice(&response.body)?)
    }

    /// The environ that the case's app saw for the request, by CGI key; see
    /// [`environ_report`](crate::cases::reports::environ_report).
    pub(crate) async fn environ(&self, request: WireRequest) -> Result<Variables, Failure> {
        let response = self.send(request).await?.status(200)?.whole()?;
        Variables::of(&response)
    }
}

/// What an app saw of its request, with bytes escaped so that nothing is lost.
#[derive(Debug)]
pub(crate) struct Variables(BTreeMap<String, String>);

impl Variables {
    pub(crate) fn of(response: &WireResponse) -> Result<Self, Failure> {
        Ok(Self(serde_json::from_slice(&response.body)?))
    }

    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Demands this value.
    pub(crate) fn is(&self, key: &str, value: &str) -> Result<&Self, Failure> {
        crate::check::equal(key, self.get(key), Some(value))?;
        Ok(self)
    }

    /// Demands that it is absent.
    pub(crate) fn has_no(&self, key: &str) -> Result<&Self, Failure> {
        crate::check::equal(key, self.get(key), None)?;
        Ok(self)
    }
}
