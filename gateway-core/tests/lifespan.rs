//! What apps do before the first request and after the last (L9 to L11).
#![expect(clippy::panic, reason = "an app panics where it is told")]

use std::sync::{Arc, Mutex};

use gateway_core::lint::Lint;
use gateway_core::{App, AppExt, Body, BoxApp, Environ, Error, StartResponse, lifespan};

type TestResult = Result<(), Box<dyn std::error::Error>>;

/// Notes what happens, in order.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn note(&self, what: String) {
        if let Ok(mut notes) = self.0.lock() {
            notes.push(what);
        }
    }

    fn take(&self) -> Vec<String> {
        let notes = self.0.lock();
        notes
            .map(|mut notes| std::mem::take(&mut *notes))
            .unwrap_or_default()
    }
}

/// An app that notes its lifespan, and fails where it is told.
struct Noted {
    name: &'static str,
    notes: Notes,
    fails: Option<&'static str>,
}

impl Noted {
    fn new(name: &'static str, notes: &Notes) -> Self {
        Self {
            name,
            notes: notes.clone(),
            fails: None,
        }
    }

    fn failing(self, at: &'static str) -> Self {
        Self {
            fails: Some(at),
            ..self
        }
    }

    fn step(&self, step: &'static str) -> Result<(), Error> {
        self.notes.note(format!("{step} {}", self.name));
        match self.fails {
            Some("panic") => panic!("{} panics", self.name),
            Some(fails) if fails == step => Err(Error::msg(format!("{step} of {}", self.name))),
            _ => Ok(()),
        }
    }
}

impl App for Noted {
    async fn call(&self, _: Environ, start_response: StartResponse) -> Result<Body, Error> {
        start_response.start(200, [("content-type", "text/plain")])?;
        Ok(Body::from(self.name))
    }

    async fn startup(&self) -> Result<(), Error> {
        self.step("start")
    }

    async fn shutdown(&self) -> Result<(), Error> {
        self.step("stop")
    }
}

#[tokio::test]
async fn l9_l10_a_server_runs_between_startup_and_shutdown() -> TestResult {
    let notes = Notes::default();
    let app = Noted::new("a", &notes);
    let served = lifespan::run(&app, async { notes.note("serve".to_owned()) });
    served.await?;
    assert_eq!(notes.take(), ["start a", "serve", "stop a"]);
    Ok(())
}

#[tokio::test]
async fn l9_an_error_of_the_startup_is_the_server_s() {
    let notes = Notes::default();
    for (fails, error) in [
        ("start", "start of a"),
        ("panic", "the app panicked: a panics"),
    ] {
        let app = Noted::new("a", &notes).failing(fails);
        let served = lifespan::run(&app, async { notes.note("serve".to_owned()) });
        assert_eq!(
            served.await.err().map(|error| error.to_string()).as_deref(),
            Some(error)
        );
        assert_eq!(notes.take(), ["start a"]);
    }
}

#[tokio::test]
async fn l10_an_error_of_the_shutdown_is_the_server_s() {
    let app = Noted::new("a", &Notes::default()).failing("stop");
    let error = lifespan::run(&app, async {}).await.err();
    assert_eq!(
        error.map(|error| error.to_string()).as_deref(),
        Some("stop of a")
    );
}

#[tokio::test]
async fn l11_several_apps_start_in_order_and_stop_in_the_other() -> TestResult {
    let notes = Notes::default();
    let apps = ["a", "b", "c"].map(|name| Noted::new(name, &notes).boxed());
    lifespan::startup_all(&apps).await?;
    assert_eq!(notes.take(), ["start a", "start b", "start c"]);
    lifespan::shutdown_all(&apps).await?;
    assert_eq!(notes.take(), ["stop c", "stop b", "stop a"]);
    Ok(())
}

#[tokio::test]
async fn l11_what_was_started_is_shut_down_when_one_fails() {
    let notes = Notes::default();
    let apps = [
        Noted::new("a", &notes).failing("stop").boxed(),
        Noted::new("b", &notes).boxed(),
        Noted::new("c", &notes).failing("start").boxed(),
        Noted::new("d", &notes).boxed(),
    ];
    let error = lifespan::startup_all(&apps).await.err();
    // Not that of the shutdown, which is logged.
    assert_eq!(
        error.map(|error| error.to_string()).as_deref(),
        Some("start of c")
    );
    assert_eq!(
        notes.take(),
        ["start a", "start b", "start c", "stop b", "stop a"]
    );
}

#[tokio::test]
async fn l11_one_failed_shutdown_keeps_no_other_from_its() {
    let notes = Notes::default();
    let apps = ["a", "b"].map(|name| Noted::new(name, &notes).failing("stop").boxed());
    assert!(lifespan::startup_all(&apps).await.is_ok());
    let error = lifespan::shutdown_all(&apps).await.err();
    assert_eq!(
        error.map(|error| error.to_string()).as_deref(),
        Some("stop of b")
    );
    assert_eq!(notes.take(), ["start a", "start b", "stop b", "stop a"]);
}

#[tokio::test]
async fn l9_clones_of_a_boxed_app_are_started_once() -> TestResult {
    let notes = Notes::default();
    let app = Noted::new("a", &notes).boxed();
    let mounts = [app.clone(), app.clone().boxed(), app];
    lifespan::startup_all(&mounts).await?;
    assert_eq!(notes.take(), ["start a"]);
    lifespan::shutdown_all(&mounts).await?;
    assert_eq!(notes.take(), ["stop a"]);
    // It may be started again.
    lifespan::run(&mounts[0], async {}).await?;
    assert_eq!(notes.take(), ["start a", "stop a"]);
    // A shutdown without a startup is none.
    mounts[0].shutdown().await?;
    lifespan::run(&mounts[0], async {}).await?;
    assert_eq!(notes.take(), ["start a", "stop a"]);
    Ok(())
}

#[tokio::test]
async fn l9_a_startup_that_failed_does_not_count() {
    let notes = Notes::default();
    let app = Noted::new("a", &notes).failing("start").boxed();
    for _ in 0..2 {
        assert!(lifespan::start(&app).await.is_err());
        assert_eq!(notes.take(), ["start a"]);
    }
}

#[tokio::test]
async fn l11_the_core_s_own_wrappers_forward() -> TestResult {
    let notes = Notes::default();
    let app = || Noted::new("a", &notes);
    let leaked: &'static Noted = Box::leak(Box::new(app()));
    let wrapped = [
        Arc::new(app()).boxed(),
        BoxApp::from(Box::new(app())),
        BoxApp::from(Arc::new(app())),
        BoxApp::from(leaked),
        Lint::new(app()).boxed(),
    ];
    for app in &wrapped {
        lifespan::run(app, async {}).await?;
        assert_eq!(notes.take(), ["start a", "stop a"]);
    }
    Ok(())
}
