//! The views of `app.py` beside this file, for us.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::stream;
use gateway_core::cookie::{Cookie, SameSite, time};
use gateway_core::{
    App, Body, Environ, Error, HttpError, Json, Response, ResponseExt, TryIntoResponse, view,
};
use gateway_util::Mount;
use gateway_util::{
    CacheControl, Conditions, ETag, EnvironExt, ErrorHandlers, FormLimits, HttpErrorFields,
    JsonLines, Pairs, ResponseFields, SendFile, StaticDir, abort_with, read_exactly, redirect,
};
use http::{Method, header};
use serde_json::json;

use crate::composition;

fn epoch() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_000_000_000)
}

/// The site.
pub(super) fn site(files: PathBuf) -> std::io::Result<impl App> {
    let dir = Arc::new(StaticDir::new(&files)?);
    let attachments = view(move |environ: Environ| {
        let path = files.join("a.txt");
        async move { attachment(path, environ).await }
    });
    let site = Mount::new()
        .at("/file", dir)
        .at("/attachment", attachments)
        .at("/handled", handled())
        .fallback(view(dispatch));
    Ok(composition::compose(site))
}

async fn dispatch(mut environ: Environ) -> Result<Response, Error> {
    let path = environ.path_info().to_string();
    let (kind, name) = path
        .trim_start_matches('/')
        .split_once('/')
        .unwrap_or((path.trim_start_matches('/'), ""));
    match kind {
        "error" => Err(HttpError::new(name).into()),
        "error-text" => Err(HttpError::new(name)
            .with_description("a <b> & \"c\" 'd'\nsecond line")
            .into()),
        "error-returned" => HttpError::new(name).try_into_response(),
        "error-headers" => error_headers(name),
        "redirect" => redirect("/target").status(name).try_into_response(),
        "redirect-to" => redirect(location(name)).try_into_response(),
        "form" => form(name),
        "header" => with_header(name),
        "cookie" => with_cookie(name),
        "conditional" => conditional(name, &environ),
        _ => request(kind, &mut environ).await,
    }
}

fn not_there<T>() -> Result<T, Error> {
    Err(HttpError::not_found().into())
}

fn error_headers(kind: &str) -> Result<Response, Error> {
    Err(match kind {
        "allow" => HttpError::method_not_allowed().allow([Method::GET, Method::PUT]),
        "retry-seconds" => HttpError::too_many_requests().retry_after(30),
        "retry-date" => HttpError::service_unavailable().retry_after(epoch()),
        "basic" => HttpError::unauthorized().www_authenticate("Basic realm=\"shop\"")?,
        "two" => HttpError::unauthorized()
            .www_authenticate("Basic realm=\"a\"")?
            .www_authenticate("Bearer realm=\"b\"")?,
        "range" => HttpError::range_not_satisfiable().content_range(10),
        "response" => match abort_with(("own", 418, [("x-own", "1")]))? {},
        "redirect" => match abort_with(redirect("/login"))? {},
        _ => return Err(Error::msg("secret")),
    }
    .into())
}

fn location(name: &str) -> &'static str {
    match name {
        "relative" => "next",
        "up" => "../up?x=1",
        "absolute" => "http://example.com/path?x=1&y=2#part",
        "unicode" => "/käse/☃?q=ü",
        "space" => "/a b",
        "quotes" => "/a\"<b>",
        "encoded" => "/a%20b%2Fc",
        "query" => "/?a=1&b=[2]",
        "authority" => "//example.com/x",
        _ => "",
    }
}

fn form(name: &str) -> Result<Response, Error> {
    match name {
        "text" => "text".try_into_response(),
        "bytes" => b"\x00\xff".try_into_response(),
        "dict" => Json(json!({"b": 1, "a": [true, null, "x"]})).try_into_response(),
        "list" => Json(json!([1, "two", 3.5])).try_into_response(),
        "status" => ("made", 201).try_into_response(),
        "status-text" => ("made", "202 Accepted").try_into_response(),
        "headers" => {
            let plain = ("content-type", "text/plain; charset=utf-8");
            ("text", [("x-a", "1"), plain]).try_into_response()
        }
        "both" => (Json(json!({"a": 1})), 418, [("x-a", "1")]).try_into_response(),
        "empty" => ("", 204).try_into_response(),
        "generator" => Body::from_chunks(["a", "b", "c"]).try_into_response(),
        "lines" => {
            let rows = (0..3).map(|n| Ok::<_, std::io::Error>(json!({"n": n})));
            JsonLines::new(stream::iter(rows)).try_into_response()
        }
        "repeated" => ("text", [("x-a", "1"), ("x-a", "2")]).try_into_response(),
        "reader" => {
            let reader = std::io::Cursor::new(vec![b'x'; 200_000]);
            let kind = [("content-type", "application/octet-stream")];
            (read_exactly(reader, 200_000), kind).try_into_response()
        }
        "reset" => ("", 205).try_into_response(),
        "none" => None::<&str>.try_into_response(),
        _ => not_there(),
    }
}

fn with_header(name: &str) -> Result<Response, Error> {
    let mut response = "text".try_into_response()?;
    let cache = CacheControl::new();
    match name {
        "vary" => response.vary("Accept")?.vary("accept")?.vary("Cookie")?,
        "cache-public" => {
            response.set_cache_control(&cache.public().max_age(Duration::from_secs(60)))
        }
        "cache-no-store" => response.set_cache_control(&cache.no_store()),
        "cache-private" => response.set_cache_control(&cache.private().must_revalidate()),
        "cache-shared" => {
            response.set_cache_control(&cache.s_maxage(Duration::from_secs(5)).immutable())
        }
        "last-modified" => response.set_last_modified(epoch()),
        "expires" => response.set_expires(epoch()),
        "retry-seconds" => response.set_retry_after(5),
        "retry-date" => response.set_retry_after(epoch()),
        "etag" => response.set_etag(&ETag::strong("v1")?),
        "etag-weak" => response.set_etag(&ETag::weak("v1")?),
        "mimetype-text" => response.set_mimetype("text/csv")?,
        "mimetype-other" => response.set_mimetype("image/png")?,
        "mimetype-xml" => response.set_mimetype("application/atom+xml")?,
        _ => return not_there(),
    };
    Ok(response)
}

fn with_cookie(name: &str) -> Result<Response, Error> {
    let mut response = "text".try_into_response()?;
    let cookie = Cookie::build(("a", "1"));
    let shop = || Cookie::build("a").path("/shop").domain("example.org");
    let strict = || Cookie::build("a").secure(true).http_only(true);
    match name {
        "plain" => response.set_cookie(cookie)?,
        "two" => response.set_cookie(cookie)?.set_cookie(("b", "2"))?,
        "path" => response.set_cookie(cookie.path("/shop"))?,
        "domain" => response.set_cookie(cookie.domain("example.org"))?,
        "secure" => response.set_cookie(cookie.secure(true))?,
        "httponly" => response.set_cookie(cookie.http_only(true))?,
        "lax" => response.set_cookie(cookie.same_site(SameSite::Lax))?,
        "strict" => response.set_cookie(cookie.same_site(SameSite::Strict))?,
        "none" => response.set_cookie(cookie.same_site(SameSite::None).secure(true))?,
        "max-age" => response.set_cookie(cookie.max_age(time::Duration::seconds(60)))?,
        "expires" => response.set_cookie(cookie.expires(time::OffsetDateTime::from(epoch())))?,
        "partitioned" => response.set_cookie(cookie.partitioned(true).secure(true))?,
        "empty" => response.set_cookie(("a", ""))?,
        "delete" => response.delete_cookie("a")?,
        "delete-path" => response.delete_cookie(shop())?,
        "delete-secure" => response.delete_cookie(strict().same_site(SameSite::Lax))?,
        _ => return not_there(),
    };
    Ok(response)
}

fn conditional(kind: &str, environ: &Environ) -> Result<Response, Error> {
    let mut response = "Hello World".try_into_response()?;
    match kind {
        "tag" | "both" => response.set_etag(&ETag::strong("foo")?),
        "weak" => response.set_etag(&ETag::weak("foo")?),
        _ => &mut response,
    };
    if matches!(kind, "date" | "both") {
        response.set_last_modified(epoch());
    }
    Ok(Conditions::of(environ).apply_with_ranges(response))
}

async fn attachment(path: PathBuf, environ: Environ) -> Result<Response, HttpError> {
    let name = match &*environ.path_info().to_string() {
        "/plain" => "report.txt",
        "/space" => "my report.txt",
        "/quote" => "a\"b.txt",
        _ => "käse.txt",
    };
    SendFile::new(path).attachment(name).respond(&environ).await
}

/// Sorted, for the sake of `app.py`.
fn listed<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Response, Error> {
    let mut lines: Vec<_> = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect();
    lines.sort_unstable();
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (lines.concat(), plain).try_into_response()
}

fn pairs(pairs: &Pairs) -> Result<Response, Error> {
    listed(pairs.iter())
}

async fn request(kind: &str, environ: &mut Environ) -> Result<Response, Error> {
    match kind {
        "query" => pairs(&environ.query()),
        "query-int" => environ
            .query()
            .parse::<i64>("n")?
            .map(|n| n.to_string())
            .try_into_response(),
        "query-required" => environ
            .query()
            .require("name")?
            .to_owned()
            .try_into_response(),
        "posted" => pairs(environ.form(FormLimits::default()).await?.fields()),
        "posted-limited" => pairs(environ.form(FormLimits::default().body(20)).await?.fields()),
        "posted-parts" => pairs(environ.form(FormLimits::default().parts(2)).await?.fields()),
        "files" => files(environ).await,
        "json" => {
            let got: serde_json::Value = environ.json(1000).await?;
            Json(json!({"got": got})).try_into_response()
        }
        "json-limited" => {
            let got: serde_json::Value = environ.json(10).await?;
            Json(json!({"got": got})).try_into_response()
        }
        "cookies" => pairs(&environ.cookies()),
        "accept" => environ
            .negotiate(&["text/html", "application/json"])?
            .to_owned()
            .try_into_response(),
        "language" => environ
            .accept_language()
            .best_language(&["en", "de"])
            .unwrap_or("none")
            .to_owned()
            .try_into_response(),
        "basic" => {
            let credentials = environ.basic_auth("shop")?;
            format!("{}|{}", credentials.user, credentials.password).try_into_response()
        }
        "bearer" => environ.bearer_token("shop")?.try_into_response(),
        "client" => environ
            .client_addr()
            .map(|addr| addr.to_string())
            .try_into_response(),
        _ => not_there(),
    }
}

async fn files(environ: &mut Environ) -> Result<Response, Error> {
    let form = environ.form(FormLimits::default()).await?;
    let mut found: Vec<_> = form
        .fields()
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    for file in form.into_files() {
        let name = file.name().to_owned();
        let about = format!(
            "{} {}",
            file.file_name(),
            file.content_type().unwrap_or_default()
        );
        let content = file.bytes(1 << 20).await?;
        found.push((
            name,
            format!("{about} {}", String::from_utf8_lossy(&content)),
        ));
    }
    listed(found.iter().map(|(name, value)| (&**name, &**value)))
}

#[derive(Debug)]
struct NoStock;

impl std::fmt::Display for NoStock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("secret")
    }
}

impl std::error::Error for NoStock {}

fn handled() -> impl App {
    let app = view(async |environ: Environ| -> Result<Response, Error> {
        match environ.path_info().to_string().trim_start_matches('/') {
            "stock" => Err(NoStock.into()),
            "crash" => Err(Error::msg("secret")),
            "own" => match abort_with(redirect("/login"))? {},
            "returned" => HttpError::not_found().try_into_response(),
            "fine" => "fine".try_into_response(),
            code => Err(HttpError::new(code).into()),
        }
    });
    ErrorHandlers::new(app)
        .error(|_: &NoStock, _| ("no stock", 409))
        .status(404, |failure| {
            let error = failure.http_error();
            (
                format!("handled {} {}", error.status().as_u16(), error.name()),
                404,
            )
        })
        .status(500, |_| ("handled 500", 500))
}
