//! Swagger UI, as [`utoipa_swagger_ui`] embeds it, as a gateway app: it runs on every server that has an
//! adapter, below any prefix.
//!
//! ```
//! use gateway_util::Mount;
//! use utoipa::OpenApi;
//! use utoipa_swagger_ui_gateway::SwaggerUi;
//!
//! #[utoipa::path(get, path = "/pets", responses((status = 200, body = [String])))]
//! fn pets() {}
//!
//! #[derive(OpenApi)]
//! #[openapi(paths(pets), servers((url = "..")))]
//! struct ApiDoc;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), gateway_core::Error> {
//! let docs = SwaggerUi::new().spec("openapi.json", &ApiDoc::openapi())?;
//! let site = Mount::new().at("/api/docs", docs);
//!
//! let client = gateway_testing::Client::new(site);
//! client.get("/api/docs").send().await.assert_status(308).assert_header("location", "./docs/");
//! client.get("/api/docs/").send().await.assert_status(200);
//! client.get("/api/docs/openapi.json").send().await.assert_header("content-type", "application/json");
//! # Ok(())
//! # }
//! ```
//!
//! Pages and specs name each other by relative addresses, so the app need not know where it is mounted:
//! not the prefix of the host's router, nor one that a proxy takes away.
//!
//! The addresses of an API are relative to its spec if `servers` has a relative one: `..`, as above, is what
//! the pages are mounted in.
//!
//! # Features
//!
//! `vendored` (default) takes the files of Swagger UI from a crate. Without it the build script of
//! `utoipa_swagger_ui` downloads them.

mod asset;
mod swagger_ui;

pub use swagger_ui::SwaggerUi;
pub use utoipa_swagger_ui;
