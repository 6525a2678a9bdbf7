//! The request as the app sees it.

use gateway_conformance::wire::{Protocol, WireRequest};
use serde_json::{Value, json};

use crate::{Server, send};

async fn raw_shows_both_halves_of_the_path_and_the_target(server: Server) {
    for (target, script_name, path_info) in [
        ("/lab/raw", "/lab/raw", json!("")),
        ("/lab/raw/", "/lab/raw", json!("/")),
        ("/lab/raw/a%2Fb?x=1", "/lab/raw", json!("/a/b")),
        ("/lab/raw/%252F/%zz?", "/lab/raw", json!("/%2F/%zz")),
        (
            "/lab/raw//a/./../b;c=d/",
            "/lab/raw",
            json!("//a/./../b;c=d/"),
        ),
        ("/%6Cab/raw/caf%C3%A9", "/lab/raw", json!("/café")),
        // Not UTF-8: bytes as numbers.
        ("/lab/raw/%FF", "/lab/raw", json!([0x2f, 0xff])),
    ] {
        for protocol in Protocol::ALL {
            let response = send(server, protocol, &WireRequest::get(target)).await;
            let seen: Value = serde_json::from_slice(&response.body).unwrap();
            let expected = json!({
                "script_name": script_name, "path_info": path_info, "request_uri": target,
            });
            assert_eq!(seen, expected, "{protocol:?} {target}");
        }
    }
}

async fn environ_is_the_whole_cgi_view(server: Server) {
    for protocol in Protocol::ALL {
        let request = WireRequest::new("POST", "/lab/environ?q=%20")
            .header("content-type", "text/x-test")
            .header("x-name", "a")
            .header("x-name", "b")
            .header("cookie", "c=1")
            .header("cookie", "d=2")
            .header("x_shadow", "1")
            .header("proxy", "http://evil")
            .header("x-latin", b"caf\xe9")
            .body("12345");
        let response = send(server, protocol, &request).await;
        assert_eq!(response.header("content-type"), Some("application/json"));
        let mut seen: Value = serde_json::from_slice(&response.body).unwrap();
        let port = seen["REMOTE_PORT"].take();
        let port: u16 = port.as_str().unwrap().parse().unwrap();
        assert_ne!(port, 0);
        let expected = json!({
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "/lab",
            "PATH_INFO": "/environ",
            "QUERY_STRING": "q=%20",
            "REQUEST_URI": "/lab/environ?q=%20",
            "REQUEST_SCHEME": "http",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": server.address.port().to_string(),
            "SERVER_PROTOCOL": match protocol {
                Protocol::Http1 => "HTTP/1.1",
                Protocol::Http2 => "HTTP/2.0",
            },
            "REMOTE_ADDR": "127.0.0.1",
            "REMOTE_PORT": null,
            "CONTENT_TYPE": "text/x-test",
            "CONTENT_LENGTH": "5",
            "HTTP_HOST": server.address.to_string(),
            "HTTP_X_NAME": "a, b",
            "HTTP_COOKIE": "c=1; d=2",
            "HTTP_X_LATIN": [99, 97, 102, 0xe9],
        });
        assert_eq!(seen, expected, "{protocol:?}");
    }
}

async fn any_method_reaches_the_laboratory(server: Server) {
    for method in ["PATCH", "DELETE", "OPTIONS", "get", "M-SEARCH"] {
        for protocol in Protocol::ALL {
            let response = send(server, protocol, &WireRequest::new(method, "/lab/environ")).await;
            let seen: Value = serde_json::from_slice(&response.body).unwrap();
            assert_eq!(seen["REQUEST_METHOD"], method, "{protocol:?}");
        }
    }
}

on_every_stack! {
    raw_shows_both_halves_of_the_path_and_the_target,
    environ_is_the_whole_cgi_view,
    any_method_reaches_the_laboratory,
}
