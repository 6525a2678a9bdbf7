//! Request headers: what the app sees of them, and that they come back.

use std::sync::{Arc, Mutex};

use actix_web::dev::Service as _;
use actix_web::{App, HttpServer, web};
use adapter_actix::{mount, service};
use gateway_conformance::wire::{Protocol, WireRequest};
use gateway_core::{Body, Environ, view};

use crate::server::Server;
use crate::support::Served;

async fn cgi(environ: Environ) -> String {
    let mut lines: Vec<_> = environ
        .vars()
        .into_iter()
        .filter(|(key, _)| {
            key.starts_with("HTTP_X")
                || key.starts_with("CONTENT")
                || key == "HTTP_COOKIE"
                || key == "HTTP_PROXY"
        })
        .map(|(key, value)| format!("{key}={}\n", value.as_bytes().escape_ascii()))
        .collect();
    lines.sort();
    lines.concat()
}

#[tokio::test]
async fn e8_to_e11_the_cgi_view_of_headers() {
    // Through the source, and through the map once it was made.
    for make_map in [false, true] {
        let server = Server::of(view(move |environ: Environ| async move {
            if make_map {
                assert!(environ.headers().contains_key("x-many"));
            }
            cgi(environ).await
        }));
        for protocol in Protocol::ALL {
            let request = WireRequest::post("/")
                .header("x-many", "1")
                .header("cookie", "a=1")
                .header("x-many", "2")
                .header("cookie", "b=2")
                .header("x_under", "no")
                .header("proxy", "evil")
                .header("x-latin", b"gr\xfc\xdfe")
                .header("x-empty", "")
                .header("content-type", "a/b")
                .body("12");
            let response = server.answer(protocol, &request).await;
            assert_eq!(
                response.text(),
                "CONTENT_LENGTH=2\nCONTENT_TYPE=a/b\nHTTP_COOKIE=a=1; b=2\nHTTP_X_EMPTY=\n\
                 HTTP_X_LATIN=gr\\xfc\\xdfe\nHTTP_X_MANY=1, 2\n",
                "{protocol:?} {make_map}"
            );
        }
    }
}

#[tokio::test]
async fn e8_an_absent_header_is_absent() {
    let server = Server::of(view(async |environ: Environ| {
        format!(
            "{:?} {:?} {:?}",
            environ.content_type(),
            environ.content_length(),
            environ.header("x-none")
        )
    }));
    for protocol in Protocol::ALL {
        let response = server.answer(protocol, &WireRequest::get("/")).await;
        assert_eq!(response.text(), "None None None");
    }
}

#[tokio::test]
async fn a_middleware_around_the_app_sees_the_headers_again() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let kept = Arc::new(Mutex::new(None));
    let server = Served::start(move || {
        let server = HttpServer::new(move || {
            let (log, kept) = (log.clone(), kept.clone());
            let in_body = view(async |environ: Environ| {
                Body::from_producer(async move |mut writer| {
                    let value = environ.header("x-id").map(|v| v.to_string());
                    writer.write(value.unwrap_or_default()).await?;
                    Ok(())
                })
            });
            let held = view(move |environ: Environ| {
                *kept.lock().unwrap() = Some(environ);
                async { "held" }
            });
            App::new()
                .wrap_fn(move |request, next| {
                    let log = log.clone();
                    let answer = next.call(request);
                    async move {
                        let answer = answer.await?;
                        let id = answer.request().headers().get("x-id").cloned();
                        log.lock()
                            .unwrap()
                            .push(id.map(|id| id.to_str().unwrap().to_owned()));
                        Ok(answer)
                    }
                })
                .service(mount("/body", in_body))
                .service(mount("/held", held))
                .service(mount("/done", view(async |_| "done")))
                .default_service(service(view(async |_| "default")))
        })
        .workers(1)
        .disable_signals()
        .bind("127.0.0.1:0")
        .unwrap();
        (server.addrs()[0], server.run())
    });
    let mut connection = gateway_conformance::wire::http1::Http1Connection::open(server.address)
        .await
        .unwrap();
    for (path, id, text) in [
        ("/done", "1", "done"),
        ("/body", "2", "2"),
        ("/held", "3", "held"),
        ("/none", "4", "default"),
        ("/done", "5", "done"),
    ] {
        let request = WireRequest::get(path).header("x-id", id);
        let response = connection.request(&request).await.unwrap();
        assert_eq!(response.text(), text);
    }
    let expected = ["1", "2", "3", "4", "5"].map(|id| Some(id.to_owned()));
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[tokio::test]
async fn a_request_that_a_middleware_holds_is_served_by_a_route() {
    let server = Server::start(|config| {
        config.service(
            web::resource("/held")
                .wrap_fn(|request, next| {
                    let held = request.request().clone();
                    let answer = next.call(request);
                    async move {
                        let answer = answer.await?;
                        drop(held);
                        Ok(answer)
                    }
                })
                .route(web::get().service(service(view(async |environ: Environ| {
                    environ.header("x-id").map(|id| id.to_string())
                })))),
        );
    });
    for protocol in Protocol::ALL {
        let request = WireRequest::get("/held").header("x-id", "7");
        let response = server.answer(protocol, &request).await;
        assert_eq!(response.text(), "7");
    }
}
