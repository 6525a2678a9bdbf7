//! The API: JSON for programs, with a token instead of a cookie, and a document that describes it.

mod document;

use std::sync::Arc;

use gateway_core::{Environ, HttpError, Json, TryIntoResponse};
use gateway_util::EnvironExt;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{account, posts};
use crate::error::SiteError;
use crate::model::{Account, Kind, NewPost, PAGE, Post, Secret, Session};
use crate::routes;
use crate::state::State;

pub(crate) use document::{document, page};

/// The limit on a JSON body.
const BODY: u64 = 16 * 1024;
/// The limit on a page of posts.
const LONGEST_PAGE: usize = 100;

/// A name and a password.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Credentials {
    name: String,
    password: String,
}

/// A token, for `Authorization: Bearer`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Token {
    token: String,
}

/// What a new post says.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Text {
    text: String,
}

/// Which posts are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Range {
    /// Only posts that are older than that of this id.
    before: Option<i64>,
    /// How many at most: 10 by default, and 100 at most.
    limit: Option<usize>,
}

/// Posts, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page {
    posts: Vec<Post>,
    /// What `before` is for the next page. It is null on the last one.
    next: Option<i64>,
}

/// Gives a token for a name and a password. It lasts for 30 days.
#[utoipa::path(
    post, path = "/tokens", request_body = Credentials,
    responses(
        (status = 201, body = Token),
        (status = 401, description = "There is no such name, or the password is another one."),
    )
)]
pub(crate) async fn sign_in(
    state: Arc<State>,
    mut environ: Environ,
) -> Result<impl TryIntoResponse, SiteError> {
    let Credentials { name, password } = environ.json(BODY).await?;
    let account = account::check(&state, &name, &password).await?;
    let account = account.ok_or_else(HttpError::unauthorized)?;
    let begin = move |database: &_| Session::begin(database, &account, Kind::Api);
    let secret = state.database.write(begin).await?;
    let token = secret.as_str().to_owned();
    Ok((Json(Token { token }), 201, [("cache-control", "no-store")]))
}

/// The posts, the newest first.
#[utoipa::path(get, path = "/posts", params(Range), responses((status = 200, body = Page)))]
pub(crate) async fn list(state: Arc<State>, environ: Environ) -> Result<Json<Page>, SiteError> {
    let Range { before, limit } = environ.query().deserialize()?;
    let limit = limit.unwrap_or(PAGE).clamp(1, LONGEST_PAGE);
    let find = move |database: &_| Post::page(database, before, limit);
    let (posts, is_more) = state.database.read(find).await?;
    let next = posts.last().filter(|_| is_more).map(|post| post.id);
    Ok(Json(Page { posts, next }))
}

/// One post.
#[utoipa::path(
    get, path = "/posts/{id}", params(("id" = i64, Path)),
    responses((status = 200, body = Post), (status = 404, description = "There is no such post."))
)]
pub(crate) async fn show(state: Arc<State>, environ: Environ) -> Result<Json<Post>, SiteError> {
    let id = routes::number(&environ, "id")?;
    let find = move |database: &_| Post::find(database, id);
    Ok(Json(state.database.read(find).await?))
}

/// Adds a post, without a picture.
#[utoipa::path(
    post, path = "/posts", request_body = Text, security(("token" = [])),
    responses(
        (status = 201, body = Post, headers(("Location" = String, description = "Where it is."))),
        (status = 401, description = "There is no valid token."),
        (status = 422, description = "The text is empty or too long."),
    )
)]
pub(crate) async fn add(
    state: Arc<State>,
    mut environ: Environ,
) -> Result<impl TryIntoResponse, SiteError> {
    let author = author(&state, &environ).await?;
    let Text { text } = environ.json(BODY).await?;
    let new = NewPost::checked(&text, "")?;
    let post = posts::publish(&state, author, new, None).await?;
    let location = format!("{}/posts/{}", environ.raw_script_name(), post.id);
    Ok((Json(post), 201, [("location", location)]))
}

/// Deletes a post of one's own.
#[utoipa::path(
    delete, path = "/posts/{id}", params(("id" = i64, Path)), security(("token" = [])),
    responses(
        (status = 204, description = "It is deleted."),
        (status = 401, description = "There is no valid token."),
        (status = 403, description = "It is somebody else's."),
        (status = 404, description = "There is no such post."),
    )
)]
pub(crate) async fn delete(
    state: Arc<State>,
    environ: Environ,
) -> Result<impl TryIntoResponse, SiteError> {
    let author = author(&state, &environ).await?;
    let id = routes::number(&environ, "id")?;
    posts::remove(&state, author, id).await?;
    Ok(("", 204))
}

/// The account of a request's token.
async fn author(state: &Arc<State>, environ: &Environ) -> Result<Account, SiteError> {
    let secret = Secret::sent(&environ.bearer_token("postcards")?);
    let find = move |database: &_| Session::account(database, &secret, Kind::Api);
    let account = state.database.read(find).await?;
    account.ok_or_else(|| HttpError::unauthorized().into())
}
