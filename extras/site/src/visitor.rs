//! `Visitor`: who sends a request, by the cookie of a session.

use std::sync::Arc;

use gateway_core::cookie::{Cookie, SameSite, time};
use gateway_core::{Environ, HttpError, Response, ResponseExt, Scheme};
use gateway_util::{EnvironExt, Form, ResponseFields, redirect};
use minijinja::value::Serde;
use minijinja::{Value, context};

use crate::error::SiteError;
use crate::here::Here;
use crate::model::{Account, Kind, LIFETIME, Secret, Session};
use crate::state::State;

const COOKIE: &str = "session";
/// The field of a form that proves that a page of this site has made it.
const TOKEN: &str = "token";

/// Who sends a request to a page.
pub(crate) struct Visitor {
    /// Where the site is, for links.
    here: String,
    is_secure: bool,
    known: Option<(Account, Secret)>,
}

impl Visitor {
    /// Looks up the session of a request.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub(crate) async fn of(state: &Arc<State>, environ: &Environ) -> Result<Self, SiteError> {
        let cookie = environ.cookies().get(COOKIE).map(Secret::sent);
        let known = match cookie {
            Some(secret) => {
                let find = move |database: &_| {
                    let account = Session::account(database, &secret, Kind::Browser)?;
                    Ok(account.map(|account| (account, secret)))
                };
                state.database.read(find).await?
            }
            None => None,
        };
        Ok(Self {
            here: Here::of(environ).to_owned(),
            is_secure: environ.scheme() == Scheme::Https,
            known,
        })
    }

    /// The account, if the visitor is signed in.
    pub(crate) fn account(&self) -> Option<&Account> {
        self.known.as_ref().map(|(account, _)| account)
    }

    /// The secret of the session.
    pub(crate) fn secret(&self) -> Option<&Secret> {
        self.known.as_ref().map(|(_, secret)| secret)
    }

    /// The account of a visitor who must be signed in.
    ///
    /// # Errors
    ///
    /// A redirect to the page where one signs in.
    pub(crate) fn signed_in(&self) -> Result<&Account, SiteError> {
        self.account()
            .ok_or_else(|| redirect(self.link("/sign-in")).into_error().into())
    }

    /// Checks that a form comes from a page that was made for this visitor.
    ///
    /// # Errors
    ///
    /// 403 if it does not.
    pub(crate) fn check(&self, form: &Form) -> Result<(), SiteError> {
        let expected = self.secret().map(Secret::form_token);
        let sent = form.get(TOKEN).map(Secret::sent);
        // Digests are compared: how long that takes says nothing about the token.
        let is_own = matches!((expected, sent), (Some(expected), Some(sent))
            if Secret::sent(&expected).digest() == sent.digest());
        if is_own {
            return Ok(());
        }
        let text =
            "This form was made for another session. Go back, reload the page and try again.";
        Err(HttpError::forbidden().with_description(text).into())
    }

    /// A path of the site, as a link.
    pub(crate) fn link(&self, path: &str) -> String {
        format!("{}{path}", self.here)
    }

    /// What every page needs.
    pub(crate) fn context(&self) -> Value {
        context! {
            here => &self.here,
            account => self.account().map(Serde),
            token => self.secret().map(Secret::form_token),
        }
    }

    /// Gives the client the cookie of a new session.
    ///
    /// # Errors
    ///
    /// If a cookie cannot hold it, which does not happen.
    pub(crate) fn begin(&self, response: &mut Response, secret: &Secret) -> Result<(), SiteError> {
        let mut cookie = self.cookie(secret.as_str().to_owned());
        cookie.set_max_age(time::Duration::try_from(LIFETIME).ok());
        response.set_cookie(cookie)?;
        Ok(())
    }

    /// Makes the client forget its session.
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin).
    pub(crate) fn end(&self, response: &mut Response) -> Result<(), SiteError> {
        response.delete_cookie(self.cookie(String::new()))?;
        Ok(())
    }

    /// A cookie that no script reads and that other sites cannot send along with a form.
    fn cookie(&self, value: String) -> Cookie<'static> {
        Cookie::build((COOKIE, value))
            .path(match self.here.as_str() {
                "" => "/".to_owned(),
                here => here.to_owned(),
            })
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.is_secure)
            .build()
    }
}
