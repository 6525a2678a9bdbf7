//! What most tests of the adapter serve, and how they ask.

use std::net::SocketAddr;

use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer};
use gateway_conformance::wire::{End, Protocol, WireRequest, WireResponse, http1, http2};
use gateway_core::App as GatewayApp;

use crate::support::Served;

/// A server that stops when it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    served: Served,
}

impl Server {
    /// Serves what `configure` sets up, HTTP/1 and HTTP/2 on one port, with one worker: what holds
    /// that up holds everything up.
    pub(crate) fn start<F>(configure: F) -> Self
    where
        F: Fn(&mut ServiceConfig) + Send + Clone + 'static,
    {
        let served = Served::start(move || {
            let server = HttpServer::new(move || App::new().configure(configure.clone()))
                .workers(1)
                .disable_signals()
                .shutdown_timeout(1)
                .bind_auto_h2c("127.0.0.1:0")
                .unwrap();
            (server.addrs()[0], server.run())
        });
        Self {
            address: served.address,
            served,
        }
    }

    /// Stops gracefully; resolves when the server has ended.
    pub(crate) fn stop(&self) -> impl Future<Output = ()> + use<> {
        self.served.handle.stop(true)
    }

    /// Serves an app at the root.
    pub(crate) fn of<A: GatewayApp + Clone>(app: A) -> Self {
        Self::start(move |config| {
            config.service(adapter_actix::mount("", app.clone()));
        })
    }

    /// A complete response, with nothing behind it: on HTTP/1 the connection answers the next
    /// request in step or is closed as announced, on HTTP/2 the stream has ended cleanly.
    pub(crate) async fn answer(&self, protocol: Protocol, request: &WireRequest) -> WireResponse {
        match protocol {
            Protocol::Http1 => {
                let mut connection = http1::Http1Connection::open(self.address).await.unwrap();
                let response = connection.request(request).await.unwrap();
                assert_eq!(response.end, End::Complete, "{response:?}");
                if response.header("connection") == Some("close") {
                    assert!(connection.rest().await.unwrap().is_empty());
                } else {
                    let probe = WireRequest::get("/probe").header("x-probe", "1");
                    connection.assert_in_step(&probe).await.unwrap();
                }
                response
            }
            Protocol::Http2 => {
                let mut connection = http2::Http2Connection::open(self.address).await.unwrap();
                let response = connection.request(request).await.unwrap();
                assert_eq!(response.end, End::Complete, "{response:?}");
                connection.assert_clean(&response).await.unwrap();
                response
            }
        }
    }

    /// A complete response to a request whose body the app leaves unread; the connection goes on.
    pub(crate) async fn unread(&self, protocol: Protocol, request: &WireRequest) -> WireResponse {
        if protocol == Protocol::Http1 {
            return self.answer(protocol, request).await;
        }
        let mut connection = http2::Http2Connection::open(self.address).await.unwrap();
        let response = connection.request(request).await.unwrap();
        assert_eq!(response.end, End::Complete, "{response:?}");
        // Not that it is clean: of a body that is still on its way the server may refuse the rest
        // (RFC 9113 section 8.1).
        let again = connection.request(&WireRequest::get("/")).await.unwrap();
        assert_eq!(again.end, End::Complete, "{again:?}");
        response
    }

    /// A response, however it ended.
    pub(crate) async fn broken(&self, protocol: Protocol, request: &WireRequest) -> WireResponse {
        match protocol {
            Protocol::Http1 => {
                let mut connection = http1::Http1Connection::open(self.address).await.unwrap();
                connection.request(request).await.unwrap()
            }
            Protocol::Http2 => {
                let mut connection = http2::Http2Connection::open(self.address).await.unwrap();
                connection.request(request).await.unwrap()
            }
        }
    }
}

impl From<Served> for Server {
    fn from(served: Served) -> Self {
        Self {
            address: served.address,
            served,
        }
    }
}
