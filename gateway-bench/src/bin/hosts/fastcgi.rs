//! FastCGI: an app, and the library `tokio-fastcgi`.

use std::sync::Arc;

use adapter_cgi::{CgiProtocol, CgiServer, CgiService, FrontEnd};
use gateway_core::{Body, Environ, StartResponse, app_fn};
use http::header::{CONTENT_TYPE, HeaderValue};
use tokio::io::BufReader;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio_fastcgi::{Request, RequestResult, Requests};

use crate::{Served, TEXT, TEXT_TYPE};

pub(crate) async fn gateway() -> Served {
    let server = CgiServer::bind(CgiProtocol::FastCgi, "127.0.0.1:0").await?;
    println!("{}", server.local_addr().ok_or("no address")?);
    let app = app_fn(async |_: Environ, start_response: StartResponse| {
        start_response.start(200, [(CONTENT_TYPE, HeaderValue::from_static(TEXT_TYPE))])?;
        Ok(Body::from(TEXT))
    });
    let service = CgiService::new(app).front_end(FrontEnd::Nginx);
    Ok(server.serve_service(service).await?)
}

/// The loop of its documentation, with a buffer to read from and without Nagle's delay: it writes each part of a
/// record by itself.
pub(crate) async fn library() -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(serve(stream));
    }
}

async fn serve(stream: TcpStream) {
    let (reader, writer) = stream.into_split();
    let mut requests = Requests::new(BufReader::new(reader), writer, 10, 10);
    // A front end that leaves does not matter to the measurement.
    while let Ok(Some(request)) = requests.next().await {
        if request.process(plaintext).await.is_err() {
            return;
        }
    }
}

async fn plaintext(request: Arc<Request<OwnedWriteHalf>>) -> RequestResult {
    let answer = format!(
        "Status: 200 OK\r\ncontent-type: {TEXT_TYPE}\r\ncontent-length: {}\r\n\r\n{TEXT}",
        TEXT.len()
    );
    match request.get_stdout().write(answer.as_bytes()).await {
        Ok(_) => RequestResult::Complete(0),
        Err(_) => RequestResult::Complete(1),
    }
}
