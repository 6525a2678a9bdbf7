//! A function that answers by its path, for the tests with a simulator of Lambda.

use std::sync::Arc;

use gateway_core::{App, Body, Environ, Error, StartResponse, app_fn, lifespan};

const TEXT: [(&str, &str); 1] = [("content-type", "text/plain")];

fn laboratory() -> impl App {
    app_fn(async |mut environ: Environ, start: StartResponse| {
        match environ.path_info().to_string().as_str() {
            "/bytes" => {
                let headers = [
                    ("content-type", "application/octet-stream"),
                    ("set-cookie", "a=1"),
                    ("set-cookie", "b=2; Path=/"),
                ];
                start.start(200, headers)?;
                Ok(Body::from_chunks([vec![0_u8, 255], vec![254]]))
            }
            "/nothing" => {
                start.start(204, TEXT)?;
                Ok(Body::empty())
            }
            "/failure" => Err(Error::msg("as it was asked to")),
            "/half" => {
                start.start(200, TEXT)?;
                Ok(Body::from_producer(async |mut writer| {
                    writer.write("half").await?;
                    Err(Error::msg("in mid-stream"))
                }))
            }
            _ => {
                let input = environ.take_input().text(1000).await?;
                let text = |name: &str| match environ.get(name) {
                    Some(value) => value.to_string(),
                    None => "-".to_owned(),
                };
                start.start(200, TEXT)?;
                Ok(Body::from(format!(
                    "{} {} {} {} {} {} {}: {input}",
                    text("REQUEST_METHOD"),
                    text("PATH_INFO"),
                    text("QUERY_STRING"),
                    text("REMOTE_ADDR"),
                    text("HTTP_HOST"),
                    text("HTTP_COOKIE"),
                    environ.scheme(),
                )))
            }
        }
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let app = Arc::new(laboratory());
    lifespan::run(&app, lambda_http::run(lambda::service(app.clone()))).await?
}
