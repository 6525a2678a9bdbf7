//! The posts: a page of them, one, a new one, and one less.

use std::sync::Arc;

use gateway_core::Environ;
use gateway_util::{Either, EnvironExt, FilePart, Form, FormLimits, Redirect, redirect};
use minijinja::context;
use minijinja::value::Serde;

use crate::error::SiteError;
use crate::model::{Account, LONGEST_PICTURE, LONGEST_TEXT, NewPost, PAGE, Post};
use crate::routes;
use crate::state::State;
use crate::visitor::Visitor;

/// The limit on the fields of a form that are not files.
const FIELDS: u64 = 16 * 1024;

/// `GET /?before=ID`: the newest posts, or older ones.
pub(crate) async fn list(state: Arc<State>, environ: Environ) -> Result<String, SiteError> {
    let visitor = Visitor::of(&state, &environ).await?;
    let before = environ.query().parse("before")?;
    listed(&state, &visitor, before, None).await
}

/// `GET /posts/{id}`: one post.
pub(crate) async fn show(state: Arc<State>, environ: Environ) -> Result<String, SiteError> {
    let id = routes::number(&environ, "id")?;
    let visitor = Visitor::of(&state, &environ).await?;
    let find = move |database: &_| Post::find(database, id);
    let post = state.database.read(find).await?;
    let values = context! { post => Serde(post), ..visitor.context() };
    state.pages.render("post.html", values)
}

/// `POST /posts`: a new post, from a form that may have a picture. A form that cannot be taken is shown
/// again, with the reason.
pub(crate) async fn add(
    state: Arc<State>,
    mut environ: Environ,
) -> Result<Either<Redirect, (String, u16)>, SiteError> {
    let visitor = Visitor::of(&state, &environ).await?;
    let author = visitor.signed_in()?.clone();
    let limits = FormLimits::default()
        .body(LONGEST_PICTURE + FIELDS)
        .text(FIELDS)
        .parts(8);
    let mut form = environ.form(limits).await?;
    visitor.check(&form)?;
    // A browser sends an empty file if none was chosen.
    let picture = form.take_file("picture").filter(|file| !file.is_empty());
    match publish_form(&state, author, &form, picture).await {
        Ok(post) => {
            let link = visitor.link(&format!("/posts/{}", post.id));
            Ok(Either::Left(redirect(link)))
        }
        Err(error) => match error.advice() {
            Some(advice) => {
                let page = listed(&state, &visitor, None, Some((advice, &form))).await?;
                Ok(Either::Right((page, 422)))
            }
            None => Err(error),
        },
    }
}

/// `POST /posts/{id}/delete`: a form knows no other methods than GET and POST.
pub(crate) async fn delete(state: Arc<State>, mut environ: Environ) -> Result<Redirect, SiteError> {
    let id = routes::number(&environ, "id")?;
    let visitor = Visitor::of(&state, &environ).await?;
    let author = visitor.signed_in()?.clone();
    let form = environ.form(FormLimits::default().body(FIELDS)).await?;
    visitor.check(&form)?;
    remove(&state, author, id).await?;
    Ok(redirect(visitor.link("/")))
}

/// The page of posts; with what was wrong with a form, and the form, if it is shown again.
async fn listed(
    state: &Arc<State>,
    visitor: &Visitor,
    before: Option<i64>,
    refused: Option<(&str, &Form)>,
) -> Result<String, SiteError> {
    let find = move |database: &_| Post::page(database, before, PAGE);
    let (posts, is_more) = state.database.read(find).await?;
    let older = posts.last().filter(|_| is_more).map(|post| post.id);
    let field = |name| refused.and_then(|(_, form)| form.get(name));
    let values = context! {
        posts => Serde(posts),
        older,
        is_first => before.is_none(),
        longest => LONGEST_TEXT,
        advice => refused.map(|(advice, _)| advice),
        text => field("text"),
        description => field("description"),
        ..visitor.context()
    };
    state.pages.render("posts.html", values)
}

async fn publish_form(
    state: &Arc<State>,
    author: Account,
    form: &Form,
    picture: Option<FilePart>,
) -> Result<Post, SiteError> {
    let description = form.get("description").unwrap_or_default();
    let new = NewPost::checked(form.require("text")?, description)?;
    let Some(file) = picture else {
        return publish(state, author, new, None).await;
    };
    let bytes = file.bytes(LONGEST_PICTURE).await?;
    let name = state.pictures.add(&bytes).await?;
    let published = publish(state, author, new, Some(name.clone())).await;
    if published.is_err() {
        // Nothing would ever show it. The first error is the one that says why.
        let _ = state.pictures.delete(&name).await;
    }
    published
}

/// Adds a post and tells everybody who listens.
pub(super) async fn publish(
    state: &Arc<State>,
    author: Account,
    new: NewPost,
    picture: Option<String>,
) -> Result<Post, SiteError> {
    let add = move |database: &_| Post::add(database, &author, &new, picture.as_deref());
    let post = state.database.write(add).await?;
    state.news.tell(&post);
    Ok(post)
}

/// Deletes a post, and the picture with it.
pub(super) async fn remove(state: &Arc<State>, author: Account, id: i64) -> Result<(), SiteError> {
    let delete = move |database: &_| Post::delete(database, &author, id);
    if let Some(picture) = state.database.write(delete).await? {
        state.pictures.delete(&picture).await?;
    }
    Ok(())
}
