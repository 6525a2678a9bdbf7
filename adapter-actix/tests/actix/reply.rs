//! Return values of views in native handlers.

use actix_web::web;
use adapter_actix::ActixReply;
use gateway_conformance::wire::{End, Framing, Protocol, WireRequest};
use gateway_core::{Body, Error, HttpError, Json};

use crate::server::Server;

fn server() -> Server {
    Server::start(|config| {
        config.route("/text", web::route().to(async || ActixReply("text")));
        config.route(
            "/tuple",
            web::route().to(async || ActixReply((Json(["a"]), 201, [("x-a", "1"), ("x-a", "2")]))),
        );
        config.route("/204", web::route().to(async || ActixReply(("lost", 204))));
        config.route("/none", web::route().to(async || ActixReply(None::<&str>)));
        config.route(
            "/bad",
            web::route().to(async || ActixReply(("x", [("connection", "x")]))),
        );
        config.route(
            "/error",
            web::route().to(async || ActixReply(Err::<&str, _>(HttpError::not_found()))),
        );
        config.route(
            "/stream",
            web::route().to(async || ActixReply(Body::from_chunks(["", "a", "", "b"]))),
        );
        config.route(
            "/waiting",
            web::route().to(async || {
                ActixReply(Body::from_producer(async |mut writer| {
                    tokio::task::yield_now().await;
                    writer.write("waited").await?;
                    Ok(())
                }))
            }),
        );
        config.route(
            "/broken",
            web::route().to(async || {
                ActixReply(Body::from_producer(async |mut writer| {
                    writer.write("one").await?;
                    Err(Error::msg("it broke"))
                }))
            }),
        );
    })
}

#[tokio::test]
async fn n1_forms_are_answers_of_native_handlers() {
    let server = server();
    for protocol in Protocol::ALL {
        for (path, status, content_type, text) in [
            ("/text", 200, "text/html; charset=utf-8", "text"),
            ("/tuple", 201, "application/json", "[\"a\"]\n"),
            ("/stream", 200, "text/html; charset=utf-8", "ab"),
            ("/waiting", 200, "text/html; charset=utf-8", "waited"),
        ] {
            let response = server.answer(protocol, &WireRequest::get(path)).await;
            assert_eq!((response.status, response.text().as_str()), (status, text));
            assert_eq!(response.header_all("content-type"), [content_type]);
        }
        let response = server.answer(protocol, &WireRequest::get("/tuple")).await;
        assert_eq!(response.header_all("x-a"), ["1", "2"]);
    }
}

#[tokio::test]
async fn b6_b7_replies_are_put_right() {
    let server = server();
    for protocol in Protocol::ALL {
        let response = server.answer(protocol, &WireRequest::get("/204")).await;
        assert_eq!((response.status, response.framing), (204, Framing::None));
        assert_eq!(response.count("content-length"), 0);
        let response = server.answer(protocol, &WireRequest::head("/text")).await;
        assert_eq!(response.header("content-length"), Some("4"));
        let response = server.answer(protocol, &WireRequest::head("/stream")).await;
        assert_eq!(response.count("transfer-encoding"), 0);
    }
}

#[tokio::test]
async fn n2_n6_errors_are_pages() {
    let server = server();
    for protocol in Protocol::ALL {
        for (path, status) in [("/none", 500), ("/bad", 500), ("/error", 404)] {
            let response = server.answer(protocol, &WireRequest::get(path)).await;
            assert_eq!(response.status, status, "{path}");
            assert!(
                response.text().starts_with("<!doctype html>"),
                "{}",
                response.text()
            );
        }
    }
}

#[tokio::test]
async fn b8_a_reply_that_breaks_is_broken_off() {
    let server = server();
    for protocol in Protocol::ALL {
        let response = server.broken(protocol, &WireRequest::get("/broken")).await;
        assert_ne!(response.end, End::Complete);
    }
}
