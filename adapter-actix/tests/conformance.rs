//! The adapter is held to the specification: every case over HTTP/1.1 and HTTP/2.

use actix_web::{App, HttpServer};
use adapter_actix::service;
use gateway_conformance::{Capability, Suite, Via, app};

/// What actix's parser refuses never reaches the adapter.
const BEFORE: &str = "actix answers by itself, with an empty 400";

#[actix_web::test]
async fn m3_an_app_in_actix_keeps_the_specification() {
    let app = app();
    let server = HttpServer::new(move || App::new().default_service(service(app.clone())));
    let server = server
        .workers(2)
        .disable_signals()
        .bind_auto_h2c("127.0.0.1:0")
        .unwrap();
    let address = server.addrs()[0];
    actix_web::rt::spawn(server.run());
    let none = "actix has none";
    let suite = Suite::new()
        // Small answers wait for each other on these sockets: one by one it would take long.
        .at_once(8)
        .lacks(Capability::RequestTrailers, none)
        .lacks(Capability::ResponseTrailers, none)
        .lacks(
            Capability::DisconnectWhileIdle,
            "actix looks at the next read or write",
        )
        .lacks(
            Capability::UnreadUploadOverHttp2,
            "actix resets the stream, and the response is lost",
        )
        .lacks(Capability::Upgrade, "actix can switch to WebSocket alone")
        .lacks(
            Capability::ExtendedConnect,
            "actix hands out no stream of HTTP/2",
        )
        .lacks(
            Capability::EveryMethodToken,
            "http 0.2, on which actix is, knows fewer characters",
        )
        .excuses_on("e12_no_host_gets_the_gateways_page", Via::Http1, BEFORE)
        .excuses_on("e12_two_hosts_get_the_gateways_page", Via::Http1, BEFORE)
        .excuses_on("i2_an_unknown_coding_is_refused", Via::Http1, BEFORE)
        .excuses_on(
            "i2_an_unknown_coding_gets_the_gateways_page",
            Via::Http1,
            BEFORE,
        )
        .excuses_on(
            "i2_a_body_chunked_twice_gets_the_gateways_page",
            Via::Http1,
            BEFORE,
        )
        .excuses_on(
            "i2_a_last_coding_that_is_not_chunked_gets_the_gateways_page",
            Via::Http1,
            BEFORE,
        )
        .excuses_on(
            "i2_a_coding_in_http_1_0_gets_the_gateways_page",
            Via::Http1,
            BEFORE,
        )
        .excuses_on(
            "e17_a_malformed_head_of_http_1_0_gets_the_gateways_page",
            Via::Http1,
            "actix writes no Connection in a response to HTTP/1.0, where its absence says the same",
        );
    suite.run_both(address).await.assert_passed();
}
