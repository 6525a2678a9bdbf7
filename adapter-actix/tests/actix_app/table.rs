//! The table of cases, of an app that is mounted in an actix application, which is an app itself.

use actix_web::App;
use adapter_actix::{actix_app, service};
use gateway_conformance::{Capability, Suite, app};

#[tokio::test]
async fn m3_an_app_in_an_actix_application_keeps_the_specification() {
    let app = app();
    let bridge = actix_app(move || App::new().default_service(service(app.clone())));
    let none = "actix has none";
    let one = "an actix application can switch to WebSocket alone";
    let suite = Suite::new()
        .at_once(8)
        .lacks(Capability::RequestTrailers, none)
        .lacks(Capability::ResponseTrailers, none)
        .lacks(Capability::Upgrade, one)
        .lacks(
            Capability::EveryMethodToken,
            "http 0.2, on which actix is, knows fewer characters",
        );
    suite.run_in_process(bridge).await.assert_passed();
}
