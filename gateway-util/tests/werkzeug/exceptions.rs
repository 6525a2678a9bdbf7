//! `test_exceptions.py`.

use gateway_core::{AppExt, Error, HttpError, TryIntoResponse, abort, view};
use gateway_util::{HttpErrorFields, abort_with};
use http::{Method, Request};

use crate::common::{answer, get};

/// Every code that has a page.
const CODES: [u16; 40] = [
    400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418,
    421, 422, 423, 424, 425, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505, 506, 507, 508,
    510, 511,
];

#[tokio::test]
async fn test_proxy_exception() {
    let app = view(async |_| {
        abort_with(("Hello World", 200, [("x-own", "1")]))?;
        Ok::<_, Error>("not reached")
    });
    let answer = answer(app, get("/")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.text()),
        (200, "Hello World")
    );
    assert_eq!(answer.header("x-own"), Some("1"));
}

#[test]
fn test_aborter_general() {
    for code in CODES {
        let error = abort(code, "why").unwrap_err();
        assert_eq!(error.status(), code);
        assert_eq!(error.description(), "why");
        // The constructor for a status is that status.
        assert_eq!(HttpError::new(code).status(), code);
    }
    assert_eq!(HttpError::bad_request().status(), 400);
    assert_eq!(HttpError::unauthorized().status(), 401);
    assert_eq!(HttpError::payload_too_large().status(), 413);
    assert_eq!(HttpError::service_unavailable().status(), 503);
}

/// A description is text here, always, and is escaped once: markup cannot get into a page.
#[tokio::test]
async fn test_abort_description_markup() {
    let app = view(async |_| HttpError::bad_request().with_description("<b>&lt;</b>"));
    let answer = answer(app, get("/")).await;
    let escaped = "<p>&lt;b&gt;&amp;lt;&lt;/b&gt;</p>";
    assert!(answer.text().contains(escaped), "{}", answer.text());
}

#[test]
fn test_exception_repr() {
    let error = HttpError::not_found();
    assert_eq!(error.to_string(), "404 Not Found");
    assert!(error.description().starts_with("The requested URL"));
    assert!(format!("{error:?}").contains("404"));
    let error = error.with_description("Not There");
    assert_eq!(error.description(), "Not There");
    // An error without a code is none: a 500 says so in the log.
    assert_eq!(HttpError::new("An error message").status(), 500);
}

#[tokio::test]
async fn test_response_header_content_type_should_contain_charset() {
    for code in CODES {
        let answer = answer(HttpError::new(code), get("/")).await;
        let html = Some("text/html; charset=utf-8");
        assert_eq!(answer.header("content-type"), html, "{code}");
    }
}

#[tokio::test]
async fn test_passing_response() {
    for code in CODES {
        let own = http::Response::builder().status(code).body("own".into());
        let error = HttpError::from_response(own.unwrap());
        let answer = answer(error, get("/")).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (code, "own"));
    }
}

#[tokio::test]
async fn test_description_none() {
    let answer = answer(HttpError::not_found().with_description(""), get("/")).await;
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("<h1>Not Found</h1>"));
}

#[tokio::test]
async fn test_response_body() {
    for code in CODES {
        let error = HttpError::new(code);
        let (name, description) = (error.name().to_owned(), error.description().to_owned());
        let raised = answer(error, get("/")).await;
        let page = raised.text();
        assert!(
            page.starts_with("<!doctype html>\n<html lang=en>\n"),
            "{page}"
        );
        let title = format!("<title>{code} {}</title>", name.replace('\'', "&#39;"));
        assert!(page.contains(&title), "{page}");
        assert!(!description.is_empty(), "{code}");
        // As an app, returned and raised: the same page.
        let returned = HttpError::new(code).try_into_response().unwrap();
        assert_eq!(returned.into_body().bytes().await.unwrap(), raised.body);
        let request = Request::new(());
        let environ = gateway_core::Environ::from_request(request);
        let as_app = HttpError::new(code).respond(environ).await;
        match as_app {
            Ok(response) => assert_eq!(response.status(), code),
            Err(error) => assert_eq!(error.status(), code),
        }
    }
}

#[test]
fn an_allow_of_nothing_is_an_empty_one() {
    let error = HttpError::method_not_allowed().allow([]);
    assert_eq!(error.headers()["allow"], "");
    let error = HttpError::method_not_allowed().allow([Method::GET]);
    assert_eq!(error.headers()["allow"], "GET");
}
