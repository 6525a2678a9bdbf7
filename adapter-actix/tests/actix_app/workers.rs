//! The threads, their start and their end.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use actix_web::{App, HttpResponse, web};
use adapter_actix::actix_app;
use gateway_core::App as _;
use gateway_testing::Client;
use tokio::sync::{Semaphore, mpsc};

#[tokio::test]
async fn l9_startup_builds_one_application_for_each_worker() {
    let built = Arc::new(AtomicUsize::new(0));
    let counted = built.clone();
    let app = actix_app(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        App::new().route("/", web::get().to(async || "well"))
    });
    let app = app.workers(3);
    assert_eq!(built.load(Ordering::SeqCst), 0);
    app.startup().await.unwrap();
    assert_eq!(built.load(Ordering::SeqCst), 3);
    app.startup().await.unwrap();
    let client = Client::new(app.clone());
    client.get("/").send().await.assert_text("well").await;
    assert_eq!(built.load(Ordering::SeqCst), 3);
    app.shutdown().await.unwrap();
}

#[tokio::test]
async fn requests_go_to_all_workers() {
    let app = actix_app(|| {
        let name = async || format!("{:?}", thread::current().id());
        App::new().route("/", web::get().to(name))
    });
    let client = Client::new(app.workers(2));
    let mut seen = HashSet::new();
    for _ in 0..4 {
        seen.insert(client.get("/").send().await.text().await);
    }
    assert_eq!(seen.len(), 2);
}

#[tokio::test]
async fn a_factory_that_panics_is_an_error_of_startup_and_a_500() {
    let app = actix_app(|| -> App<_> {
        if true {
            panic!("a factory panics");
        }
        App::new()
    });
    let app = app.workers(1);
    // It is no less an error for the second server.
    for _ in 0..2 {
        let error = app.startup().await.unwrap_err();
        assert!(error.to_string().contains("factory"), "{error}");
    }
    Client::new(app).get("/").send().await.assert_status(500);
}

#[tokio::test]
async fn a_worker_has_no_more_requests_than_it_may() {
    let gate = Arc::new(Semaphore::new(0));
    let (entered, mut entries) = mpsc::unbounded_channel();
    let waiting = gate.clone();
    let app = actix_app(move || {
        let (entered, waiting) = (entered.clone(), waiting.clone());
        let wait = move || {
            let (entered, waiting) = (entered.clone(), waiting.clone());
            async move {
                entered.send(()).unwrap();
                waiting.acquire().await.unwrap().forget();
                HttpResponse::Ok().body("done")
            }
        };
        App::new().route("/", web::get().to(wait))
    });
    let app = app.workers(1).max_requests(2);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let client = Client::new(app.clone());
        tasks.spawn(async move {
            client.get("/").send().await.assert_text("done").await;
        });
    }
    for _ in 0..2 {
        entries.recv().await.unwrap();
    }
    // A request that was handed over would be on its way already: the worker has one thread.
    tokio::task::yield_now().await;
    assert!(entries.try_recv().is_err());
    for _ in 0..3 {
        gate.add_permits(1);
        entries.recv().await.unwrap();
        assert!(entries.try_recv().is_err());
    }
    gate.add_permits(2);
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
}

#[tokio::test]
async fn l10_shutdown_waits_for_what_has_begun_and_ends_the_threads() {
    struct Told(Arc<Mutex<Vec<ThreadId>>>);
    impl Drop for Told {
        fn drop(&mut self) {
            self.0.lock().unwrap().push(thread::current().id());
        }
    }
    let ended = Arc::new(Mutex::new(Vec::new()));
    let told = ended.clone();
    let gate = Arc::new(Semaphore::new(0));
    let (entered, mut entries) = mpsc::unbounded_channel();
    let waiting = gate.clone();
    let app = actix_app(move || {
        let told = web::Data::new(Told(told.clone()));
        let (entered, waiting) = (entered.clone(), waiting.clone());
        let wait = move || {
            let (entered, waiting) = (entered.clone(), waiting.clone());
            async move {
                entered.send(()).unwrap();
                waiting.acquire().await.unwrap().forget();
                "done"
            }
        };
        App::new().app_data(told).route("/", web::get().to(wait))
    });
    let app = app.workers(2);
    app.startup().await.unwrap();
    let client = Client::new(app.clone());
    let request = tokio::spawn(async move {
        client.get("/").send().await.assert_text("done").await;
    });
    entries.recv().await.unwrap();
    let mut shutdown = std::pin::pin!(app.shutdown());
    let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(shutdown.as_mut().poll(cx)));
    assert!(polled.await.is_pending());
    gate.add_permits(1);
    request.await.unwrap();
    shutdown.await.unwrap();
    // Each worker has dropped its application.
    assert_eq!(ended.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_factory_runs_in_the_runtime_of_its_worker() {
    let app = actix_app(|| {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        actix_web::rt::spawn(async move { sender.send("spawned") });
        let received = Arc::new(Mutex::new(Some(receiver)));
        let receive = move || {
            let receiver = received.lock().unwrap().take().unwrap();
            async move { receiver.await.unwrap() }
        };
        App::new().route("/", web::get().to(receive))
    });
    let client = Client::new(app.workers(1));
    client.get("/").send().await.assert_text("spawned").await;
}

#[tokio::test]
async fn l10_the_last_of_two_servers_ends_the_workers() {
    let app = actix_app(|| {
        let name = async || format!("{:?}", thread::current().id());
        App::new().route("/", web::get().to(name))
    });
    let app = app.workers(1);
    let other = app.clone();
    app.startup().await.unwrap();
    other.startup().await.unwrap();
    let client = Client::new(app.clone());
    let first = client.get("/").send().await.text().await;
    app.shutdown().await.unwrap();
    assert_eq!(client.get("/").send().await.text().await, first);
    other.shutdown().await.unwrap();
    // A later request starts them again.
    assert_ne!(client.get("/").send().await.text().await, first);
}

#[tokio::test]
async fn a_request_waits_for_whichever_worker_has_room_first() {
    let gate = Arc::new(Semaphore::new(0));
    let (entered, mut entries) = mpsc::unbounded_channel();
    let waiting = gate.clone();
    let app = actix_app(move || {
        let (entered, waiting) = (entered.clone(), waiting.clone());
        let wait = move |path: web::Path<String>| {
            let (entered, waiting) = (entered.clone(), waiting.clone());
            async move {
                entered.send(path.to_string()).unwrap();
                if *path == "long" {
                    std::future::pending::<()>().await;
                }
                waiting.acquire().await.unwrap().forget();
                "done"
            }
        };
        App::new().route("/{path}", web::get().to(wait))
    });
    let app = app.workers(2).max_requests(1);
    let ask = |path: &'static str| {
        let client = Client::new(app.clone());
        tokio::spawn(async move { drop(client.get(path).send().await) })
    };
    let long = ask("/long");
    assert_eq!(entries.recv().await.unwrap(), "long");
    // One of them waits for a place, and gets that of the other, whichever worker's turn it is.
    for _ in 0..4 {
        let (first, second) = (ask("/short"), ask("/short"));
        for _ in 0..2 {
            assert_eq!(entries.recv().await.unwrap(), "short");
            gate.add_permits(1);
        }
        first.await.unwrap();
        second.await.unwrap();
    }
    long.abort();
}

#[tokio::test]
async fn an_app_that_is_dropped_ends_its_threads() {
    let (alive, mut all) = mpsc::channel::<()>(1);
    let app = actix_app(move || {
        let alive = web::Data::new(alive.clone());
        App::new()
            .app_data(alive)
            .route("/", web::get().to(async || "well"))
    });
    let client = Client::new(app.workers(2));
    client.get("/").send().await.assert_text("well").await;
    drop(client);
    // All senders are dropped: the factory's, and each application's.
    assert_eq!(all.recv().await, None);
}
