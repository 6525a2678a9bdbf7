//! What a returned error is answered with (N1, N6).

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use gateway_core::{
    BufferError, Environ, Error, HeaderError, HttpError, InputError, IntoStatus, StatusError,
    TryIntoResponse, ViewError, view, view_with,
};

use super::support::{ask, get, logged};

#[derive(Debug)]
struct NoTea;

impl fmt::Display for NoTea {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the pot is empty")
    }
}

impl std::error::Error for NoTea {}

impl From<NoTea> for HttpError {
    fn from(error: NoTea) -> Self {
        HttpError::im_a_teapot().with_source(error)
    }
}

fn brew() -> Result<&'static str, NoTea> {
    Err(NoTea)
}

#[test]
fn n6_a_returned_error_is_answered_as_its_http_error() {
    assert_eq!(ask(view(async |_| brew()), get("/")).status, 418);
    // `?` into `HttpError` uses it.
    let raised = view(async |_| {
        let tea = brew()?;
        Ok::<_, HttpError>(tea)
    });
    assert_eq!(ask(raised, get("/")).status, 418);
    // In tuples, options and results of results.
    assert_eq!(
        ask(view(async |_| Some((brew(), 200))), get("/")).status,
        418
    );
    assert_eq!(
        ask(view(async |_| Ok::<_, Infallible>(brew())), get("/")).status,
        418
    );
}

#[test]
fn n6_an_error_boxed_by_the_question_mark_is_a_generic_500() {
    let boxed = view(async |_| {
        let tea = brew()?;
        Ok::<_, Error>(tea)
    });
    let (answer, log) = logged(|| ask(boxed, get("/")));
    answer.assert_clean_500();
    log.assert_one("B1", "the pot is empty");
    // But for one that is an answer itself.
    let kept = view(async |_| {
        brew().map_err(HttpError::from)?;
        Ok::<_, Error>("")
    });
    assert_eq!(ask(kept, get("/")).status, 418);
}

#[test]
fn n1_the_errors_of_this_crate_can_be_returned() {
    fn is_returned<E: ViewError>() {
        fn is_a_form<T: TryIntoResponse>() {}
        is_a_form::<Result<&'static str, E>>();
    }
    is_returned::<HttpError>();
    is_returned::<Error>();
    is_returned::<Infallible>();
    is_returned::<InputError>();
    is_returned::<StatusError>();
    is_returned::<HeaderError>();
    is_returned::<BufferError>();
    async fn status(_: Environ) -> Result<(&'static str, http::StatusCode), StatusError> {
        Ok(("", "no number".into_status()?))
    }
    assert_eq!(ask(view(status), get("/")).status, 500);
}

#[test]
fn l5_the_state_of_a_view_is_cloned_into_each_call() {
    let count = Arc::new(AtomicU32::new(0));
    let app = view_with(count.clone(), async |count: Arc<AtomicU32>, _| {
        std::future::ready(()).await;
        let before = count.fetch_add(1, Ordering::SeqCst);
        format!("{before}")
    });
    assert_eq!(ask(app.clone(), get("/")).text(), "0");
    assert_eq!(ask(app, get("/")).text(), "1");
    assert_eq!(Arc::strong_count(&count), 1);
}
