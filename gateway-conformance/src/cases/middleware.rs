//! M: middlewares.

use gateway_core::{App, Body, BoxApp, Environ, Error, StartResponse};
use http::{HeaderMap, HeaderValue};

use crate::capability::Capability;
use crate::case::{Case, Draft};
use crate::cases::sources::{pieces, watched};
use crate::check::{Failure, Look as _, equal};
use crate::client::Client;
use crate::facts::Run;
use crate::via::Via;

/// A middleware that does nothing, with a hook and a wrapped body that do nothing either.
struct Identity<A>(A);

impl<A: App> App for Identity<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let start_response = start_response.wrap(|_, _| {});
        let body = self.0.call(environ, start_response).await?;
        Ok(body.on_close(|| {}))
    }

    gateway_core::forward_lifespan!(0);
}

/// The app, in several of them.
fn through(name: &'static str, clauses: &'static [&'static str], app: impl App) -> Draft<BoxApp> {
    Case::new(name, clauses).serves(Identity(Identity(Identity(app))))
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = identity();
    cases.extend(hooks());
    cases
}

async fn sized(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.start(
        200,
        [("set-cookie", "a=1"), ("x-a", "1"), ("set-cookie", "b=2")],
    )?;
    Ok(Body::from("sized\r\n"))
}

async fn streams(environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.start(200, [("content-type", "text/plain")])?;
    Ok(watched(&Run::of(&environ), pieces(["a", "", "b"])))
}

async fn closes(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.start(200, [("content-type", "text/plain")])?;
    start_response.close_connection();
    Ok(Body::from("last"))
}

async fn trails(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.start(200, [("trailer", "x-sum")])?;
    Ok(Body::from_producer(async |mut writer| {
        writer.write("abc").await?;
        let mut trailers = HeaderMap::new();
        trailers.insert("x-sum", HeaderValue::from_static("6"));
        writer.trailers(trailers).await?;
        Ok(())
    }))
}

async fn flushes(environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.start(200, [("content-type", "text/plain")])?;
    let run = Run::of(&environ);
    let body = Body::from_producer(async move |mut writer| {
        run.wait("go").await;
        writer.write("gone").await?;
        Ok(())
    });
    Ok(body.commit_early())
}

async fn echoes(mut environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.start(200, [("content-type", "text/plain")])?;
    Ok(Body::new(environ.take_input()))
}

fn identity() -> Vec<Case> {
    vec![
        through("m1_a_length_survives", &["M1", "B6", "S8"], sized).sees(async |client: Client| {
            let response = client.get("/").await?.status(200)?.body("sized\r\n")?;
            response
                .field("content-length", "7")?
                .lines("set-cookie", &["a=1", "b=2"])?
                .field("x-a", "1")?;
            let response = client.send(client.request("HEAD", "/")).await?;
            response
                .status(200)?
                .body("")?
                .field("content-length", "7")?;
            Ok(())
        }),
        through("m1_a_stream_survives", &["M1", "B2"], streams).sees(async |client: Client| {
            let response = client.get("/").await?.status(200)?.body("ab")?;
            response.no("content-length")?;
            client.closed_once().await
        }),
        through("m1_closing_survives", &["M1", "S7"], closes)
            .needs(Capability::CloseConnection)
            .only(&[Via::Http1])
            .sees(async |client: Client| {
                let mut connection = client.http1().await?;
                let response = connection.request(&client.request("GET", "/")).await?;
                response
                    .status(200)?
                    .body("last")?
                    .field("connection", "close")?;
                match connection.closed().await {
                    true => Ok(()),
                    false => Err(Failure::new("the connection stays open")),
                }
            }),
        through("m1_trailers_survive", &["M1", "B11"], trails)
            .needs(Capability::ResponseTrailers)
            .sees(async |client: Client| {
                let request = client.request("GET", "/").header("te", "trailers");
                let response = client.send(request).await?;
                equal("the trailer", response.trailer("x-sum"), Some("6"))?;
                response.status(200)?.body("abc")?;
                Ok(())
            }),
        through("m1_a_flush_survives", &["M1", "B1"], flushes)
            .needs(Capability::StreamedResponses)
            .sees(async |client: Client| {
                let mut open = client.open(client.request("GET", "/")).await?;
                equal("the status", open.head().await?.status, 200)?;
                client.note("go").await?;
                open.finish().await?.body("gone")?;
                Ok(())
            }),
        through("m1_the_input_survives", &["M1", "B10", "I2"], echoes).sees(
            async |client: Client| {
                let request = client.request("POST", "/").chunked(["a", "\0\r\n"]);
                client.send(request).await?.status(200)?.body("a\0\r\n")?;
                Ok(())
            },
        ),
    ]
}

/// A middleware that changes the head and the body.
struct Shouts<A>(A);

impl<A: App> App for Shouts<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let start_response = start_response.wrap(|status, headers| {
            if *status == http::StatusCode::CREATED {
                *status = http::StatusCode::ACCEPTED;
            }
            headers.remove("x-secret");
            headers.append("x-hooked", HeaderValue::from_static("outer"));
        });
        self.0.call(environ, start_response).await
    }

    gateway_core::forward_lifespan!(0);
}

fn hooks() -> Vec<Case> {
    vec![
        Case::new("m1_a_middleware_may_change_the_head", &["M1", "S2"])
            .serves(Shouts(Identity(
                async |_: Environ, start_response: StartResponse| {
                    start_response.start(201, [("x-secret", "1"), ("x-hooked", "app")])?;
                    Ok(Body::from("hooked"))
                },
            )))
            .sees(async |client: Client| {
                let response = client.get("/").await?.status(202)?.body("hooked")?;
                response
                    .lines("x-hooked", &["app", "outer"])?
                    .no("x-secret")?;
                Ok(())
            }),
        Case::new(
            "m1_a_restart_passes_the_middlewares_once_more",
            &["M1", "S2"],
        )
        .serves(Shouts(async |_: Environ, start_response: StartResponse| {
            start_response.start(200, [("x-secret", "1")])?;
            let error = Error::msg("private");
            start_response.restart(201, [("x-secret", "2")], error)?;
            Ok(Body::from("hooked"))
        }))
        .sees(async |client: Client| {
            let response = client.get("/").await?.status(202)?.body("hooked")?;
            response.field("x-hooked", "outer")?.no("x-secret")?;
            Ok(())
        }),
    ]
}
