//! The document of the API (OpenAPI), as JSON, and as a page for people.

use std::sync::Arc;

use gateway_core::{Environ, Json};
use minijinja::context;
use minijinja::value::Serde;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi as Document, Server};
use utoipa::{Modify, OpenApi};

use crate::error::SiteError;
use crate::state::State;
use crate::visitor::Visitor;

/// Postcards, for programs.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Postcards",
        description = "Posts for programs. An error is problem+json (RFC 9457)."
    ),
    paths(super::sign_in, super::list, super::add, super::show, super::delete),
    modifiers(&Bearer)
)]
struct Api;

/// The token, as a way to authenticate.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// `GET /api/openapi.json`. It names the place where the API is mounted.
pub(crate) async fn document(_state: Arc<State>, environ: Environ) -> Json<Document> {
    Json(described(&environ))
}

/// `GET /api/`: the same to be read.
pub(crate) async fn page(state: Arc<State>, environ: Environ) -> Result<String, SiteError> {
    let visitor = Visitor::of(&state, &environ).await?;
    let document = described(&environ);
    let values = context! { document => Serde(document), ..visitor.context() };
    state.pages.render("api.html", values)
}

fn described(environ: &Environ) -> Document {
    let mut document = Api::openapi();
    document.servers = Some(vec![Server::new(environ.raw_script_name())]);
    document
}
