//! I4: `limit_input`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gateway_core::{Body, Environ, Error, view};
use gateway_testing::Client;
use gateway_util::MiddlewareExt;

#[tokio::test]
async fn i4_a_declared_length_over_the_limit_is_413_before_the_app_runs() {
    let called = Arc::new(AtomicUsize::new(0));
    let count = called.clone();
    let app = view(move |mut environ: Environ| {
        count.fetch_add(1, Ordering::Relaxed);
        async move { Ok::<_, Error>(environ.input_mut().bytes(1000).await?) }
    });
    let client = Client::new(app.limit_input(5));
    for declared in ["6", "6, 6", "99999999999999999999999"] {
        let request = client.post("/").header("content-length", declared);
        let response = request.stream(Body::from_chunks(["123456"])).send().await;
        response.assert_status(413);
    }
    assert_eq!(called.load(Ordering::Relaxed), 0);

    let declared = client.post("/").body("12345").send().await;
    declared.assert_status(200).assert_text("12345").await;
    // Undeclared: the read fails, exactly after the bound.
    for (chunks, status) in [
        (vec!["123", "45"], 200),
        (vec!["123", "456"], 413),
        (vec!["12345", "", "6"], 413),
    ] {
        let request = client.post("/").stream(Body::from_chunks(chunks));
        request.send().await.assert_status(status);
    }
}

#[tokio::test]
async fn i4_over_the_limit_after_commit_aborts() {
    let app = view(async |mut environ: Environ| Body::new(environ.take_input()));
    let client = Client::new(app.limit_input(3));
    let request = client.post("/").stream(Body::from_chunks(["123", "4"]));
    let mut response = request.send().await.assert_status(200);
    assert_eq!(
        response.chunk().await.ok().flatten().as_deref(),
        Some(&b"123"[..])
    );
    assert!(response.chunk().await.is_err());
}
