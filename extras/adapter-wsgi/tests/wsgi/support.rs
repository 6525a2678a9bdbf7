//! Callables by their names, in process and on every stack.

#[path = "../../src/bin/serve/stack.rs"]
mod stack;

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, Once};

use adapter_wsgi::{Wsgi, look_in};
use gateway_core::{App, Body, Environ, Error, StartResponse};
use pyo3::prelude::*;

pub(crate) use stack::Stack;

/// A callable of `tests/python`.
pub(crate) fn wsgi(name: &str) -> Wsgi {
    static PATH: Once = Once::new();
    PATH.call_once(|| look_in(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python")).unwrap());
    Wsgi::import(name).unwrap_or_else(|error| {
        let source = std::error::Error::source(&error);
        panic!(
            "{error}: {}",
            source.map_or(String::new(), ToString::to_string)
        )
    })
}

/// Serves `/MODULE/CALLABLE`, mounted there.
struct Callables(Mutex<HashMap<String, Wsgi>>);

impl App for Callables {
    async fn call(&self, mut environ: Environ, start: StartResponse) -> Result<Body, Error> {
        let path = environ.raw_path_info().to_owned();
        let name: Vec<&str> = path.split('/').skip(1).take(2).collect();
        assert!(environ.mount(&format!("/{}", name.join("/"))));
        let name = name.join(":");
        let app = {
            let mut apps = self.0.lock().unwrap();
            apps.entry(name.clone())
                .or_insert_with(|| wsgi(&name).threads(4))
                .clone()
        };
        app.call(environ, start).await
    }
}

/// A server that runs for as long as the test program.
#[derive(Clone, Copy)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) is_actix: bool,
}

impl Server {
    /// The server of a stack. All tests share it.
    pub(crate) fn of(stack: Stack) -> Self {
        static SERVERS: LazyLock<[Server; 3]> =
            LazyLock::new(|| [Stack::Hyper, Stack::Axum, Stack::Actix].map(Server::start));
        SERVERS[match stack {
            Stack::Hyper => 0,
            Stack::Axum => 1,
            Stack::Actix => 2,
        }]
    }

    fn start(stack: Stack) -> Self {
        // Not within a request: an import may take its time.
        drop(wsgi("hostile:raises"));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || stack.serve(listener, Callables(Mutex::default())));
        Self {
            address,
            is_actix: matches!(stack, Stack::Actix),
        }
    }
}

/// Makes each function a test on each stack: `name::hyper`, `name::axum`, `name::actix`.
macro_rules! on_every_stack {
    ($($name:ident),* $(,)?) => {$(
        mod $name {
            use crate::support::{Server, Stack};

            #[tokio::test]
            async fn hyper() {
                super::$name(Server::of(Stack::Hyper)).await;
            }

            #[tokio::test]
            async fn axum() {
                super::$name(Server::of(Stack::Axum)).await;
            }

            #[tokio::test]
            async fn actix() {
                super::$name(Server::of(Stack::Actix)).await;
            }
        }
    )*};
}

/// A query that no other request of the tests has: `hostile.EVENTS` has what happened under it.
pub(crate) fn unique() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("q{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// What a request has noted so far.
pub(crate) fn events(query: &str) -> Vec<String> {
    hostile(|hostile| {
        let events = hostile.getattr("EVENTS")?.get_item(query)?;
        events.extract()
    })
}

/// Waits until a request has noted an event so often.
pub(crate) async fn noted(query: &str, event: &'static str, times: usize) {
    let query = query.to_owned();
    let waiting = tokio::task::spawn_blocking(move || {
        let is_noted = hostile(|hostile| {
            hostile
                .call_method1("wait_for", (&query, event, times))?
                .extract::<bool>()
        });
        assert!(is_noted, "{event} x {times}: {:?}", events(&query));
    });
    waiting.await.unwrap();
}

/// Lets a call that blocks go on.
pub(crate) fn release(query: &str) {
    hostile(|hostile| hostile.call_method1("release", (query,)).map(drop));
}

pub(crate) fn hostile<T>(f: impl FnOnce(&Bound<'_, PyModule>) -> PyResult<T>) -> T {
    Python::attach(|py| f(&py.import("hostile")?)).unwrap()
}
