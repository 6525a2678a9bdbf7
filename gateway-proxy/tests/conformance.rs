//! The table through the proxy: what an app does behind it is what it does in front.

use std::future::pending;

use adapter_hyper::Server;
use gateway_conformance::wire::Protocol;
use gateway_conformance::{Capability, Suite, app};
use gateway_proxy::ReverseProxy;

/// Where the upstream sees the proxy's request: its own version, address and host, and `X-Forwarded-For`.
const ASKED_BY_THE_PROXY: &[&str] = &[
    "e5_an_absolute_target_is_kept_whole",
    "e10_a_name_with_an_underscore_is_no_variable",
    "e12_an_absolute_target_comes_before_the_host_field",
    "e12_an_address_in_brackets_is_a_host",
    "e12_an_empty_host_is_served",
    "e12_http_1_0_needs_no_host",
    "e12_server_name_is_the_address_without_a_host",
    "e12_the_host_is_the_one_asked_for",
    "e13_http_1_0_is_told_apart",
    "i3_the_error_is_not_the_end_to_a_later_read",
    // Its list has `h2c`, which is not passed on.
    "u2_an_offer_may_be_one_of_a_list",
    // hyper's parser answers by itself, in front of the proxy.
    "i2_a_last_coding_that_is_not_chunked_gets_the_gateways_page",
    "i2_a_coding_in_http_1_0_gets_the_gateways_page",
];

#[tokio::test(flavor = "multi_thread")]
async fn m3_an_app_behind_the_proxy_keeps_the_specification() {
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let upstream = format!("http://{}", server.local_addr().unwrap());
    tokio::spawn(server.serve_until(app(), pending::<()>()));
    let front = Server::bind("127.0.0.1:0").await.unwrap();
    let address = front.local_addr().unwrap();
    let proxy = ReverseProxy::new(&upstream).unwrap();
    tokio::spawn(front.serve_until(proxy, pending::<()>()));

    let report = Suite::new()
        .lacks(Capability::DirectConnection, "there is a proxy between")
        .lacks(Capability::LocalAddress, "there is a proxy between")
        .lacks(Capability::RequestTrailers, "the proxy asks for none")
        .lacks(Capability::ResponseTrailers, "the proxy asks for none")
        .lacks(Capability::CloseConnection, "there is a proxy between")
        .run(address, Protocol::Http1)
        .await;
    assert!(report.problems().is_empty(), "{report}");
    assert!(report.passed() > 300, "{report}");
    for case in report.failures() {
        assert!(ASKED_BY_THE_PROXY.contains(&case), "{report}");
    }
}
