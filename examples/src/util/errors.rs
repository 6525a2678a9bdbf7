//! HTTP errors: raised, described, handled.

use std::convert::Infallible;
use std::io;
use std::num::ParseIntError;

use gateway_core::{App, Environ, Error, HttpError, Json, abort, view};
use gateway_util::{EnvironExt, HttpErrorFields, MiddlewareExt, Problem, abort_with};
use http::Method;
use serde_json::json;

use super::TEXT;
use crate::routes::Routes;

pub(super) fn app() -> impl App {
    Routes::new()
        .at("/code", view(code))
        .at("/abort-early", view(abort_early))
        .at("/retry-after", view(retry_after))
        .at("/challenge", view(challenge))
        .at("/allow", view(allow))
        .at("/own-response", view(own_response))
        .at("/gone", gone())
        .at("/problem", problem())
        .at("/handlers", handlers())
        .at("/debug", debug())
}

/// The page of any code.
async fn code(environ: Environ) -> Result<HttpError, HttpError> {
    let code: Option<u16> = environ.query().parse("code")?;
    Ok(HttpError::new(code.unwrap_or(418)))
}

/// `abort` and `?`: the code after them does not run.
async fn abort_early(environ: Environ) -> Result<&'static str, HttpError> {
    if environ.query().get("name").unwrap_or_default().is_empty() {
        abort(422, "Say who you are: ?name= is empty.")?;
    }
    Ok("Nice to meet you.\n")
}

/// 503, and when to try again.
async fn retry_after(_: Environ) -> HttpError {
    HttpError::service_unavailable()
        .with_description("We are moving house.")
        .retry_after(120)
}

/// 401 with two challenges, one per line.
async fn challenge(_: Environ) -> Result<Infallible, Error> {
    Err(HttpError::unauthorized()
        .www_authenticate("Bearer realm=\"shop\"")?
        .www_authenticate("DPoP algs=\"ES256\"")?
        .into())
}

/// 405 with the allowed methods.
async fn allow(_: Environ) -> HttpError {
    HttpError::method_not_allowed().allow([Method::GET, Method::PUT])
}

/// Any response as an error. It is sent as it is, from any depth of the code.
async fn own_response(_: Environ) -> Result<&'static str, HttpError> {
    fn pay(credit: u32) -> Result<(), HttpError> {
        if credit < 30 {
            let answer = Json(json!({ "credit": credit, "price": 30 }));
            abort_with((answer, 402))?;
        }
        Ok(())
    }
    pay(20)?;
    Ok("Thank you.\n")
}

/// An error is an app, too.
fn gone() -> impl App {
    HttpError::gone().with_description("The shop has closed.")
}

/// Problem details (RFC 9457) for a client that prefers JSON, the page for others.
fn problem() -> impl App {
    let app =
        view(async |_| Err::<&str, _>(HttpError::conflict().with_description("Sold already.")));
    app.error_handlers().problem_json()
}

/// A view that fails in several ways.
async fn order(environ: Environ) -> Result<String, Error> {
    let query = environ.query();
    let count: u32 = query.require("count")?.parse()?;
    match count {
        0 => Err(HttpError::not_found().into()),
        1..10 => Ok(format!("{count} ordered\n")),
        _ => Err(io::Error::other("the store room is empty").into()),
    }
}

/// By the error's type, by its status, and everything else.
fn handlers() -> impl App {
    view(order)
        .error_handlers()
        .error(|_: &ParseIntError, _| ("How many is that?\n", 400, [TEXT]))
        .status(404, |_| ("Nothing is not for sale.\n", 404, [TEXT]))
        .default(|failure| Problem::from(failure.http_error()))
}

/// The cause: on the page of a debug build, and always in the log.
fn debug() -> impl App {
    let app = view(async |_| -> Result<&str, Error> {
        Err(io::Error::other("the private cause of util/debug"))?
    });
    app.error_handlers().debug_pages()
}
