//! What passes a switch, and what loses it (U13).

use super::*;

#[tokio::test]
async fn u13_a_middleware_that_wraps_bodies_passes_a_switch() -> TestResult {
    let app = app_fn(async |_, start_response: StartResponse| {
        start_response.start(101, [("x", "1")])?;
        let body = Body::upgrade("echo", echo).on_close(|| ());
        assert_eq!(body.upgrade_protocol(), Some("echo"));
        assert!(body.known_len().is_none() && body.buffered().is_none());
        Ok(body.wrap(|body| body.map_err(|error| error)).commit_early())
    });
    let mut response = ask(app, offer()).await?;
    assert_eq!(response.status(), 101);
    assert!(response.body_mut().take_upgrade().is_some());
    Ok(())
}

#[tokio::test]
async fn u13_reading_a_switch_is_an_error() -> TestResult {
    assert!(Body::upgrade("echo", echo).buffer(1024).await.is_err());
    assert!(Body::upgrade("echo", echo).bytes().await.is_err());
    let app = app_fn(async |_, start_response: StartResponse| {
        start_response.start(101, [("x", "1")])?;
        Ok(Body::upgrade("echo", echo).buffer(1024).await?)
    });
    assert_eq!(ask(app, offer()).await?.status(), 500);
    Ok(())
}

#[tokio::test]
async fn u13_a_switch_passes_through_respond_and_hooks() -> TestResult {
    let inner = Arc::new(switching("echo"));
    let app = app_fn(move |environ: Environ, start_response: StartResponse| {
        let inner = inner.clone();
        async move {
            let start_response = start_response.wrap(|status, headers| {
                assert_eq!(*status, 101);
                headers.insert("x-hook", http::HeaderValue::from_static("1"));
            });
            start_response.send(inner.respond(environ).await?)
        }
    });
    let mut response = ask(app, offer()).await?;
    assert_eq!(response.status(), 101);
    assert_eq!(response.headers()["x-hook"], "1");
    let (client, running) = run(&mut response)?;
    drop(client);
    assert!(running.await);
    Ok(())
}
