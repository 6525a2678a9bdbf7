//! The workloads on actix-web: as routes, and as an app with `mount`.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use actix_http::{HttpService, Protocol};
use actix_service::{IntoServiceFactory, Service, ServiceFactory, map_config};
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, ContentType, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, Error, HttpRequest, HttpResponse, HttpServer};
use futures_util::{TryStreamExt, stream};
use gateway_core::Observer;

use crate::apps::{self, Host};
use crate::target::{Target, Variant};
use crate::work::{self, ADDED, BYTES_TYPE, Message, NOT_FOUND, TEXT, TEXT_TYPE, Work};

/// How long idle connections stay open over sockets: longer than their measurement.
const HELD: Duration = Duration::from_secs(75);

pub(crate) fn target(variant: Variant, work: Work) -> Target {
    match variant {
        Variant::Native | Variant::Free => over(move |config| register(config, work)),
        Variant::Gateway => apps::mount(work, Mounted("/app")),
    }
}

/// Below a prefix.
pub(crate) struct Mounted(pub(crate) &'static str);

impl Host for Mounted {
    fn host<A: gateway_core::App + Clone>(self, app: A) -> Target {
        over(move |config| {
            config.service(adapter_actix::mount(self.0, app.clone()));
        })
    }

    fn host_observed<A>(self, app: A, observer: impl Observer + Clone) -> Target
    where
        A: gateway_core::App + Clone,
    {
        over(move |config| {
            let mount = adapter_actix::mount(self.0, app.clone());
            config.service(mount.with_observer(observer.clone()));
        })
    }
}

/// An application on connections as an actix worker serves them: in memory without the worker's
/// thread, over sockets with it.
///
/// The services are registered behind a pointer, so that there is one type of application. Thirty
/// types would need more memory in the compiler than most machines have. They run unchanged.
pub(crate) fn over(configure: impl Fn(&mut ServiceConfig) + Send + Sync + 'static) -> Target {
    let configure: Arc<dyn Fn(&mut ServiceConfig) + Send + Sync> = Arc::new(configure);
    let application = move || App::new().configure(|config| configure(config));
    let make = application.clone();
    Target::connecting(move |io| {
        let app = map_config(make().into_factory(), |()| AppConfig::default());
        let factory = HttpService::build().finish(app);
        Box::pin(async move {
            if let Ok(service) = factory.new_service(()).await {
                // A client that leaves does not matter to the measurement.
                let _ = service.call((io, Protocol::Http1, None)).await;
            }
        })
    })
    .serving(move |listener| {
        Box::pin(async move {
            let server = HttpServer::new(application).workers(1).keep_alive(HELD);
            server.listen(listener.into_std()?)?.run().await
        })
    })
}

/// Registers the workload as a route of its path, with the middlewares around it.
fn register(config: &mut ServiceConfig, work: Work) {
    let resource = web::resource(format!("/app/{work}"));
    let plain = || web::get().to(plaintext);
    match work {
        Work::Plaintext | Work::Observer | Work::Lint => config.service(resource.route(plain())),
        Work::ReadHeaders => config.service(resource.route(web::get().to(read_headers))),
        Work::Lookup => config.service(resource.route(web::get().to(lookup))),
        Work::Json => config.service(resource.route(web::get().to(json))),
        Work::Cookies => config.service(resource.route(web::get().to(cookies))),
        Work::Echo => config.service(resource.route(web::post().to(echo))),
        Work::NotFound => config.service(resource.route(web::get().to(not_found))),
        Work::Download => config.service(resource.route(web::get().to(download))),
        Work::Upload => config.service(resource.route(web::post().to(upload))),
        Work::Middleware1 => config.service(resource.route(plain()).wrap(from_fn(identity))),
        Work::MiddlewareHeader => config.service(resource.route(plain()).wrap(from_fn(add_header))),
        Work::Middleware5 => {
            let five = resource
                .route(plain())
                .wrap(from_fn(identity))
                .wrap(from_fn(identity))
                .wrap(from_fn(identity))
                .wrap(from_fn(identity))
                .wrap(from_fn(identity));
            config.service(five)
        }
        Work::Middleware10 => {
            let ten = resource
                .route(plain())
                .wrap(from_fn(identity))
                .wrap(from_fn(identity))
                .wrap(from_fn(identity))
                .wrap(from_fn(identity))
                .wrap(from_fn(identity))
                .wrap(from_fn(identity))
                .wrap(from_fn(identity))
                .wrap(from_fn(identity))
                .wrap(from_fn(identity))
                .wrap(from_fn(identity));
            config.service(ten)
        }
    };
}

/// A middleware that does nothing.
async fn identity(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    next.call(request).await
}

/// A middleware that adds a response header.
async fn add_header(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = next.call(request).await?;
    let name = HeaderName::from_static(ADDED.0);
    let value = HeaderValue::from_static(ADDED.1);
    response.headers_mut().insert(name, value);
    Ok(response)
}

async fn plaintext() -> HttpResponse {
    text()
}

fn text() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(ContentType::plaintext())
        .body(TEXT)
}

fn are_there(headers: &HeaderMap) -> bool {
    headers.get(header::HOST).is_some()
        && headers.get(header::USER_AGENT).is_some()
        && headers.get(header::ACCEPT).is_some()
}

async fn read_headers(request: HttpRequest) -> HttpResponse {
    if are_there(request.headers()) {
        text()
    } else {
        HttpResponse::BadRequest().finish()
    }
}

async fn lookup(request: HttpRequest) -> HttpResponse {
    if request.path().ends_with("/lookup") && are_there(request.headers()) {
        text()
    } else {
        HttpResponse::BadRequest().finish()
    }
}

async fn json() -> web::Json<Message> {
    web::Json(Message::HELLO)
}

async fn cookies() -> HttpResponse {
    let value = HeaderValue::from_static;
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, value(TEXT_TYPE)))
        .insert_header((header::CACHE_CONTROL, value("private, max-age=60")))
        .insert_header((header::ETAG, value("\"0123456789abcdef\"")))
        .insert_header((header::VARY, value("accept-encoding, cookie")))
        .insert_header((header::CONTENT_LANGUAGE, value("en")))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, value("nosniff")))
        .append_header((
            header::SET_COOKIE,
            value("session=0123456789; Path=/; HttpOnly"),
        ))
        .append_header((
            header::SET_COOKIE,
            value("theme=dark; Path=/; Max-Age=31536000"),
        ))
        .body(TEXT)
}

async fn echo(body: web::Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(ContentType::octet_stream())
        .body(body)
}

async fn not_found() -> HttpResponse {
    HttpResponse::NotFound()
        .insert_header(ContentType::html())
        .body(NOT_FOUND)
}

async fn download(request: HttpRequest) -> HttpResponse {
    let chunks = work::chunks(request.query_string());
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, HeaderValue::from_static(BYTES_TYPE)))
        .streaming(stream::iter(chunks.map(Ok::<_, Infallible>)))
}

async fn upload(mut payload: web::Payload) -> Result<HttpResponse, Error> {
    let mut count = 0;
    while let Some(chunk) = payload.try_next().await? {
        count += chunk.len();
    }
    Ok(HttpResponse::Ok()
        .insert_header(ContentType::plaintext())
        .body(count.to_string()))
}
