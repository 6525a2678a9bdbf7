//! Events as API Gateway, function URLs and an ALB send them, through the types of `lambda_http`.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use gateway_core::{App, Body, Environ, Error, HttpError, StartResponse, app_fn, view};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Context, LambdaEvent, Service};
use serde_json::{Value, json};
use support::{http_api, load_balancer, rest_api};

/// What Lambda gets back, or the panic that it reports.
async fn invoke(app: impl App, event: Value) -> Value {
    let event: LambdaRequest = serde_json::from_value(event).unwrap();
    let mut function = Adapter::from(lambda::service(app));
    let answer = function.call(LambdaEvent::new(event, Context::default()));
    serde_json::to_value(answer.await.unwrap()).unwrap()
}

fn told() -> impl App {
    view(async |mut environ: Environ| {
        let text = |name: &str| environ.get(name).map(|value| value.to_string());
        let shown = json!([
            text("REQUEST_METHOD"),
            text("PATH_INFO"),
            text("QUERY_STRING"),
            text("REMOTE_ADDR"),
            text("HTTP_HOST"),
            text("HTTP_COOKIE"),
            environ.scheme().as_str(),
        ]);
        let input = environ.take_input().text(1000).await?;
        Ok::<_, Error>(format!("{shown} {input}"))
    })
}

#[tokio::test]
async fn e3_e16_an_http_api_s_event_is_the_request_that_the_client_sent() {
    let answer = invoke(
        told(),
        http_api("POST", "/a b/%2F", "x=1&x=2", Some("hello")),
    )
    .await;
    assert_eq!(answer["statusCode"], 200);
    assert_eq!(
        answer["headers"]["content-type"],
        "text/html; charset=utf-8"
    );
    let expected =
        r#"["POST","/a b//","x=1&x=2","192.0.2.7","api.example","a=1; b=2","https"] hello"#;
    assert_eq!(answer["body"], expected);
}

#[tokio::test]
async fn other_events_are_requests_too() {
    let answer = invoke(told(), rest_api("/a")).await;
    let body = answer["body"].as_str().unwrap();
    assert!(
        body.starts_with(r#"["GET","/prod/a","","192.0.2.8","rest.example",null,"https"]"#),
        "{body}"
    );
    assert_eq!(
        answer["multiValueHeaders"]["content-type"][0],
        "text/html; charset=utf-8"
    );
    let answer = invoke(told(), load_balancer("/a")).await;
    let body = answer["body"].as_str().unwrap();
    assert!(
        body.starts_with(r#"["GET","/a","q=1",null,"lb.example",null,"http"]"#),
        "{body}"
    );
}

#[tokio::test]
async fn s7_cookies_and_bytes_arrive() {
    let app = app_fn(async |_: Environ, start_response: StartResponse| {
        let headers = [
            ("content-type", "application/octet-stream"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2; Path=/"),
        ];
        start_response.start(200, headers)?;
        Ok(Body::from_chunks([vec![0_u8, 255], vec![254]]))
    });
    let answer = invoke(app, http_api("GET", "/", "", None)).await;
    assert_eq!(answer["cookies"], json!(["a=1", "b=2; Path=/"]));
    assert_eq!(
        (&answer["body"], &answer["isBase64Encoded"]),
        (&json!("AP/+"), &json!(true))
    );
}

#[tokio::test]
async fn b7_n8_errors_and_responses_without_a_body_are_what_they_are_elsewhere() {
    let app = view(
        async |environ: Environ| match environ.path_info().to_string().as_str() {
            "/nothing" => Ok(("", 204)),
            "/panic" => panic!("as it was asked to"),
            _ => Err(HttpError::not_found()),
        },
    );
    let app = std::sync::Arc::new(app);
    for (path, status) in [("/nothing", 204), ("/panic", 500), ("/else", 404)] {
        let answer = invoke(app.clone(), http_api("GET", path, "", None)).await;
        assert_eq!(answer["statusCode"], status, "{path}");
    }
}

/// B8: lambda_http panics, and Lambda's runtime makes an error of that: the client gets a 502.
#[test]
fn b8_a_body_that_fails_is_no_response() {
    let app = app_fn(async |_: Environ, start_response: StartResponse| {
        start_response.start(200, [("content-type", "text/plain")])?;
        Ok(Body::from_producer(async |mut writer| {
            writer.write("half").await?;
            Err(Error::msg("in mid-stream"))
        }))
    });
    // The panic ends a thread of its own.
    let invoked = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(invoke(app, http_api("GET", "/", "", None)))
    });
    assert!(invoked.join().is_err());
}
