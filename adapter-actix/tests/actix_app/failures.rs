//! Handlers and bodies that fail.

use std::io;

use actix_web::body::SizedStream;
use actix_web::{App, HttpResponse, error, web};
use adapter_actix::{ActixApp, actix_app};
use bytes::Bytes;
use futures_util::stream;
use gateway_testing::Client;

fn app() -> ActixApp {
    actix_app(|| {
        App::new()
            .route(
                "/teapot",
                web::get().to(async || Err::<&str, _>(error::ErrorImATeapot("short and stout"))),
            )
            .route(
                "/panic",
                web::get().to(async || -> HttpResponse { panic!("private: a handler panics") }),
            )
            .route(
                "/fails-at-once",
                web::get().to(async || streaming([Err(io::Error::other("private: at once"))])),
            )
            .route(
                "/fails-later",
                web::get().to(async || {
                    let first = Ok(Bytes::from_static(b"first"));
                    streaming([first, Err(io::Error::other("private: later"))])
                }),
            )
            .route(
                "/panics-later",
                web::get().to(async || {
                    let pieces = [1, 2].into_iter().map(|piece| {
                        assert!(piece == 1, "private: a body panics");
                        Ok::<_, io::Error>(Bytes::from_static(b"first"))
                    });
                    HttpResponse::Ok().streaming(stream::iter(pieces))
                }),
            )
            .route("/well", web::get().to(async || "well"))
    })
    .workers(1)
}

fn streaming<const N: usize>(pieces: [io::Result<Bytes>; N]) -> HttpResponse {
    HttpResponse::Ok().streaming(stream::iter(pieces))
}

#[tokio::test]
async fn an_error_is_the_response_that_actix_makes_of_it() {
    let response = Client::new(app()).get("/teapot").send().await;
    response
        .assert_status(418)
        .assert_text("short and stout")
        .await;
}

#[tokio::test]
async fn what_no_route_matches_is_the_applications_404() {
    let response = Client::new(app()).get("/nowhere").send().await;
    response.assert_status(404).assert_text("").await;
}

#[tokio::test]
async fn b9_a_panic_is_a_500_and_the_worker_goes_on() {
    let client = Client::new(app());
    for _ in 0..3 {
        let mut response = client.get("/panic").send().await.assert_status(500);
        assert!(!response.text().await.contains("private"));
    }
    client.get("/well").send().await.assert_text("well").await;
}

#[tokio::test]
async fn b1_a_body_that_fails_before_its_first_chunk_is_a_500() {
    let response = Client::new(app()).get("/fails-at-once").send().await;
    let mut response = response.assert_status(500);
    assert!(!response.text().await.contains("private"));
}

#[tokio::test]
async fn b5_a_body_that_ends_before_its_size_is_no_whole_response() {
    let app = actix_app(|| {
        let short = async || {
            let body = stream::empty::<Result<Bytes, io::Error>>();
            HttpResponse::Ok().body(SizedStream::new(1000, body))
        };
        App::new().route("/", web::get().to(short))
    });
    let response = Client::new(app.workers(1)).get("/").send().await;
    response.assert_status(500);
}

#[tokio::test]
async fn b2_a_body_that_fails_later_is_aborted() {
    let client = Client::new(app());
    for path in ["/fails-later", "/panics-later"] {
        let mut response = client.get(path).send().await.assert_status(200);
        assert_eq!(response.chunk().await.unwrap().unwrap(), "first", "{path}");
        assert!(response.chunk().await.is_err(), "{path}");
    }
    client.get("/well").send().await.assert_text("well").await;
}

#[tokio::test]
async fn i3_a_request_body_that_is_cut_short_fails_the_extractor() {
    let app = actix_app(|| App::new().route("/", web::post().to(async |text: String| text)));
    let client = Client::new(app.workers(1));
    let body = gateway_core::Body::from_stream(stream::iter([
        Ok("half"),
        Err(io::Error::other("the client has left")),
    ]));
    let response = client.post("/").stream(body).send().await;
    response.assert_status(400);
}
