//! An application of actix-web on hyper: the one that `workers actix` serves.

use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, web};
use gateway_core::{App as _, Connection, Gateway};

use crate::{Served, TEXT, on_hyper};

const PATH: &str = "/app/plaintext";

pub(crate) async fn gateway() -> Served {
    let app = adapter_actix::actix_app(|| App::new().route(PATH, web::get().to(plaintext)));
    let app = app.workers(1);
    // As a server does it before its first connection.
    app.startup().await?;
    let gateway = Gateway::new(app);
    on_hyper::serve(|peer| {
        adapter_hyper::service_with(&gateway, Connection::new().with_peer_addr(peer))
    })
    .await
}

async fn plaintext() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(ContentType::plaintext())
        .body(TEXT)
}
