//! What people see who come with a browser, and programs do not: the way in, and styled errors.

use gateway_core::{App, Body, Environ, Error, StartResponse, TryIntoResponse};
use gateway_util::{EnvironExt, Failure, redirect};
use minijinja::context;

const TEMPLATE: &str = include_str!("../templates/error.html");

/// A site in two forms: one for people, who ask for HTML as browsers do when somebody follows a link, and
/// one for programs. The script of the pages is a program, so a card shows what a program gets.
pub(crate) struct ForPeople<P, A> {
    pub(crate) people: P,
    pub(crate) programs: A,
}

impl<P: App, A: App> App for ForPeople<P, A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let offers = ["application/json", "text/html"];
        match environ.accept().best(&offers) {
            Some("text/html") => self.people.call(environ, start_response).await,
            _ => self.programs.call(environ, start_response).await,
        }
    }

    // Both are the same site: it is started once.
    gateway_core::forward_lifespan!(programs);
}

/// Leads people from `/` to the showcase. With a query, `/` is the view that it is for programs.
pub(crate) async fn lead_in(environ: Environ) -> Result<Environ, Error> {
    if environ.path_info() != "/" || !environ.query_string().is_empty() {
        return Ok(environ);
    }
    let showcase = redirect(format!("{}/showcase", environ.raw_script_name())).into_error();
    Err(showcase.with_headers(FOR_PEOPLE)?.into())
}

/// The page of an error.
pub(crate) fn error_page(failure: &Failure<'_>) -> impl TryIntoResponse + use<> {
    let error = failure.http_error();
    let values = context! {
        here => failure.raw_script_name(),
        status => error.status().as_u16(),
        name => error.name(),
        description => error.description(),
    };
    let page = minijinja::Environment::new().render_named_str("error.html", TEMPLATE, values);
    let headers = error.headers().clone();
    page.map(|page| ((page, error.status(), headers), FOR_PEOPLE))
        .map_err(Error::from)
}

/// Programs get something else at the same place.
const FOR_PEOPLE: [(&str, &str); 2] = [("vary", "accept"), ("cache-control", "no-store")];
