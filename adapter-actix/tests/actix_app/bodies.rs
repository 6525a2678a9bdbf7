//! Bodies on their way to and from a worker.

use std::rc::Rc;

use actix_web::{App, HttpResponse, web};
use adapter_actix::{ActixApp, actix_app};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use gateway_core::Body;
use gateway_testing::Client;
use tokio::sync::{mpsc, oneshot};

fn one(route: fn() -> actix_web::Route) -> ActixApp {
    actix_app(move || App::new().route("/", route())).workers(1)
}

#[tokio::test]
async fn a_request_body_is_read_by_extractors() {
    let client = Client::new(one(|| {
        web::post().to(async |text: String| text.to_uppercase())
    }));
    let response = client.post("/").text("hello").send().await;
    response.assert_text("HELLO").await;
}

#[tokio::test]
async fn a_request_body_streams_back_as_it_comes() {
    let app = one(|| {
        web::post().to(async |body: web::Payload| {
            let body =
                body.map(|chunk| chunk.map(|chunk| [b"<", &chunk[..], b">"].concat().into()));
            HttpResponse::Ok().streaming::<_, actix_web::error::PayloadError>(body)
        })
    });
    let client = Client::new(app);
    let (sender, mut receiver) = mpsc::channel::<&'static str>(1);
    let body = stream::poll_fn(move |cx| receiver.poll_recv(cx)).map(Ok::<_, std::io::Error>);
    let request = client.post("/").stream(Body::from_stream(body));
    sender.send("a").await.unwrap();
    let mut response = request.send().await;
    assert_eq!(response.chunk().await.unwrap().unwrap(), "<a>");
    sender.send("b").await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "<b>");
    drop(sender);
    assert_eq!(response.chunk().await.unwrap(), None);
}

#[tokio::test]
async fn b4_the_length_is_that_of_the_body() {
    let app = one(|| {
        web::get().to(async || {
            let body = Bytes::from_static(b"hello");
            HttpResponse::Ok()
                .insert_header(("content-length", "99"))
                .body(body)
        })
    });
    let client = Client::new(app);
    let response = client.get("/").send().await;
    response
        .assert_header("content-length", "5")
        .assert_text("hello")
        .await;
}

#[tokio::test]
async fn b5_a_declared_length_of_a_stream_is_kept() {
    let app = one(|| {
        web::get().to(async || {
            let body = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"hello"))]);
            HttpResponse::Ok().no_chunking(5).streaming(body)
        })
    });
    let response = Client::new(app).get("/").send().await;
    response
        .assert_header("content-length", "5")
        .assert_text("hello")
        .await;
}

#[tokio::test]
async fn b3_a_204_is_empty() {
    let app = one(|| web::get().to(async || HttpResponse::NoContent().body("nothing")));
    let mut response = Client::new(app).get("/").send().await;
    assert_eq!(response.status(), 204);
    assert_eq!(response.bytes().await, "");
    assert_eq!(response.header("content-length"), None);
}

#[tokio::test]
async fn a_client_that_does_not_read_stops_the_body() {
    // Counted on the worker, asked for over a channel.
    let (counted, mut count) = mpsc::unbounded_channel();
    let app = actix_app(move || {
        let counted = counted.clone();
        let endless = move || {
            let counted = counted.clone();
            let body = stream::repeat_with(move || {
                counted.send(()).unwrap();
                Ok::<_, std::io::Error>(Bytes::from_static(b"chunk"))
            });
            async move { HttpResponse::Ok().streaming(body) }
        };
        App::new()
            .route("/", web::get().to(endless))
            .route("/turn", web::get().to(async || "all had their turn"))
    });
    let client = Client::new(app.workers(1));
    let mut response = client.get("/").send().await;
    // The first is taken with the head, one waits in the channel, and one waits for room.
    for _ in 0..3 {
        count.recv().await.unwrap();
    }
    // The worker has one thread. When it has answered, nothing else could go on.
    client.get("/turn").send().await.assert_status(200);
    assert!(count.try_recv().is_err());
    response.chunk().await.unwrap().unwrap();
    // From now on, each chunk that is read makes room for one.
    for _ in 0..10 {
        response.chunk().await.unwrap().unwrap();
        count.recv().await.unwrap();
        client.get("/turn").send().await.assert_status(200);
        assert!(count.try_recv().is_err());
    }
}

#[tokio::test]
async fn l3_a_client_that_leaves_drops_the_body() {
    let (gone, left) = oneshot::channel::<()>();
    let gone = std::sync::Mutex::new(Some(gone));
    let gone = std::sync::Arc::new(gone);
    let app = actix_app(move || {
        let gone = gone.clone();
        let waiting = move || {
            // Dropped with the body. It is not `Send`, as bodies of actix need not be.
            let held = Rc::new(gone.lock().unwrap().take());
            let body = stream::once(async { Ok::<_, std::io::Error>(Bytes::from_static(b"a")) })
                .chain(stream::pending())
                .map(move |item| {
                    let _ = &held;
                    item
                });
            async move { HttpResponse::Ok().streaming(body) }
        };
        App::new().route("/", web::get().to(waiting))
    });
    let mut response = Client::new(app.workers(1)).get("/").send().await;
    assert_eq!(response.chunk().await.unwrap().unwrap(), "a");
    drop(response);
    // The sender is dropped.
    assert!(left.await.is_err());
}
