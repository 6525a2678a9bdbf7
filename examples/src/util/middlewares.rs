//! Middlewares that change something. `src/bin/compose.rs` shows the order of a whole stack.

use std::sync::mpsc;
use std::time::Duration;

use gateway_core::{App, Environ, Error, Gateway, HttpError, TryIntoResponse, view};
use gateway_util::Mount;
use gateway_util::{EnvironExt, LogFormat, MiddlewareExt, RequestIdValue};
use http::HeaderValue;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::TEXT;

pub(super) fn app() -> impl App {
    Mount::new()
        .at("/proxy", proxy())
        .at("/request-id", request_id())
        .at("/runtime", runtime())
        .at("/auth", auth())
        .at("/hooks", hooks())
        .at("/limit", limit())
        .at("/timeout", timeout())
        .at("/panic", panic())
        .at("/conditional", conditional())
        .at("/access-log", view(access_log))
}

/// What the environ tells of the client and of this server.
async fn ends(environ: Environ) -> Value {
    json!({
        "client": environ.client_addr().map(|address| address.to_string()),
        "scheme": environ.scheme().as_str(),
        "host": environ.host(),
        "script_name": environ.script_name().to_string(),
    })
}

/// One proxy is trusted: the last value of each of its headers counts.
fn proxy() -> impl App {
    let app = view(ends).proxy_fix();
    app.x_for(1).x_proto(1).x_host(1).x_prefix(1).forwarded(1)
}

/// An id for each request; a well-formed one is kept.
fn request_id() -> impl App {
    let app = view(async |environ: Environ| {
        let id = environ.extensions().get::<RequestIdValue>()?;
        Some((format!("this is {id}\n"), [TEXT]))
    });
    app.request_id()
}

/// How long the app took to start its response.
fn runtime() -> impl App {
    let app = view(async |_| {
        sleep(Duration::from_millis(20)).await;
        "see X-Runtime\n"
    });
    app.runtime()
}

/// A user who gives the name and the password is REMOTE_USER.
fn auth() -> impl App {
    let app = view(async |environ: Environ| {
        let user = environ.get("REMOTE_USER")?.to_string();
        Some((format!("welcome, {user}\n"), [TEXT]))
    });
    app.basic_auth("the shop").user("Aladdin", "open sesame")
}

/// A function for the request, and one for the head of the response.
fn hooks() -> impl App {
    view(async |_| "the secret is 42\n")
        .on_request(async |environ: Environ| match environ.query_string() {
            "please" => Ok(environ),
            _ => Err(HttpError::forbidden().into()),
        })
        .on_response(|_status, headers| {
            headers.insert("x-frame-options", HeaderValue::from_static("DENY"));
        })
}

/// A limit on the input: 413, and nothing beyond it reaches the app.
fn limit() -> impl App {
    let app = view(async |mut environ: Environ| {
        let text = environ.take_input().text(1000).await?;
        Ok::<_, Error>((text, [TEXT]))
    });
    app.limit_input(16)
}

/// 503 when the time is over. The app's future is dropped.
fn timeout() -> impl App {
    let app = view(async |_| {
        sleep(Duration::from_secs(60)).await;
        "never sent\n"
    });
    app.timeout(Duration::from_millis(300))
}

/// A page of your own for panics. The message is for the log.
fn panic() -> impl App {
    #[expect(clippy::panic, reason = "it is what is shown here")]
    let app = view(async |_| -> &str { panic!("the private cause of util/panic") });
    app.catch_panic(|_message| ("We are sorry.\n", 500, [TEXT]))
}

/// A tag made from the bytes, and 304 for a client that has them.
fn conditional() -> impl App {
    view(async |_| "always the same\n")
        .auto_etag()
        .conditional_get()
}

/// The log line of a request in each format. It is written when the response is over.
async fn access_log(environ: Environ) -> Result<impl TryIntoResponse, Error> {
    let (sender, lines) = mpsc::channel();
    let app = view(async |_| "hello\n")
        .access_log()
        .write_to(move |entry| {
            for format in [LogFormat::Common, LogFormat::Combined, LogFormat::Json] {
                // A second line would not be read.
                let _ = sender.send(entry.display(format).to_string());
            }
        });
    // In a gateway of its own, because the exchange of this one is not over yet.
    let gateway = Gateway::new(app);
    let (parts, input) = environ.into_parts();
    drop(gateway.handle(gateway.environ(parts, input)).await);
    let lines: Vec<String> = lines.try_iter().collect();
    Ok((lines.join("\n") + "\n", [TEXT]))
}
