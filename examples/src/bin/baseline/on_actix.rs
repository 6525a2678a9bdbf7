//! The equivalents on bare actix-web.

use std::io;
use std::net::SocketAddr;

use actix_web::http::{StatusCode, Version};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use gateway_conformance::facts::{self, Run};

use crate::equivalents::{self, Content, Equivalent, Fields};

/// Serves them until the program ends, on a thread of its own.
pub(crate) fn serve() -> io::Result<SocketAddr> {
    let server = HttpServer::new(|| App::new().default_service(web::to(answer)));
    let server = server
        .workers(2)
        .disable_signals()
        .bind_auto_h2c("127.0.0.1:0")?;
    let address = server
        .addrs()
        .first()
        .copied()
        .ok_or(io::ErrorKind::NotConnected)?;
    let server = server.run();
    std::thread::spawn(|| actix_web::rt::System::new().block_on(server));
    Ok(address)
}

fn head(status: u16, fields: Fields) -> actix_web::HttpResponseBuilder {
    // A value that is not a status is a 500 as well.
    let mut builder = HttpResponse::build(
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    );
    for field in fields {
        builder.append_header(field);
    }
    builder
}

async fn answer(request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let uri = request.uri();
    let (case, rest) = equivalents::split(uri.path());
    let query = request.query_string();
    let run = Run::new(
        request
            .headers()
            .get(facts::TOKEN)
            .and_then(|token| token.to_str().ok())
            .unwrap_or_default(),
    );
    if case == "_facts" {
        return match facts::answer(rest).await {
            Some(facts) => HttpResponse::Ok().body(facts),
            None => HttpResponse::NotFound().finish(),
        };
    }
    match equivalents::of(case, query) {
        None => HttpResponse::NotFound().finish(),
        Some(Equivalent::Answer(status, fields, Content::Bytes(bytes))) => {
            head(status, fields).body(bytes)
        }
        Some(Equivalent::Answer(status, fields, Content::Pieces(pieces, then))) => {
            head(status, fields).streaming(equivalents::chunks(pieces, then, &run))
        }
        Some(Equivalent::Refused(clause, fields)) => {
            let made = head(200, fields).body("refused");
            run.note(if made.error().is_none() {
                "started"
            } else {
                clause
            });
            made
        }
        Some(Equivalent::Report) => {
            let target = match uri.path_and_query() {
                Some(target) if request.version() == Version::HTTP_2 => target.to_string(),
                _ => uri.to_string(),
            };
            HttpResponse::Ok().body(equivalents::report(
                request.method().as_str(),
                &target,
                request.path(),
                uri.path(),
                query,
            ))
        }
        Some(Equivalent::Echo) => HttpResponse::Ok().streaming(payload),
        #[expect(clippy::panic, reason = "B9: apps panic")]
        Some(Equivalent::Panic) => panic!("private: a panic that the case asks for"),
    }
}
