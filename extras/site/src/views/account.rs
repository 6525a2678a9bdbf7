//! Accounts: signing up, in and out.

use std::sync::Arc;

use gateway_core::{Environ, Response, TryIntoResponse};
use gateway_util::{Either, EnvironExt, FormLimits, redirect};
use minijinja::context;

use crate::error::SiteError;
use crate::model::{Account, Kind, NewAccount, Session, hash_password, is_password};
use crate::state::State;
use crate::visitor::Visitor;

/// The limit on a form.
const FORM: u64 = 4 * 1024;

/// What a view of a form returns: where to go next, or the page again, with the reason.
type Answer = Either<Response, (String, u16)>;

/// `GET /sign-up`.
pub(crate) async fn sign_up_form(state: Arc<State>, environ: Environ) -> Result<String, SiteError> {
    let visitor = Visitor::of(&state, &environ).await?;
    page(&state, &visitor, "Sign up", "", None)
}

/// `POST /sign-up`: a new account, which is signed in.
pub(crate) async fn sign_up(state: Arc<State>, mut environ: Environ) -> Result<Answer, SiteError> {
    let visitor = Visitor::of(&state, &environ).await?;
    let form = environ.form(FormLimits::default().body(FORM)).await?;
    let (name, password) = (form.require("name")?, form.require("password")?);
    match add(&state, name, password).await {
        Ok(account) => Ok(Either::Left(begin(&state, &visitor, account).await?)),
        Err(error) => match error.advice() {
            Some(advice) => {
                let page = page(&state, &visitor, "Sign up", name, Some(advice))?;
                Ok(Either::Right((page, 422)))
            }
            None => Err(error),
        },
    }
}

/// `GET /sign-in`.
pub(crate) async fn sign_in_form(state: Arc<State>, environ: Environ) -> Result<String, SiteError> {
    let visitor = Visitor::of(&state, &environ).await?;
    page(&state, &visitor, "Sign in", "", None)
}

/// `POST /sign-in`.
pub(crate) async fn sign_in(state: Arc<State>, mut environ: Environ) -> Result<Answer, SiteError> {
    let visitor = Visitor::of(&state, &environ).await?;
    let form = environ.form(FormLimits::default().body(FORM)).await?;
    let (name, password) = (form.require("name")?, form.require("password")?);
    match check(&state, name, password).await? {
        Some(account) => Ok(Either::Left(begin(&state, &visitor, account).await?)),
        None => {
            // Which of both is wrong, nobody is told.
            let advice = "There is no such name, or the password is another one.";
            let page = page(&state, &visitor, "Sign in", name, Some(advice))?;
            Ok(Either::Right((page, 422)))
        }
    }
}

/// `POST /sign-out`: ends the session here, too, and not only in the browser.
pub(crate) async fn sign_out(
    state: Arc<State>,
    mut environ: Environ,
) -> Result<Response, SiteError> {
    let visitor = Visitor::of(&state, &environ).await?;
    let form = environ.form(FormLimits::default().body(FORM)).await?;
    visitor.check(&form)?;
    if let Some(secret) = visitor.secret().cloned() {
        let end = move |database: &_| Session::end(database, &secret);
        state.database.write(end).await?;
    }
    let mut response = redirect(visitor.link("/")).try_into_response()?;
    visitor.end(&mut response)?;
    Ok(response)
}

/// The account of this name and password. The time that it takes does not tell which of both is wrong.
pub(super) async fn check(
    state: &Arc<State>,
    name: &str,
    password: &str,
) -> Result<Option<Account>, SiteError> {
    let name = name.to_owned();
    let find = move |database: &_| Account::find(database, &name);
    let found = state.database.read(find).await?;
    let (account, hash) = found.unzip();
    let is_right = is_password(password.to_owned(), hash).await?;
    Ok(account.filter(|_| is_right))
}

async fn add(state: &Arc<State>, name: &str, password: &str) -> Result<Account, SiteError> {
    let NewAccount { name, password } = NewAccount::checked(name, password)?;
    let hash = hash_password(password).await?;
    let add = move |database: &_| Account::add(database, name, &hash);
    state.database.write(add).await
}

/// A new session: never one that the client had before, which somebody else may know.
async fn begin(
    state: &Arc<State>,
    visitor: &Visitor,
    account: Account,
) -> Result<Response, SiteError> {
    let begin = move |database: &_| Session::begin(database, &account, Kind::Browser);
    let secret = state.database.write(begin).await?;
    let mut response = redirect(visitor.link("/")).try_into_response()?;
    visitor.begin(&mut response, &secret)?;
    Ok(response)
}

fn page(
    state: &State,
    visitor: &Visitor,
    title: &str,
    name: &str,
    advice: Option<&str>,
) -> Result<String, SiteError> {
    let values = context! { title, name, advice, ..visitor.context() };
    state.pages.render("account.html", values)
}
