//! Observers: each way in which an exchange ends, told once (L3).
#![expect(clippy::unwrap_used, reason = "these are tests")]

mod support;

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use gateway_core::{
    App, AppExt, Body, Connection, Ended, Environ, Error, Gateway, HttpError, Input, Outcome,
    RequestSummary, StartResponse, app_fn, view,
};
use http::{Request, Version};
use http_body_util::BodyExt as _;
use support::{Script, data, failure, get, run};

#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<(String, Outcome)>>>);

impl Told {
    fn observer(&self) -> impl gateway_core::Observer + use<> {
        let told = self.0.clone();
        move |request: &RequestSummary, outcome: &Outcome| {
            let line = format!("{} {}", request.method(), request.target());
            told.lock().unwrap().push((line, outcome.clone()));
        }
    }

    /// What was told, which must be one outcome.
    fn one(&self) -> Outcome {
        let mut told = self.0.lock().unwrap();
        assert_eq!(told.len(), 1, "{told:?}");
        told.remove(0).1
    }
}

/// Answers a request to its end and gives what the observer was told.
fn outcome(app: impl App, request: Request<()>) -> Outcome {
    let told = Told::default();
    let gateway = Gateway::new(app).with_observer(told.observer());
    let (parts, ()) = request.into_parts();
    let response = run(gateway.handle(gateway.environ(parts, Input::empty())));
    let _ = run(response.into_body().collect());
    told.one()
}

fn streaming(script: fn() -> Script) -> impl App {
    app_fn(move |_, start: StartResponse| async move {
        start.start(201, [("content-type", "text/plain")])?;
        Ok(script().body())
    })
}

fn summary(outcome: &Outcome) -> (Option<u16>, u64, Ended, Option<&'static str>) {
    let status = outcome.status().map(|status| status.as_u16());
    (
        status,
        outcome.body_bytes(),
        outcome.ended(),
        outcome.clause(),
    )
}

#[test]
fn l3_a_completed_response_is_told() {
    let told = outcome(view(async |_| "hello"), get("/a?b"));
    assert_eq!(summary(&told), (Some(200), 5, Ended::Completed, None));
    assert!(told.first_byte().unwrap() <= told.end());
    let told = outcome(
        streaming(|| Script::new([data("ab"), None, data("c")])),
        get("/"),
    );
    assert_eq!(summary(&told), (Some(201), 3, Ended::Completed, None));
    let told = outcome(view(async |_| ("", 204)), get("/"));
    assert_eq!(summary(&told), (Some(204), 0, Ended::Completed, None));
    let head = Request::head("/").body(()).unwrap();
    let told = outcome(view(async |_| "hello"), head);
    assert_eq!(summary(&told), (Some(200), 0, Ended::Completed, None));
}

#[test]
fn b1_a_page_of_the_gateway_is_a_completed_response_with_the_clause_that_was_broken() {
    let told = outcome(view(async |_| HttpError::not_found()), get("/"));
    assert_eq!(
        (told.status().unwrap().as_u16(), told.clause()),
        (404, None)
    );
    assert!(told.body_bytes() > 0);
    let silent = app_fn(|_, _| async move { Ok(Body::from("no start")) });
    let told = outcome(silent, get("/"));
    assert_eq!(
        (told.status().unwrap().as_u16(), told.clause()),
        (500, Some("S3"))
    );
    let failing = app_fn(|_, _| async move { Err(Error::msg("private")) });
    let told = outcome(failing, get("/"));
    assert_eq!(
        (told.ended(), told.clause()),
        (Ended::Completed, Some("B1"))
    );
    let panicking = app_fn(|_, _| async move { panic!("the test asks for it") });
    let told = outcome(panicking, get("/"));
    assert_eq!(
        (told.ended(), told.clause()),
        (Ended::Completed, Some("B9"))
    );
}

#[test]
fn l8_a_gateway_keeps_its_first_observer() {
    let (first, second) = (Told::default(), Told::default());
    let gateway = Gateway::new(view(async |_| "hello"))
        .with_observer(first.observer())
        .with_observer(second.observer());
    let (parts, ()) = get("/").into_parts();
    drop(run(gateway.handle(gateway.environ(parts, Input::empty()))));
    assert_eq!(first.one().body_bytes(), 5);
    assert!(second.0.lock().unwrap().is_empty());
}

#[test]
fn b8_an_aborted_response_is_told_with_its_clause() {
    let told = outcome(
        streaming(|| Script::new([data("ab"), failure("late")])),
        get("/"),
    );
    assert_eq!(summary(&told), (Some(201), 2, Ended::Aborted, Some("B8")));
    let short = app_fn(|_, start: StartResponse| async move {
        start.start(200, [("content-length", 5)])?;
        Ok(Script::new([data("ab")]).body())
    });
    let told = outcome(short, get("/"));
    assert_eq!(summary(&told), (Some(200), 2, Ended::Aborted, Some("B5")));
}

#[test]
fn l3_a_client_that_leaves_is_told() {
    let told = Told::default();
    let gateway = Gateway::new(streaming(|| Script::new([data("ab"), None, data("c")])))
        .with_observer(told.observer());
    let environ = || {
        let (parts, ()) = get("/").into_parts();
        gateway.environ(parts, Input::empty())
    };
    drop(gateway.handle(environ()));
    assert_eq!(summary(&told.one()), (None, 0, Ended::ClientGone, None));
    let mut body = run(gateway.handle(environ())).into_body();
    assert!(run(body.frame()).unwrap().is_ok());
    drop(body);
    assert_eq!(
        summary(&told.one()),
        (Some(201), 2, Ended::ClientGone, None)
    );
    // L4: at the end of a shutdown it is the server that cuts.
    gateway.begin_cutting();
    drop(run(gateway.handle(environ())));
    assert_eq!(told.one().ended(), Ended::Cut);
}

#[test]
fn e17_a_refused_request_is_told() {
    let told = Told::default();
    let gateway = Gateway::new(view(async |_| "called")).with_observer(told.observer());
    let (parts, ()) = get("/").into_parts();
    let mut environ = gateway.environ(parts, Input::empty());
    environ.set_connection(Connection::new().with_required_host(true));
    drop(run(gateway.handle(environ)));
    let outcome = told.one();
    assert_eq!(
        (outcome.status().unwrap().as_u16(), outcome.ended()),
        (400, Ended::Refused)
    );
    let head = gateway_core::RefusedHead::new(Version::HTTP_11).with_target("?");
    drop(gateway.refuse(&head, HttpError::bad_request()));
    assert_eq!(told.one().ended(), Ended::Refused);
}

/// A middleware that observes what reaches it.
struct Observed<A>(A, Arc<dyn gateway_core::Observer>);

impl<A: App> App for Observed<A> {
    async fn call(&self, mut environ: Environ, start: StartResponse) -> Result<Body, Error> {
        environ.observe(self.1.clone());
        self.0.call(environ, start).await
    }
}

#[test]
fn a_middleware_observes_and_a_panic_of_one_observer_harms_no_other() {
    let told = Told::default();
    let panics = |_: &RequestSummary, _: &Outcome| panic!("an observer");
    let app = Observed(
        Observed(view(async |_| "hello"), Arc::new(told.observer())),
        Arc::new(panics),
    );
    let (_, log) = support::logged(|| {
        let gateway = Gateway::new(app);
        for _ in 0..3 {
            let (parts, ()) = get("/").into_parts();
            drop(run(gateway.handle(gateway.environ(parts, Input::empty()))));
            assert_eq!(told.one().body_bytes(), 5);
        }
    });
    assert_eq!(log.faults().len(), 3, "{log:?}");
}

#[test]
fn an_observer_is_told_outside_of_a_gateway_too() {
    let told = Told::default();
    let app = Observed(view(async |_| "hello"), Arc::new(told.observer()));
    drop(run(app.respond(Environ::from(get("/")))).unwrap());
    assert_eq!(told.one().body_bytes(), 5);
}

#[test]
fn l2_observers_are_told_after_the_body_was_closed() {
    let order: Arc<Mutex<Vec<&str>>> = Arc::default();
    let closing = order.clone();
    let app = app_fn(move |_, start: StartResponse| {
        let order = closing.clone();
        async move {
            start.start(200, [("content-type", "text/plain")])?;
            Ok(Body::from_chunks([Bytes::from("a")])
                .on_close(move || order.lock().unwrap().push("closed")))
        }
    });
    let telling = order.clone();
    let gateway = Gateway::new(app).with_observer(move |_: &RequestSummary, _: &Outcome| {
        telling.lock().unwrap().push("told");
    });
    let (parts, ()) = get("/").into_parts();
    let response = run(gateway.handle(gateway.environ(parts, Input::empty())));
    let _ = run(response.into_body().collect());
    assert_eq!(*order.lock().unwrap(), ["closed", "told"]);
}
