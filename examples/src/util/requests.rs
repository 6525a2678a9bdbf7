//! Reading requests. A bad request is an `HttpError`, which `?` passes on.

use gateway_core::{App, Environ, HttpError, Json, TryIntoResponse, view};
use gateway_util::{Conditions, ETag, EnvironExt, FormLimits};
use serde::Deserialize;
use serde_json::{Value, json};

use super::TEXT;
use crate::routes::Routes;

pub(super) fn app() -> impl App {
    Routes::new()
        .at("/query", view(query))
        .at("/form", view(form))
        .at("/upload", view(upload))
        .at("/json", view(json_in))
        .at("/cookies", view(cookies))
        .at("/negotiate", view(negotiate))
        .at("/basic", view(basic))
        .at("/bearer", view(bearer))
        .at("/client", view(client))
        .at("/if-match", view(if_match))
}

/// All values of a name, one as a number, one that is required.
async fn query(environ: Environ) -> Result<Value, HttpError> {
    let query = environ.query();
    Ok(json!({
        "tags": query.get_all("tag").collect::<Vec<_>>(),
        "page": query.parse::<u32>("page")?,
        "sort": query.require("sort")?,
    }))
}

/// A form as a struct: 400 if it does not fit, 413 beyond the limits.
async fn form(mut environ: Environ) -> Result<impl TryIntoResponse, HttpError> {
    #[derive(Deserialize)]
    struct Guest {
        name: String,
        age: u8,
    }

    let form = environ.form(FormLimits::default().text(1000)).await?;
    let guest: Guest = form.deserialize()?;
    Ok((format!("{} is {}\n", guest.name, guest.age), [TEXT]))
}

/// Fields and files. Beyond 64 KiB files go to disk, beyond 1 MiB the response is a 413.
async fn upload(mut environ: Environ) -> Result<Value, HttpError> {
    let limits = FormLimits::default().body(1 << 20).in_memory(64 << 10);
    let form = environ.form(limits).await?;
    let file = form.file("file").ok_or_else(HttpError::bad_request)?;
    Ok(json!({
        "title": form.get("title"),
        "name": file.file_name(),
        "type": file.content_type(),
        "bytes": file.len(),
        "on_disk": file.is_on_disk(),
    }))
}

/// JSON up to a limit: 415 for another type, 400 for another shape.
async fn json_in(mut environ: Environ) -> Result<impl TryIntoResponse, HttpError> {
    let numbers: Vec<i64> = environ.json(1000).await?;
    let sum = numbers.iter().try_fold(0_i64, |sum, n| sum.checked_add(*n));
    let sum = sum.ok_or_else(HttpError::unprocessable_entity)?;
    Ok(Json(json!({ "sum": sum })))
}

/// The cookies that the client sent.
async fn cookies(environ: Environ) -> Value {
    let cookies = environ.cookies();
    json!({ "user": cookies.get("user"), "theme": cookies.get("theme") })
}

/// The offer that the client prefers; 406 if it accepts none.
async fn negotiate(environ: Environ) -> Result<impl TryIntoResponse, HttpError> {
    let kind = environ.negotiate(&["text/plain", "application/json", "text/csv"])?;
    let body = match kind {
        "application/json" => "[1,2]\n",
        "text/csv" => "1,2\n",
        _ => "1 and 2\n",
    };
    Ok((body, [("Content-Type", kind), ("Vary", "Accept")]))
}

/// A name and a password, which are not checked yet; 401 if there are none.
async fn basic(environ: Environ) -> Result<impl TryIntoResponse, HttpError> {
    let credentials = environ.basic_auth("the shop")?;
    Ok((format!("{} knocks\n", credentials.user), [TEXT]))
}

/// A token, which is not checked yet.
async fn bearer(environ: Environ) -> Result<impl TryIntoResponse, HttpError> {
    let token = environ.bearer_token("the shop")?;
    Ok((format!("a token of {} characters\n", token.len()), [TEXT]))
}

/// The peer, or the address that a trusted proxy names.
async fn client(environ: Environ) -> Option<impl TryIntoResponse> {
    let address = environ.client_addr()?;
    Some((format!("{address}\n"), [TEXT]))
}

/// A change only to the state that the client has seen; otherwise 412.
async fn if_match(environ: Environ) -> Result<&'static str, HttpError> {
    let current = ETag::of(b"the second version");
    Conditions::of(&environ).require(Some(&current))?;
    Ok("changed\n")
}
