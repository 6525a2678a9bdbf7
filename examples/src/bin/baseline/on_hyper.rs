//! The equivalents on bare hyper.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use gateway_conformance::facts::{self, Run};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;

use crate::equivalents::{self, Content, Equivalent, Fields};

type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Serves them until the program ends.
pub(crate) async fn serve() -> io::Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let builder = Builder::new(TokioExecutor::new());
                let service = service_fn(answer);
                // The client judges how a connection ends.
                let _ended = builder
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    Ok(address)
}

fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

fn status_only(status: u16) -> Response<Body> {
    let mut response = Response::new(full(Bytes::new()));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    response
}

fn respond(status: u16, fields: Fields, body: Body) -> http::Result<Response<Body>> {
    let mut builder = Response::builder().status(status);
    for (name, value) in fields {
        builder = builder.header(name, value);
    }
    builder.body(body)
}

async fn answer(request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
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
        let facts = facts::answer(rest).await;
        return Ok(facts.map_or_else(|| status_only(404), |facts| Response::new(full(facts))));
    }
    let made = match equivalents::of(case, query) {
        None => Ok(status_only(404)),
        Some(Equivalent::Answer(status, fields, Content::Bytes(bytes))) => {
            respond(status, fields, full(bytes))
        }
        Some(Equivalent::Answer(status, fields, Content::Pieces(pieces, then))) => {
            use futures_util::TryStreamExt as _;
            let chunks = equivalents::chunks(pieces, then, &run).map_ok(Frame::data);
            respond(status, fields, UnsyncBoxBody::new(StreamBody::new(chunks)))
        }
        Some(Equivalent::Refused(clause, fields)) => {
            let made = respond(200, fields, full("refused"));
            run.note(if made.is_ok() { "started" } else { clause });
            made
        }
        Some(Equivalent::Report) => {
            let target = equivalents::target(&uri, request.version() == http::Version::HTTP_2);
            let report = equivalents::report(
                request.method().as_str(),
                &target,
                uri.path(),
                uri.path(),
                query,
            );
            Ok(Response::new(full(report)))
        }
        Some(Equivalent::Echo) => {
            let body = request.into_body().map_err(io::Error::other);
            Ok(Response::new(body.boxed_unsync()))
        }
        #[expect(clippy::panic, reason = "B9: apps panic")]
        Some(Equivalent::Panic) => panic!("private: a panic that the case asks for"),
    };
    Ok(made.unwrap_or_else(|_| status_only(500)))
}
