//! What the proxy does by itself.
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

use std::time::Duration;

use adapter_hyper::Server;
use gateway_core::{App, Body, Connection, Environ, Gateway, Input, TryIntoResponse, view};
use gateway_proxy::{Forwarding, ReverseProxy};
use http::Request;

/// Waits for what has to happen; on a machine that is slow, too.
async fn within<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(Duration::from_secs(60), future).await {
        Ok(output) => output,
        Err(_) => panic!("{what} did not come"),
    }
}

async fn upstream(app: impl App) -> String {
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    tokio::spawn(server.serve_until(app, std::future::pending::<()>()));
    url
}

async fn ask(proxy: ReverseProxy, mount: &str, request: Request<Input>) -> (u16, String) {
    let gateway = Gateway::new(proxy);
    let (parts, input) = request.into_parts();
    let mut environ = gateway.environ(parts, input);
    environ.set_connection(Connection::new().with_peer_addr("192.0.2.7:4711".parse().unwrap()));
    assert!(environ.mount(mount));
    let response = within("a response", gateway.handle(environ)).await;
    let status = response.status().as_u16();
    let body = within("a body", Body::new(response.into_body()).bytes()).await;
    (status, String::from_utf8(body.unwrap().to_vec()).unwrap())
}

fn get(target: &str) -> http::request::Builder {
    Request::get(target).header("host", "a.example")
}

/// What an upstream sees.
fn shown() -> impl App {
    view(async |environ: Environ| {
        let header = |name: &str| environ.header(name).map(|value| value.to_string());
        let names = [
            "host",
            "x-forwarded-for",
            "x_forwarded_for",
            "x-forwarded-host",
            "x-forwarded-prefix",
            "forwarded",
            "x-hop",
            "te",
        ];
        let fields: Vec<String> = names
            .iter()
            .filter_map(|name| Some(format!("{name}: {}", header(name)?)))
            .collect();
        format!("{}\n{}", environ.request_uri(), fields.join("\n")).try_into_response()
    })
}

#[tokio::test]
async fn a_client_cannot_take_the_proxys_fields_away() {
    let url = upstream(shown()).await;
    let names =
        "forwarded, x-forwarded-for, x-forwarded-host, x-forwarded-proto, x-forwarded-prefix";
    for forwarding in [Forwarding::Replace, Forwarding::Append] {
        let request = get("/").header("connection", names);
        let request = request.body(Input::empty()).unwrap();
        let proxy = ReverseProxy::new(&url).unwrap().forwarding(forwarding);
        let (_, seen) = ask(proxy, "", request).await;
        assert!(seen.contains("x-forwarded-for: 192.0.2.7\n"), "{seen}");
        assert!(seen.contains("x-forwarded-host: a.example\n"), "{seen}");
        assert!(seen.contains("forwarded: for=192.0.2.7;"), "{seen}");
    }
}

#[tokio::test]
async fn cookies_of_several_lines_are_one_line_for_http_1() {
    let url = upstream(view(async |mut environ: Environ| {
        let lines = environ.headers().get_all("cookie").iter().count();
        let cookie = environ.header("cookie").map(|value| value.to_string());
        environ.take_input();
        format!("{lines} {cookie:?}").try_into_response()
    }))
    .await;
    let request = get("/").header("cookie", "a=1").header("cookie", "b=2");
    let request = request.body(Input::empty()).unwrap();
    let seen = ask(ReverseProxy::new(&url).unwrap(), "", request).await;
    assert_eq!(seen, (200, "1 Some(\"a=1; b=2\")".to_owned()));
}

#[tokio::test]
async fn the_upstream_sees_the_path_below_the_mount_and_who_the_client_is() {
    let url = upstream(shown()).await;
    let host = url.trim_start_matches("http://").to_owned();
    let request = || {
        get("/old/a%2Fb//c?d=%20")
            .header("x-forwarded-for", "198.51.100.1")
            .header("x_forwarded_for", "198.51.100.2")
            .header("connection", "x-hop")
            .header("x-hop", "1")
            .header("te", "trailers")
            .body(Input::empty())
            .unwrap()
    };
    let proxy = ReverseProxy::new(&format!("{url}/base/")).unwrap();
    let seen = ask(proxy.clone(), "/old", request()).await;
    let expected = format!(
        "/base/a%2Fb//c?d=%20\nhost: {host}\nx-forwarded-for: 192.0.2.7\nx-forwarded-host: a.example\n\
         x-forwarded-prefix: /old\nforwarded: for=192.0.2.7;proto=http;host=\"a.example\""
    );
    assert_eq!(seen, (200, expected));
    let (_, appended) = ask(
        proxy.clone().forwarding(Forwarding::Append),
        "/old",
        request(),
    )
    .await;
    assert!(
        appended.contains("x-forwarded-for: 198.51.100.1, 192.0.2.7\n"),
        "{appended}"
    );
    let (_, kept) = ask(
        proxy.clone().forwarding(Forwarding::Keep),
        "/old",
        request(),
    )
    .await;
    assert!(
        kept.ends_with("\nx-forwarded-for: 198.51.100.1\nx_forwarded_for: 198.51.100.2"),
        "{kept}"
    );
    let (_, dropped) = ask(proxy.forwarding(Forwarding::Drop), "", request()).await;
    assert_eq!(dropped, format!("/base/old/a%2Fb//c?d=%20\nhost: {host}"));
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_a_502_and_one_that_hangs_a_504() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let proxy = ReverseProxy::new(&gone).unwrap();
    let request = get("/").body(Input::empty()).unwrap();
    assert_eq!(ask(proxy, "", request).await.0, 502);

    let url = upstream(view(async |_| std::future::pending::<&str>().await)).await;
    let proxy = ReverseProxy::new(&url).unwrap();
    let proxy = proxy.response_timeout(Duration::from_millis(50));
    let request = get("/").body(Input::empty()).unwrap();
    assert_eq!(ask(proxy, "", request).await.0, 504);
}

#[tokio::test]
async fn a_response_timeout_beyond_the_clock_is_none() {
    let url = upstream(view(async |_| {
        tokio::task::yield_now().await;
        "here"
    }))
    .await;
    let proxy = ReverseProxy::new(&url).unwrap();
    let proxy = proxy.response_timeout(Duration::MAX);
    let request = get("/").body(Input::empty()).unwrap();
    assert_eq!(ask(proxy, "", request).await.0, 200);
}

#[test]
fn a_url_that_is_no_upstreams_is_an_error() {
    for wrong in [
        "",
        "/",
        "127.0.0.1:80",
        "https://a.example",
        "http://a/?x",
        "http://u@a/",
        "ftp://a",
    ] {
        let error = ReverseProxy::new(wrong).unwrap_err();
        assert!(error.to_string().contains(&format!("{wrong:?}")), "{error}");
    }
}
