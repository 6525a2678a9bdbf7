//! `workers gateway|hyper|actix COUNT`: a whole server with so many workers, on a port that it prints.
//!
//! `gateway` is `adapter_hyper::Server` with an app. `hyper` is the loop that hyper's documentation
//! recommends, with hyper-util's builder, on tokio's runtime with so many threads. `actix` is actix-web's own
//! server. All answer `/app/plaintext` with the same bytes, until SIGTERM. `figures.sh workers` measures them.

use std::convert::Infallible;
use std::error::Error;

use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, HttpServer, web};
use adapter_hyper::Server;
use gateway_core::{Body, Environ, StartResponse, app_fn};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;
use tokio::runtime::Builder;

const USAGE: &str = "usage: workers gateway|hyper|actix COUNT";
const TEXT: &str = "Hello, World!";
const TEXT_TYPE: &str = "text/plain; charset=utf-8";

type Served = Result<(), Box<dyn Error>>;

fn main() -> Served {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.as_slice() {
        [server, count] if server == "gateway" => gateway(count.parse()?),
        [server, count] if server == "hyper" => hyper(count.parse()?),
        [server, count] if server == "actix" => actix(count.parse()?),
        _ => Err(USAGE.into()),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn gateway(workers: usize) -> Served {
    let server = Server::bind("127.0.0.1:0").await?.workers(workers);
    println!("{}", server.local_addr().ok_or("no address")?);
    let app = app_fn(async |_: Environ, start_response: StartResponse| {
        start_response.start(200, [(CONTENT_TYPE, HeaderValue::from_static(TEXT_TYPE))])?;
        Ok(Body::from(TEXT))
    });
    Ok(server.serve(app).await?)
}

fn hyper(workers: usize) -> Served {
    let mut runtime = Builder::new_multi_thread();
    let runtime = runtime.worker_threads(workers.max(1)).enable_all();
    runtime.build()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        // The connections are accepted by a task, so that the workers do it.
        tokio::spawn(accept(listener)).await??;
        Ok(())
    })
}

async fn accept(listener: TcpListener) -> std::io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async {
            let connection = auto::Builder::new(TokioExecutor::new());
            // A client that leaves does not matter to the measurement.
            let _ = connection
                .serve_connection(TokioIo::new(stream), service_fn(answer))
                .await;
        });
    }
}

async fn answer(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::new(Bytes::from_static(TEXT.as_bytes())));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(TEXT_TYPE));
    Ok(response)
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
