//! `workers hyper|actix COUNT`: a whole server with so many workers, on a port that it prints.
//!
//! `hyper` is `adapter_hyper::Server` with an app; 0 is its mode without workers, on one thread. `actix` is
//! actix-web's own server with a handler of its own. Both answer `/app/plaintext` with the same bytes, until
//! SIGTERM. `workers.sh` measures them in turn.

use std::error::Error;

use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, HttpServer, web};
use adapter_hyper::Server;
use gateway_core::{Body, Environ, StartResponse, app_fn};
use http::header::{CONTENT_TYPE, HeaderValue};

const USAGE: &str = "usage: workers hyper|actix COUNT";
const TEXT: &str = "Hello, World!";
const TEXT_TYPE: &str = "text/plain; charset=utf-8";

type Served = Result<(), Box<dyn Error>>;

fn main() -> Served {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.as_slice() {
        [server, count] if server == "hyper" => hyper(count.parse()?),
        [server, count] if server == "actix" => actix(count.parse()?),
        _ => Err(USAGE.into()),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn hyper(workers: usize) -> Served {
    let server = Server::bind("127.0.0.1:0").await?.workers(workers);
    println!("{}", server.local_addr().ok_or("no address")?);
    let app = app_fn(async |_: Environ, start_response: StartResponse| {
        start_response.start(200, [(CONTENT_TYPE, HeaderValue::from_static(TEXT_TYPE))])?;
        Ok(Body::from(TEXT))
    });
    Ok(server.serve(app).await?)
}

#[actix_web::main]
async fn actix(workers: usize) -> Served {
    let server = HttpServer::new(|| App::new().route("/app/plaintext", web::get().to(plaintext)))
        .workers(workers.max(1))
        .tcp_nodelay(true)
        .bind("127.0.0.1:0")?;
    for addr in server.addrs() {
        println!("{addr}");
    }
    Ok(server.run().await?)
}

async fn plaintext() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(ContentType::plaintext())
        .body(TEXT)
}
