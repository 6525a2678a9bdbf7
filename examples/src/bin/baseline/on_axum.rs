//! The equivalents on bare axum.

use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{self, StatusCode};
use axum::response::{IntoResponse as _, Response};
use gateway_conformance::facts::{self, Run};

use crate::equivalents::{self, Content, Equivalent, Fields};

/// Serves them until the program ends.
pub(crate) async fn serve() -> io::Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async { axum::serve(listener, Router::new().fallback(answer)).await });
    Ok(address)
}

fn respond(status: u16, fields: Fields, body: impl Into<Body>) -> http::Result<Response> {
    let mut builder = Response::builder().status(status);
    for (name, value) in fields {
        builder = builder.header(name, value);
    }
    builder.body(body.into())
}

async fn answer(request: Request) -> Response {
    let uri = request.uri().clone();
    let (case, rest) = equivalents::split(uri.path());
    let query = uri.query().unwrap_or_default();
    let run = Run::new(
        request
            .headers()
            .get(facts::TOKEN)
            .and_then(|token| token.to_str().ok())
            .unwrap_or_default(),
    );
    if case == "_facts" {
        return facts::answer(rest)
            .await
            .ok_or(StatusCode::NOT_FOUND)
            .into_response();
    }
    let made = match equivalents::of(case, query) {
        None => Ok(StatusCode::NOT_FOUND.into_response()),
        Some(Equivalent::Answer(status, fields, Content::Bytes(bytes))) => {
            respond(status, fields, bytes)
        }
        Some(Equivalent::Answer(status, fields, Content::Pieces(pieces, then))) => respond(
            status,
            fields,
            Body::from_stream(equivalents::chunks(pieces, then, &run)),
        ),
        Some(Equivalent::Refused(clause, fields)) => {
            let made = respond(200, fields, "refused");
            run.note(if made.is_ok() { "started" } else { clause });
            made
        }
        Some(Equivalent::Report) => {
            let target = equivalents::target(&uri, request.version() == http::Version::HTTP_2);
            Ok(equivalents::report(
                request.method().as_str(),
                &target,
                uri.path(),
                uri.path(),
                query,
            )
            .into_response())
        }
        Some(Equivalent::Echo) => Ok(request.into_body().into_response()),
        #[expect(clippy::panic, reason = "B9: apps panic")]
        Some(Equivalent::Panic) => panic!("private: a panic that the case asks for"),
    };
    made.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}
