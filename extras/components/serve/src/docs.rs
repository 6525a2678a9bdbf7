//! A small API, and the pages that describe it.

use gateway_core::{App, Environ, Json, TryIntoResponse, view};
use gateway_util::Methods;
use utoipa::openapi::security::{AuthorizationCode, Flow, OAuth2, Scopes, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_swagger_ui_gateway::SwaggerUi;
use utoipa_swagger_ui_gateway::utoipa_swagger_ui::oauth;

/// The names of the pets.
#[utoipa::path(get, path = "/pets", responses((status = 200, body = [String])))]
async fn list(_: Environ) -> impl TryIntoResponse {
    Json(["Tom", "Jerry"])
}

#[derive(OpenApi)]
#[openapi(
    paths(list),
    info(title = "Pets"),
    servers((url = "..")),
    modifiers(&Login),
)]
struct Pets;

#[derive(OpenApi)]
#[openapi(info(title = "Nothing yet"))]
struct Nothing;

/// How a user logs in.
struct Login;

impl Modify for Login {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let flow = AuthorizationCode::new("/login", "/token", Scopes::new());
        let scheme = SecurityScheme::OAuth2(OAuth2::new([Flow::AuthorizationCode(flow)]));
        openapi
            .components
            .get_or_insert_default()
            .add_security_scheme("login", scheme);
    }
}

pub(crate) fn pets() -> impl App {
    Methods::new().get(view(list))
}

pub(crate) fn pages() -> Result<SwaggerUi, Box<dyn std::error::Error>> {
    Ok(SwaggerUi::new()
        .spec("pets.json", &Pets::openapi())?
        .spec("nothing.json", &Nothing::openapi())?
        .configure(|config| config.try_it_out_enabled(true))
        .oauth(oauth::Config::new().client_id("docs")))
}
