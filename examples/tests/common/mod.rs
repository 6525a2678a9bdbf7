//! The showcase's app on a real socket, in this process.

use std::net::SocketAddr;

use adapter_hyper::Server;

/// Serves the app on a free port for as long as the test's runtime lives.
pub(crate) async fn serve() -> SocketAddr {
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    tokio::spawn(server.serve_until(examples::site(), std::future::pending()));
    address
}
