//! The form of errors: `error_format`, and the 406 of `negotiate`.

use std::io;

use gateway_core::{App, AppExt, Body, Environ, Error, HttpError, StartResponse, app_fn, view};
use gateway_testing::Client;
use gateway_util::{
    EnvironExt, ErrorFormat, HttpErrorFields, Methods, MiddlewareExt, Mount, redirect,
};
use http::Method;

fn get(app: impl App) -> Methods {
    Methods::new().get(app)
}

fn site() -> Mount {
    let described = view(async |_| {
        let error = HttpError::conflict().with_description("<in use>");
        Err::<&str, _>(error.retry_after(3).with_source("secret"))
    });
    let broken = view(async |_| Err::<&str, Error>(Error::msg("secret")));
    let io = view(async |_| Err::<&str, _>(Error::from(io::Error::other("secret"))));
    let started = app_fn(|_, start_response: StartResponse| async move {
        start_response.start(200, [("x-started", "1")])?;
        Err::<Body, Error>(HttpError::gone().into())
    });
    let reads =
        view(async |mut environ: Environ| Ok::<_, Error>(environ.take_input().bytes(3).await?));
    Mount::new()
        .at("/described", described)
        .at("/broken", broken)
        .at("/io", io)
        .at("/started", started)
        .at("/reads", reads)
        .at("/get", get(view(async |_| "text")))
        .at(
            "/away",
            view(async |_| Err::<&str, _>(redirect("/x").into_error())),
        )
}

#[tokio::test]
async fn n6_every_raised_error_has_the_form_whatever_the_client_accepts() {
    let client = Client::new(site().error_format(ErrorFormat::Problem));
    for accept in [
        None,
        Some("*/*"),
        Some("text/html"),
        Some("application/json"),
    ] {
        for (method, path, status) in [
            (Method::GET, "/nowhere", 404),
            (Method::POST, "/get", 405),
            (Method::GET, "/described", 409),
            (Method::GET, "/started", 410),
            (Method::POST, "/reads", 413),
            (Method::GET, "/broken", 500),
            (Method::GET, "/io", 500),
        ] {
            let mut request = client.request(method, path).text("four");
            if let Some(accept) = accept {
                request = request.header("accept", accept);
            }
            let mut response = request.send().await.assert_status(status);
            assert_eq!(
                response.header("content-type"),
                Some("application/problem+json"),
                "{path} {accept:?}"
            );
            assert_eq!(response.header("x-started"), None);
            let problem: serde_json::Value = response.json().await;
            assert_eq!(problem["status"], status, "{path}");
            assert!(!problem.to_string().contains("secret"), "{problem}");
        }
    }
}

#[tokio::test]
async fn n6_status_headers_and_description_stay() {
    for (format, content_type, body) in [
        (
            ErrorFormat::Text,
            "text/plain; charset=utf-8",
            "409 Conflict\n<in use>\n",
        ),
        (
            ErrorFormat::Json,
            "application/json",
            "{\"detail\":\"<in use>\",\"status\":409,\"title\":\"Conflict\"}\n",
        ),
    ] {
        let client = Client::new(site().error_format(format));
        let response = client.get("/described").send().await.assert_status(409);
        let response = response
            .assert_header("retry-after", "3")
            .assert_header("content-type", content_type)
            .assert_header("content-length", &body.len().to_string());
        response.assert_text(body).await;
        let refused = client.post("/get").send().await;
        refused.assert_header("allow", "GET, HEAD, OPTIONS");
    }
    let client = Client::new(site().error_format(ErrorFormat::Html));
    let mut response = client.get("/described").send().await;
    let page = response.text().await;
    assert!(page.contains("<p>&lt;in use&gt;</p>"), "{page}");
}

#[tokio::test]
async fn answers_stay_as_they_are() {
    let client = Client::new(site().error_format(ErrorFormat::Problem));
    client.get("/get").send().await.assert_text("text").await;
    let away = client.get("/away").send().await.assert_status(303);
    away.assert_header("location", "/x");
    let value = Client::new(HttpError::not_found().error_format(ErrorFormat::Problem));
    let value = value.get("/").send().await.assert_status(404);
    value.assert_header("content-type", "text/html; charset=utf-8");
}

#[tokio::test]
async fn a_mount_may_have_another_form_than_its_site() {
    let api = site().error_format(ErrorFormat::Problem);
    let client = Client::new(Mount::new().at("/api", api).error_format(ErrorFormat::Text));
    for (path, content_type) in [
        ("/api/nowhere", "application/problem+json"),
        ("/nowhere", "text/plain; charset=utf-8"),
    ] {
        let response = client.get(path).send().await.assert_status(404);
        response.assert_header("content-type", content_type);
    }
}

#[tokio::test]
async fn handlers_inside_answer_first() {
    let app = site().error_handlers().status(404, |_| ("not here", 404));
    let client = Client::new(app.error_format(ErrorFormat::Problem).boxed());
    let response = client.get("/nowhere").send().await.assert_status(404);
    response.assert_text("not here").await;
    let other = client.get("/described").send().await;
    other.assert_header("content-type", "application/problem+json");
}

#[tokio::test]
async fn a_406_varies_by_accept() {
    let client = Client::new(view(async |environ: Environ| {
        environ.negotiate(&["text/html", "application/json"])
    }));
    let refused = client.get("/").header("accept", "image/png").send().await;
    refused.assert_status(406).assert_header("vary", "accept");
    let chosen = client.get("/").header("accept", "application/json");
    chosen.send().await.assert_text("application/json").await;
}
