//! Apps behind a pointer.
#![expect(clippy::unwrap_used, reason = "these are helpers of tests")]

use std::sync::{Arc, OnceLock};

use gateway_core::{AppExt, BoxApp, Environ, HttpError, View, view};

async fn answer(app: &BoxApp) -> bytes::Bytes {
    let environ = Environ::from_request(http::Request::new(()));
    let response = app.respond(environ).await.unwrap();
    response.into_body().bytes().await.unwrap()
}

async fn hello(_: Environ) -> &'static str {
    "hello"
}

#[tokio::test]
async fn a_boxed_app_is_made_from_any_pointer() {
    static APP: OnceLock<HttpError> = OnceLock::new();
    let apps = [
        view(hello).boxed(),
        BoxApp::from(Box::new(view(hello))),
        BoxApp::from(Arc::new(view(hello))),
        BoxApp::from(Box::new(view(hello).boxed())),
    ];
    for app in &apps {
        assert_eq!(answer(app).await, "hello");
    }
    let not_found = BoxApp::from(APP.get_or_init(HttpError::not_found));
    let environ = Environ::from_request(http::Request::new(()));
    assert_eq!(not_found.respond(environ).await.unwrap().status(), 404);
}

#[tokio::test]
async fn clones_share_the_app() {
    let app: Arc<View<_>> = Arc::new(view(hello));
    let boxed = BoxApp::from(app.clone());
    let clone = boxed.clone();
    assert_eq!(Arc::strong_count(&app), 3);
    drop(boxed);
    assert_eq!(answer(&clone).await, "hello");
    drop(clone);
    assert_eq!(Arc::strong_count(&app), 1);
}
