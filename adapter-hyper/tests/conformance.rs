//! The adapter is held to the specification: every case over HTTP/1.1 and HTTP/2.

use adapter_hyper::Server;
use gateway_conformance::{Suite, app};

#[tokio::test(flavor = "multi_thread")]
async fn m3_the_server_keeps_the_specification() {
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    tokio::spawn(server.serve_until(app(), std::future::pending::<()>()));
    Suite::new().run_both(address).await.assert_passed();
}
