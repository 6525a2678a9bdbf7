//! One axum `Router`: on hyper, and as an app in actix-web.

use ::axum::body::Body;
use adapter_tower::tower_app_over;

use crate::apps::Host;
use crate::stacks::{actix, axum};
use crate::target::{Target, Variant};
use crate::work::Work;

pub(crate) fn target(variant: Variant, work: Work) -> Target {
    let router = axum::router("/app", work);
    match variant {
        Variant::Native => axum::over(router),
        // The whole router, so that both route the same path.
        Variant::Gateway => actix::Mounted("").host(tower_app_over(router, Body::new)),
    }
}
