//! The table of `book/src/layers.md`, measured: `check_middleware` over tower's layers.
//!
//! `UPDATE_LAYERS=1 cargo test -p components-layers` writes it. `SHOW=1`, with `-- --nocapture`, says what differs.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::future::poll_fn;
use std::io::Read as _;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use adapter_tower::TowerAppExt as _;
use bytes::Bytes;
use flate2::read::GzDecoder;
use gateway_conformance::{CaseOutcome, MiddlewareCheck, Report, Row};
use gateway_core::{App, AppExt as _, Body, BoxApp, Gateway, Input, view};
use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, ORIGIN, VARY, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body::Body as _;
use tower::ServiceBuilder;
use tower::buffer::BufferLayer;
use tower::layer::util::Identity;
use tower::limit::{ConcurrencyLimitLayer, GlobalConcurrencyLimitLayer, RateLimitLayer};
use tower::load_shed::LoadShedLayer;
use tower_http::add_extension::AddExtensionLayer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::CorsLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::decompression::DecompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::normalize_path::NormalizePathLayer;
use tower_http::propagate_header::PropagateHeaderLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::sensitive_headers::SetSensitiveHeadersLayer;
use tower_http::set_header::{SetRequestHeaderLayer, SetResponseHeaderLayer};
use tower_http::timeout::{RequestBodyTimeoutLayer, ResponseBodyTimeoutLayer, TimeoutLayer};
use tower_http::trace::TraceLayer;
use tower_http::validate_request::ValidateRequestHeaderLayer;
use tower_sessions::{MemoryStore, SessionManagerLayer};

const LONG: Duration = Duration::from_secs(60);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const DENY: HeaderValue = HeaderValue::from_static("DENY");

/// The lines of the table.
#[derive(Default)]
struct Table(String);

/// What a layer is given, and what it adds by its purpose.
#[derive(Default)]
struct Given {
    sends: Vec<(HeaderName, HeaderValue)>,
    adds: Vec<HeaderName>,
    /// It changes bytes: this undoes it.
    decode: Option<fn(&HeaderMap, Bytes) -> Bytes>,
}

impl Given {
    fn adds(mut self, name: HeaderName) -> Self {
        self.adds.push(name);
        self
    }

    fn check(&self) -> MiddlewareCheck {
        let check = MiddlewareCheck::new();
        let sends = self.sends.iter().cloned();
        let check = sends.fold(check, |check, (name, value)| check.sends(name, value));
        let adds = self.adds.iter().cloned();
        let check = adds.fold(check, MiddlewareCheck::adds);
        match self.decode {
            Some(decode) => check.decodes(decode),
            None => check,
        }
    }

    /// True if the trailers of an app reach the host (B11).
    async fn keeps_trailers<A: App>(&self, wrap: impl Fn(BoxApp) -> A) -> bool {
        let app = view(async |_| {
            Body::from_producer(async |mut writer| {
                writer.write("data ".repeat(20)).await?;
                let sum = (
                    HeaderName::from_static("x-sum"),
                    HeaderValue::from_static("7"),
                );
                writer.trailers([sum].into_iter().collect()).await?;
                Ok(())
            })
        });
        let gateway = Gateway::new(wrap(app.boxed()));
        let mut request = http::Request::new(());
        *request.version_mut() = http::Version::HTTP_2;
        request.headers_mut().extend(self.sends.iter().cloned());
        let (parts, ()) = request.into_parts();
        let response = gateway.handle(gateway.environ(parts, Input::empty())).await;
        let mut body = pin!(response.into_body());
        let mut has_trailers = false;
        while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
            let frame = frame.unwrap();
            has_trailers |= frame.trailers_ref().is_some_and(|sum| sum["x-sum"] == "7");
        }
        has_trailers
    }
}

impl Table {
    /// Runs the checks over a layer, and adds a line.
    async fn add<A: App>(&mut self, layer: &str, given: Given, wrap: impl Fn(BoxApp) -> A) {
        let trailers = given.keeps_trailers(&wrap).await;
        let trailers = if trailers { "kept" } else { "lost" };
        let report = given.check().run(wrap).await;
        let excused = |row: &&Row| matches!(row.outcome, CaseOutcome::Excused(_));
        let checks = report.rows().len() - report.rows().iter().filter(excused).count();
        let passed = report.passed();
        if env::var_os("SHOW").is_some() {
            println!("{layer}:\n{report}");
        }
        let differs = differences(&report);
        self.0 += &format!("| {layer} | {passed} of {checks} | {trailers} | {differs} |\n");
    }
}

/// What differs, and in how many checks.
fn differences(report: &Report) -> String {
    let mut counts = BTreeMap::<&str, u32>::new();
    for row in report.rows() {
        let CaseOutcome::Failed(message) = &row.outcome else {
            continue;
        };
        // A difference reads `the length: this behind the middleware, that without it`.
        let of = KINDS
            .into_iter()
            .filter(|kind| message.contains(&format!("{kind}: ")));
        let of: Vec<_> = of.collect();
        assert!(!of.is_empty(), "{}: {message}", row.name);
        for kind in of {
            *counts.entry(kind).or_default() += 1;
        }
    }
    let counts = counts
        .iter()
        .map(|(kind, count)| format!("{kind} in {count}"));
    counts.collect::<Vec<_>>().join(", ")
}

const KINDS: [&str; 5] = [
    "the status",
    "the headers",
    "the length",
    "the frames",
    "what happened",
];

fn plain() -> Given {
    Given::default()
}

fn sends(name: HeaderName, value: &'static str) -> Given {
    Given {
        sends: vec![(name, HeaderValue::from_static(value))],
        ..Given::default()
    }
}

#[expect(
    clippy::result_large_err,
    reason = "the signature is that of the layer"
)]
async fn security(table: &mut Table) {
    let cors = sends(ORIGIN, "https://a.example").adds(VARY);
    let cors = [
        "access-control-allow-origin",
        "access-control-expose-headers",
    ]
    .into_iter()
    .fold(cors, |cors, name| cors.adds(HeaderName::from_static(name)));
    table
        .add("`CorsLayer::permissive`, with an Origin", cors, |app| {
            app.with_layer(CorsLayer::permissive())
        })
        .await;
    table
        .add("`CsrfLayer`", plain(), |app| {
            app.with_layer(CsrfLayer::new())
        })
        .await;
    let adds = plain().adds(X_FRAME_OPTIONS);
    table
        .add("`SetResponseHeaderLayer`", adds, |app| {
            app.with_layer(SetResponseHeaderLayer::overriding(X_FRAME_OPTIONS, DENY))
        })
        .await;
    table
        .add(
            "`SetRequestHeaderLayer`, of a header that is there",
            sends(X_FRAME_OPTIONS, "DENY"),
            |app| app.with_layer(SetRequestHeaderLayer::if_not_present(X_FRAME_OPTIONS, DENY)),
        )
        .await;
    table
        .add(
            "`SetSensitiveHeadersLayer`",
            sends(AUTHORIZATION, "Bearer x"),
            |app| app.with_layer(SetSensitiveHeadersLayer::new([AUTHORIZATION])),
        )
        .await;
    table
        .add(
            "`ValidateRequestHeaderLayer::accept`",
            sends(ACCEPT, "text/plain"),
            |app| app.with_layer(ValidateRequestHeaderLayer::accept("text/plain")),
        )
        .await;
    table
        .add(
            "`ValidateRequestHeaderLayer::custom`, with a token",
            sends(AUTHORIZATION, "Bearer x"),
            |app| {
                let validate = |request: &mut http::Request<gateway_core::Input>| match request
                    .headers()
                    .get(AUTHORIZATION)
                {
                    Some(token) if token == "Bearer x" => Ok(()),
                    _ => Err(http::Response::new(gateway_core::Body::empty())),
                };
                app.with_layer(ValidateRequestHeaderLayer::custom(validate))
            },
        )
        .await;
    table
        .add("`SessionManagerLayer` of tower-sessions", plain(), |app| {
            app.with_layer(SessionManagerLayer::new(MemoryStore::default()))
        })
        .await;
}

/// The data of a response as the app has sent it.
fn gunzip(headers: &HeaderMap, data: Bytes) -> Bytes {
    if headers
        .get(CONTENT_ENCODING)
        .is_none_or(|coding| coding != "gzip")
    {
        return data;
    }
    let mut plain = Vec::new();
    GzDecoder::new(&*data).read_to_end(&mut plain).unwrap();
    plain.into()
}

async fn content(table: &mut Table) {
    table
        .add(
            "`CompressionLayer`, not asked for",
            plain().adds(VARY),
            |app| app.with_layer(CompressionLayer::new()),
        )
        .await;
    let gzip = || sends(ACCEPT_ENCODING, "gzip").adds(VARY);
    table
        .add(
            "`CompressionLayer`, gzip",
            Given {
                decode: Some(gunzip),
                ..gzip().adds(CONTENT_ENCODING)
            },
            |app| app.with_layer(CompressionLayer::new()),
        )
        .await;
    table
        .add(
            "`DecompressionLayer`, of what is not coded",
            gzip(),
            |app| app.with_layer(DecompressionLayer::new()),
        )
        .await;
    table
        .add("`RequestBodyLimitLayer`", plain(), |app| {
            app.with_layer(RequestBodyLimitLayer::new(1 << 20))
        })
        .await;
    table
        .add("`NormalizePathLayer`", plain(), |app| {
            app.with_layer(NormalizePathLayer::trim_trailing_slash())
        })
        .await;
}

async fn time(table: &mut Table) {
    table
        .add("`TimeoutLayer`", plain(), |app| {
            app.with_layer(TimeoutLayer::with_status_code(
                StatusCode::GATEWAY_TIMEOUT,
                LONG,
            ))
        })
        .await;
    table
        .add("`RequestBodyTimeoutLayer`", plain(), |app| {
            app.with_layer(RequestBodyTimeoutLayer::new(LONG))
        })
        .await;
    table
        .add("`ResponseBodyTimeoutLayer`", plain(), |app| {
            app.with_layer(ResponseBodyTimeoutLayer::new(LONG))
        })
        .await;
    table
        .add("`TimeoutLayer` of tower", plain(), |app| {
            app.with_layer(tower::timeout::TimeoutLayer::new(LONG))
        })
        .await;
    table
        .add("`ConcurrencyLimitLayer`", plain(), |app| {
            app.with_layer(ConcurrencyLimitLayer::new(8))
        })
        .await;
    table
        .add(
            "`GlobalConcurrencyLimitLayer`, and `LoadShedLayer`",
            plain(),
            |app| app.with_layer((LoadShedLayer::new(), GlobalConcurrencyLimitLayer::new(8))),
        )
        .await;
    table
        .add("`BufferLayer`, and `RateLimitLayer`", plain(), |app| {
            app.with_layer((BufferLayer::new(8), RateLimitLayer::new(1000, LONG)))
        })
        .await;
}

async fn sight(table: &mut Table) {
    table
        .add("`TraceLayer`", plain(), |app| {
            app.with_layer(TraceLayer::new_for_http())
        })
        .await;
    table
        .add(
            "`SetRequestIdLayer`, and `PropagateRequestIdLayer`",
            plain().adds(REQUEST_ID),
            |app| {
                let set = SetRequestIdLayer::x_request_id(MakeRequestUuid);
                app.with_layer((set, PropagateRequestIdLayer::x_request_id()))
            },
        )
        .await;
    table
        .add("`PropagateHeaderLayer`", plain(), |app| {
            app.with_layer(PropagateHeaderLayer::new(REQUEST_ID))
        })
        .await;
    table
        .add("`CatchPanicLayer`", plain(), |app| {
            app.with_layer(CatchPanicLayer::new())
        })
        .await;
    table
        .add("`AddExtensionLayer`", plain(), |app| {
            app.with_layer(AddExtensionLayer::new(7))
        })
        .await;
    table
        .add(
            "a `ServiceBuilder` of six of them",
            plain().adds(REQUEST_ID).adds(VARY).adds(X_FRAME_OPTIONS),
            |app| {
                let layers = ServiceBuilder::new()
                    .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
                    .layer(TraceLayer::new_for_http())
                    .layer(PropagateRequestIdLayer::x_request_id())
                    .layer(SetResponseHeaderLayer::overriding(X_FRAME_OPTIONS, DENY))
                    .layer(TimeoutLayer::with_status_code(
                        StatusCode::GATEWAY_TIMEOUT,
                        LONG,
                    ))
                    .layer(CompressionLayer::new());
                app.with_layer(layers)
            },
        )
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m1_b11_the_table_is_measured() {
    let mut table = Table::default();
    table
        .add("`Identity`, which does nothing", plain(), |app| {
            app.with_layer(Identity::new())
        })
        .await;
    security(&mut table).await;
    content(&mut table).await;
    time(&mut table).await;
    sight(&mut table).await;

    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../book/src/layers.md");
    let text = fs::read_to_string(&page).unwrap();
    let (before, rest) = text.split_once("|---|---|---|---|\n").unwrap();
    let end = rest.find("\n\n").map_or(rest.len(), |end| end + 1);
    let (written, after) = rest.split_at(end);
    if env::var_os("UPDATE_LAYERS").is_some() {
        fs::write(
            &page,
            [before, "|---|---|---|---|\n", &table.0, after].concat(),
        )
        .unwrap();
    } else {
        assert_eq!(
            written, table.0,
            "book/src/layers.md is not what was measured"
        );
    }
}
