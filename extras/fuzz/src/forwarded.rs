use futures_executor::block_on;
use gateway_core::{AppExt, Connection, Environ, Gateway, HttpError, view};
use gateway_util::MiddlewareExt;
use http::Request;

/// The bytes are header lines of a proxy (RFC 7239, and the `X-Forwarded-` fields).
pub fn forwarded(data: &[u8]) {
    let mut request = Request::new(());
    *request.headers_mut() = crate::headers(data);
    request.headers_mut().insert("host", http::HeaderValue::from_static("own.example"));
    let peer = ([192, 0, 2, 1], 4711);
    let mut environ = Environ::from_request(request);
    environ.set_connection(Connection::new().with_peer_addr(peer.into()));
    let trusting = block_on(proxied(environ.fork(), 1));
    // Without trust nothing changes.
    let own = ("own.example".to_owned(), "http".to_owned(), String::new());
    assert_eq!(block_on(proxied(environ, 0)), Ok(own));
    let (host, scheme, prefix) = match trusting {
        Ok(seen) => seen,
        // A host that no name can be as long as.
        Err(status) => return assert_eq!(status, 400),
    };
    assert!(["http", "https"].contains(&&*scheme));
    // What is believed is what the gateway itself would take.
    assert!(!is_refused(&host), "{host:?}");
    // Nothing that a browser takes for another host.
    assert!(prefix.is_empty() || prefix.starts_with('/'), "{prefix:?}");
    assert!(!prefix.ends_with('/'), "{prefix:?}");
    let decoded = prefix.replace("%2f", "/").replace("%2F", "/").replace("%5c", "\\");
    let decoded = decoded.replace("%5C", "\\").replace('\\', "/");
    assert!(!decoded.starts_with("//"), "{prefix:?}");
}

async fn proxied(environ: Environ, hops: usize) -> Result<(String, String, String), u16> {
    let app = view(async |environ: Environ| {
        let host = environ.host().unwrap_or_default().into_owned();
        let prefix = environ.raw_script_name();
        format!("{host}\n{}\n{prefix}", environ.scheme().as_str())
    });
    let app = app.proxy_fix().x_for(hops).x_proto(hops).x_host(hops).x_port(hops);
    let app = app.x_prefix(hops).forwarded(hops);
    let response = app.respond(environ).await.map_err(|error| {
        let error = error.downcast_ref::<HttpError>().expect("an answer");
        error.status().as_u16()
    })?;
    let text = response.into_body().bytes().await.expect("a body");
    let text = String::from_utf8(text.to_vec()).expect("text");
    let mut parts = text.splitn(3, '\n').map(str::to_owned);
    let mut next = || parts.next().expect("three lines");
    Ok((next(), next(), next()))
}

fn is_refused(host: &str) -> bool {
    let Some(request) = crate::request("host", host.as_bytes()) else {
        return true;
    };
    let (parts, ()) = request.into_parts();
    let gateway = Gateway::new(HttpError::not_found());
    gateway.refuses(&gateway.environ(parts, gateway_core::Input::empty()))
}
