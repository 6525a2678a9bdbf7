//! Apps that take too long, and apps that panic.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gateway_core::{AppExt, Body, Environ, Error, StartResponse, app_fn, view};
use gateway_util::MiddlewareExt;
use http::StatusCode;

use crate::ask::{ask, get};

/// Tells when it is dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn timeout_is_503_before_commit_and_drops_the_app() {
    let dropped = Arc::new(AtomicBool::new(false));
    let seen = dropped.clone();
    let never = app_fn(move |_, start: StartResponse| {
        let dropped = Dropped(seen.clone());
        async move {
            let _dropped = dropped;
            start.start(200, [("x-first", "1")])?;
            std::future::pending().await
        }
    });
    let second = Duration::from_secs(1);
    let answer = ask(never.clone().timeout(second), get()).await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("x-first"), None);
    assert!(dropped.load(Ordering::SeqCst));
    assert_eq!(
        ask(never.clone().timeout(second).status(504), get())
            .await
            .status,
        504
    );
    for bad in [0, 99, 200, 1000] {
        assert_eq!(
            ask(never.clone().timeout(second).status(bad), get())
                .await
                .status,
            500
        );
    }
    let slow_body = || {
        app_fn(|_, start: StartResponse| async move {
            start.start(200, [("x-first", "1")])?;
            Ok(Body::from_producer(async |_| std::future::pending().await))
        })
    };
    assert_eq!(ask(slow_body().timeout(second), get()).await.status, 503);
    assert_eq!(
        ask(slow_body().timeout(second).until_first_byte(), get())
            .await
            .status,
        503
    );
    assert_eq!(
        ask(slow_body().timeout(second).between_chunks(), get())
            .await
            .status,
        503
    );
}

#[tokio::test]
async fn a_timeout_beyond_all_clocks_is_none() {
    for bound in [Duration::MAX, Duration::from_secs(u64::MAX / 2)] {
        let app = app_fn(|_, start: StartResponse| async move {
            start.start(200, [("content-type", "text/plain")])?;
            Ok(Body::from_chunks(["a", "b"]))
        });
        assert_eq!(
            ask(app.timeout(bound).between_chunks(), get()).await.text(),
            "ab"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn b8_timeout_aborts_after_commit_if_the_body_counts() {
    let slow = |millis: u64| {
        app_fn(move |_, start: StartResponse| async move {
            start.start(200, [("content-type", "text/plain")])?;
            Ok(Body::from_producer(move |mut writer| async move {
                for _ in 0..4 {
                    writer.write("a").await?;
                    tokio::time::sleep(Duration::from_millis(millis)).await;
                }
                Ok(())
            }))
        })
    };
    let second = Duration::from_secs(1);
    let answer = ask(slow(200).timeout(second), get()).await;
    assert_eq!(answer.text(), "aaaa");
    let answer = ask(slow(300).timeout(second), get()).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.unwrap_err().contains("took longer"));
    assert_eq!(
        ask(slow(5000).timeout(second).until_first_byte(), get())
            .await
            .text(),
        "aaaa"
    );
    assert_eq!(
        ask(slow(900).timeout(second).between_chunks(), get())
            .await
            .text(),
        "aaaa"
    );
    assert!(
        ask(slow(1100).timeout(second).between_chunks(), get())
            .await
            .body
            .is_err()
    );
    // A flushed head is commit, too.
    let flushed = app_fn(|_, start: StartResponse| async move {
        start.start(200, [("content-type", "text/event-stream")])?;
        start.commit_early();
        Ok(Body::from_producer(async |mut writer| {
            tokio::time::sleep(Duration::from_secs(9)).await;
            Ok(writer.write("late").await?)
        }))
    });
    assert_eq!(
        ask(flushed.timeout(second).until_first_byte(), get())
            .await
            .text(),
        "late"
    );
    let answer = ask(flushed.timeout(second), get()).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.is_err());
}

#[tokio::test]
async fn b9_a_panic_gets_the_page_before_commit() {
    let page = |message: &str| {
        assert!(message.contains("secret"), "{message}");
        ("sorry", 503, [("x-page", "1")])
    };
    let in_call = app_fn(|environ: Environ, start: StartResponse| async move {
        start.start(200, [("x-first", "1")])?;
        if environ.path_info() == "/" {
            panic!("secret {}", 7);
        }
        Ok(Body::empty())
    });
    let before_its_future =
        app_fn(|_, _| -> std::future::Ready<Result<Body, Error>> { panic!("secret") });
    let in_body = app_fn(|_, start: StartResponse| async move {
        start.start(200, [("x-first", "1")])?;
        Ok(Body::from_producer(async |_| panic!("secret")))
    });
    for app in [in_call.boxed(), before_its_future.boxed(), in_body.boxed()] {
        let answer = ask(app.catch_panic(page), get()).await;
        assert_eq!(
            (answer.status, answer.text()),
            (StatusCode::SERVICE_UNAVAILABLE, "sorry")
        );
        assert_eq!(
            (answer.header("x-first"), answer.header("x-page")),
            (None, Some("1"))
        );
    }
    // After commit there is no page.
    let late = app_fn(|_, start: StartResponse| async move {
        start.start(200, [("x-first", "1")])?;
        Ok(Body::from_producer(async |mut writer| {
            writer.write("a").await?;
            panic!("secret")
        }))
    });
    let answer = ask(late.catch_panic(page), get()).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.is_err());
    // A page that panics is the app's fault; one that is invalid, too.
    let twice = view(async |_| -> &str { panic!("secret") });
    assert_eq!(
        ask(
            twice.catch_panic(|_: &str| -> &str { panic!("again") }),
            get()
        )
        .await
        .status,
        500
    );
    let bad = view(async |_| -> &str { panic!("secret") });
    assert_eq!(
        ask(bad.catch_panic(|_: &str| ("x", 99)), get())
            .await
            .status,
        500
    );
}
