//! `cargo run -p examples --bin compose`: an app in a stack of middlewares, one of them written by hand.
//!
//! At / is a page, at /notes are notes (the password is "open sesame"), at /clock are events. Every
//! request is a line on standard error.

use std::convert::Infallible;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use adapter_hyper::Server;
use examples::Routes;
use futures_util::stream::{self, StreamExt};
use gateway_core::{
    App, Body, BoxError, Environ, Error, HttpError, StartResponse, TryIntoResponse, view,
};
use gateway_util::Mount;
use gateway_util::{
    EnvironExt, Event, EventStream, HttpErrorFields, LogFormat, Methods, MiddlewareExt,
};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::sleep;

/// How many exchanges there may be at a time.
pub(crate) const AT_MOST: usize = 8;

/// A middleware written by hand: so many exchanges at a time, and 503 for the next.
struct AtMost<A> {
    app: A,
    places: Arc<Semaphore>,
}

impl<A: App> App for AtMost<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        // A middleware may answer by itself.
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            return Err(HttpError::service_unavailable().retry_after(1).into());
        };
        // It sees the head as it passes.
        let left = self.places.available_permits();
        let start_response = start_response.wrap(move |_status, headers| {
            headers.insert("x-places-left", left.into());
        });
        let body = self.app.call(environ, start_response).await?;
        // It leaves the body alone, and hears of its end. Where the app failed, or the client left
        // while it was at work, the place was dropped above.
        Ok(body.on_close(move || drop(place)))
    }

    gateway_core::forward_lifespan!(app);
}

async fn index(environ: Environ) -> impl TryIntoResponse {
    let here = environ.raw_script_name();
    let links = format!("<a href=\"{here}/notes\">notes</a>, <a href=\"{here}/clock\">a clock</a>");
    format!("<!doctype html>\n<title>Composed</title>\n<p>Here are {links}.\n")
}

async fn notes(environ: Environ) -> Result<Value, HttpError> {
    let user = environ
        .get("REMOTE_USER")
        .ok_or_else(HttpError::forbidden)?;
    Ok(json!({ "user": user.to_string(), "notes": ["buy milk"] }))
}

async fn add_note(mut environ: Environ) -> Result<impl TryIntoResponse, HttpError> {
    let note: String = environ.json(1000).await?;
    Ok((json!({ "added": note }), 201))
}

async fn clock(_: Environ) -> impl TryIntoResponse {
    let ticks = stream::iter(1_u64..).then(async |n| {
        sleep(Duration::from_secs(1)).await;
        Ok::<_, Infallible>(Event::data(format!("{n} s")))
    });
    EventStream::new(stream::once(async { Ok(Event::data("0 s")) }).chain(ticks))
}

/// Read from the bottom: what is named last sees the request first.
pub(crate) fn site() -> impl App {
    let notes = Methods::new().get(view(notes)).post(view(add_note));
    let notes = notes.basic_auth("notes").user("Aladdin", "open sesame");
    let pages = Mount::new()
        .at("/notes", notes.limit_input(2000))
        .at("/clock", Methods::new().get(view(clock)))
        .fallback(Routes::new().get("/", view(index)));
    let pages = AtMost {
        // A tag is made of bytes in hand, and what is to be heard of at its end is none.
        app: pages.auto_etag().conditional_get(),
        places: Arc::new(Semaphore::new(AT_MOST)),
    };
    pages
        .error_handlers()
        .problem_json()
        .timeout(Duration::from_secs(30))
        .until_first_byte()
        .catch_panic(|_message| ("We are sorry.\n", 500))
        .request_id()
        .access_log()
        .write_to(|entry| {
            // Served all the same when nobody reads it.
            let _ = writeln!(io::stderr(), "{}", entry.display(LogFormat::Combined));
        })
        // The one proxy in front of this appends its peer's address.
        .proxy_fix()
        .x_for(1)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    Server::from_std(examples::listen()?)?.serve(site()).await?;
    Ok(())
}
