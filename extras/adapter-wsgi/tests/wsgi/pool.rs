//! Threads, the queue before them, and their end.

use std::sync::Arc;
use std::time::Duration;

use adapter_wsgi::Wsgi;
use gateway_core::{AppExt, Environ, Gateway, HttpError, Input, view};
use gateway_util::Mount;

use crate::support::{events, noted, release, unique, wsgi};

fn get(query: &str) -> Environ {
    Environ::from_request(http::Request::get(format!("/?{query}")).body(()).unwrap())
}

/// A call in a task of its own.
fn call(app: &Wsgi, query: &str) -> tokio::task::JoinHandle<String> {
    let (app, environ) = (app.clone(), get(query));
    tokio::spawn(async move {
        let response = app.respond(environ).await.unwrap();
        let bytes = response.into_body().bytes().await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    })
}

#[tokio::test]
async fn a_full_queue_is_a_503_with_retry_after() {
    let (first, second, third) = (unique(), unique(), unique());
    let app = wsgi("hostile:blocks")
        .threads(1)
        .queue(1)
        .retry_after(Duration::from_millis(2500));
    let running = call(&app, &first);
    noted(&first, "running", 1).await;
    let waiting = call(&app, &second);
    // The task of this test and that one share a thread: it waits by now.
    tokio::task::yield_now().await;

    let (parts, ()) = http::Request::get(format!("/?{third}"))
        .body(())
        .unwrap()
        .into_parts();
    let gateway = Gateway::new(app.clone());
    let response = gateway.handle(gateway.environ(parts, Input::empty())).await;
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "3");

    release(&first);
    release(&second);
    assert_eq!(running.await.unwrap(), "at last");
    assert_eq!(waiting.await.unwrap(), "at last");
    assert!(events(&third).is_empty());
}

#[tokio::test]
async fn who_leaves_while_waiting_is_not_started_and_makes_room() {
    let (first, second, third) = (unique(), unique(), unique());
    let app = wsgi("hostile:blocks").threads(1).queue(1);
    let running = call(&app, &first);
    noted(&first, "running", 1).await;
    let waiting = call(&app, &second);
    tokio::task::yield_now().await;
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    let next = call(&app, &third);
    tokio::task::yield_now().await;
    for query in [&first, &second, &third] {
        release(query);
    }
    assert_eq!(running.await.unwrap(), "at last");
    assert_eq!(next.await.unwrap(), "at last");
    assert!(events(&second).is_empty());
}

/// A view that blocks takes a thread of its pool, and no other.
#[tokio::test]
async fn a_call_that_blocks_holds_up_nobody_else() {
    let query = unique();
    let app = wsgi("hostile:blocks").threads(2);
    let blocked = call(&app, &query);
    noted(&query, "running", 1).await;
    let other = unique();
    release(&other);
    assert_eq!(call(&app, &other).await.unwrap(), "at last");
    release(&query);
    assert_eq!(blocked.await.unwrap(), "at last");
}

/// Rust routes beside a view that takes every thread there is are answered all the same.
#[tokio::test]
async fn rust_routes_do_not_wait_for_python() {
    let query = unique();
    let flask = wsgi("hostile:blocks").threads(1).queue(1);
    let blocked = call(&flask, &query);
    noted(&query, "running", 1).await;
    let app = Mount::new()
        .at("/rust", view(async |_| "from Rust"))
        .fallback(flask);
    let request = http::Request::get("/rust").body(()).unwrap();
    let response = app.respond(Environ::from_request(request)).await.unwrap();
    assert_eq!(response.into_body().bytes().await.unwrap(), "from Rust");
    release(&query);
    assert_eq!(blocked.await.unwrap(), "at last");
}

/// L4: calls in flight end, with their `close()`; nothing new is taken.
#[tokio::test]
async fn l4_closing_lets_calls_end() {
    let query = unique();
    let app = wsgi("hostile:blocks").threads(1);
    let blocked = call(&app, &query);
    noted(&query, "running", 1).await;
    assert!(!app.close(Duration::ZERO));
    let error = app.respond(get(&unique())).await.unwrap_err();
    assert_eq!(error.downcast_ref::<HttpError>().unwrap().status(), 503);
    release(&query);
    assert_eq!(blocked.await.unwrap(), "at last");
    let closed = tokio::task::spawn_blocking(move || app.close(Duration::from_secs(30)));
    assert!(closed.await.unwrap());
    assert_eq!(events(&query), ["running", "closed"]);
}

/// L5: requests at the same time share nothing.
#[tokio::test]
async fn l5_calls_run_at_the_same_time() {
    let app = Arc::new(wsgi("hostile:blocks").threads(8));
    let queries: Vec<String> = (0..8).map(|_| unique()).collect();
    let calls: Vec<_> = queries.iter().map(|query| call(&app, query)).collect();
    for query in &queries {
        noted(query, "running", 1).await;
    }
    for query in &queries {
        release(query);
    }
    for call in calls {
        assert_eq!(call.await.unwrap(), "at last");
    }
}

/// Thread-local values live from one call to the next: connections to a database are kept in them.
#[tokio::test]
async fn a_thread_keeps_its_thread_local_values() {
    let app = wsgi("hostile:thread_local").threads(1);
    for expected in ["1", "2", "3"] {
        assert_eq!(call(&app, &unique()).await.unwrap(), expected);
    }
}

/// PEP 567: each call has a context of its own, with its body and its `close()`. On the same thread, a
/// later call finds nothing of it.
#[tokio::test]
async fn a_call_has_a_context_of_its_own() {
    let app = wsgi("hostile:context").threads(1);
    for _ in 0..3 {
        let query = unique();
        let text = call(&app, &query).await.unwrap();
        assert_eq!(text, "nothing, 28, the call");
        noted(&query, "closed behind the body", 1).await;
    }
}

/// Nor do calls at the same time see each other's.
#[tokio::test]
async fn calls_at_the_same_time_have_contexts_of_their_own() {
    let app = wsgi("hostile:context_beside").threads(2);
    let (first, second) = (unique(), unique());
    let calls = [call(&app, &first), call(&app, &second)];
    for query in [&first, &second] {
        noted(query, "running", 1).await;
    }
    for (query, call) in [&first, &second].into_iter().zip(calls) {
        release(query);
        assert_eq!(call.await.unwrap(), *query);
    }
}
