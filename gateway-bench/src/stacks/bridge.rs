//! One axum `Router`: on hyper, as an app in actix-web, and converted by hand in an actix handler.

use ::axum::Router;
use ::axum::body::{Body, to_bytes};
use ::axum::http::{HeaderName, HeaderValue, Method, Request};
use actix_web::http::StatusCode;
use actix_web::http::header as native;
use actix_web::{HttpRequest, HttpResponse, error, web};
use adapter_tower::tower_app_over;
use bytes::Bytes;
use tower_service::Service as _;

use crate::apps::Host;
use crate::stacks::{actix, axum};
use crate::target::{Target, Variant};
use crate::work::{ECHO_LIMIT, Work};

pub(crate) fn target(variant: Variant, work: Work) -> Target {
    let router = axum::router("/app", work);
    match variant {
        Variant::Native => axum::over(router),
        // The whole router, so that both route the same path.
        Variant::Gateway => actix::Mounted("").host(tower_app_over(router, Body::new)),
        Variant::Free => actix::over(move |config| {
            let router = router.clone();
            config.default_service(web::to(move |request: HttpRequest, body: Bytes| {
                call(router.clone(), request, body)
            }));
        }),
    }
}

/// What a bridge costs at least: both heads are converted, and both bodies are in memory. Nothing is
/// checked, streamed, limited or caught.
async fn call(
    mut router: Router,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, actix_web::Error> {
    let mut converted = Request::new(Body::from(body));
    *converted.method_mut() =
        Method::from_bytes(request.method().as_str().as_bytes()).map_err(error::ErrorBadRequest)?;
    let target = request.uri().path_and_query();
    *converted.uri_mut() = target
        .map_or("/", |target| target.as_str())
        .parse()
        .map_err(error::ErrorBadRequest)?;
    for (name, value) in request.headers() {
        converted.headers_mut().append(
            HeaderName::from_bytes(name.as_str().as_bytes()).map_err(error::ErrorBadRequest)?,
            HeaderValue::from_bytes(value.as_bytes()).map_err(error::ErrorBadRequest)?,
        );
    }
    let answer = match router.call(converted).await {
        Ok(answer) => answer,
        Err(never) => match never {},
    };
    let status = StatusCode::from_u16(answer.status().as_u16());
    let mut response = HttpResponse::build(status.map_err(error::ErrorInternalServerError)?);
    for (name, value) in answer.headers() {
        if *name != ::axum::http::header::CONTENT_LENGTH {
            response.append_header((
                native::HeaderName::from_bytes(name.as_str().as_bytes())
                    .map_err(error::ErrorInternalServerError)?,
                native::HeaderValue::from_bytes(value.as_bytes())
                    .map_err(error::ErrorInternalServerError)?,
            ));
        }
    }
    let body = to_bytes(answer.into_body(), ECHO_LIMIT).await;
    Ok(response.body(body.map_err(error::ErrorInternalServerError)?))
}
