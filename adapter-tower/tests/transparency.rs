//! M1: a layer that changes nothing is a middleware that changes nothing.

use adapter_tower::TowerAppExt as _;
use gateway_conformance::check_middleware;
use gateway_core::BoxApp;
use tower::layer::util::Identity;
use tower_http::trace::TraceLayer;

#[tokio::test]
async fn m1_an_app_in_a_layer_is_transparent() {
    let identity = check_middleware(|app: BoxApp| app.with_layer(Identity::new()));
    identity.await.assert_passed();
    let trace = check_middleware(|app: BoxApp| app.with_layer(TraceLayer::new_for_http()));
    trace.await.assert_passed();
}
