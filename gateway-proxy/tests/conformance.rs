//! The table through the proxy: what an app does behind it is what it does in front.

use adapter_hyper::Server;
use gateway_conformance::{Capability, Suite, app};
use gateway_proxy::ReverseProxy;

#[tokio::test(flavor = "multi_thread")]
async fn m3_an_app_behind_the_proxy_keeps_the_specification() {
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let upstream = format!("http://{}", server.local_addr().unwrap());
    tokio::spawn(server.serve_until(app(), std::future::pending::<()>()));
    Suite::new()
        .lacks(Capability::DirectConnection, "there is a proxy between")
        .run_in_process(ReverseProxy::new(&upstream).unwrap())
        .await
        .assert_passed();
}
