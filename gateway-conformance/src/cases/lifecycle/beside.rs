//! Cases of L5: concurrent requests, and requests one after another.

use futures_util::future::try_join_all;
use gateway_core::{Body, Environ, StartResponse, VarName};

use crate::capability::Capability;
use crate::case::Case;
use crate::cases::reports::environ_report;
use crate::check::{Failure, Look as _, equal};
use crate::client::{Client, Variables};
use crate::facts::Run;
use crate::via::Via;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new("l5_requests_at_once_share_nothing", &["L5"])
            .app(
                async |mut environ: Environ, start_response: StartResponse| {
                    let id = environ
                        .header("x-id")
                        .map(|id| id.to_string())
                        .unwrap_or_default();
                    environ.set_var(const { VarName::new("SUITE_ID") }, id.clone());
                    let body = environ.take_input().bytes(1024).await?;
                    tokio::task::yield_now().await;
                    let kept = environ.get("SUITE_ID").map(|id| id.to_string());
                    let path = environ.path_info().to_string();
                    start_response.start(200, [("x-id", id.clone())])?;
                    let ids = format!("{kept:?} {} {}", path, String::from_utf8_lossy(&body));
                    Ok(Body::from_chunks([ids, id]))
                },
            )
            .sees(async |client: Client| {
                let exchanges = (0..32).map(|number| {
                    let client = &client;
                    async move {
                        let id = format!("id{number}");
                        let request = client
                            .request("POST", &format!("/{id}"))
                            .header("x-id", &id)
                            .chunked([id.clone()]);
                        let response = client.send(request).await?.status(200)?;
                        let name = "l5_requests_at_once_share_nothing";
                        let seen = format!("Some({id:?}) /{name}/{id} {id}{id}");
                        response.field("x-id", &id)?.body(seen)?;
                        Ok::<(), Failure>(())
                    }
                });
                try_join_all(exchanges).await.map(drop)
            }),
        Case::new("l5_streams_of_one_connection_share_nothing", &["L5"])
            .needs(Capability::StreamedResponses)
            .only(&[Via::Http2])
            .app(async |environ: Environ, start_response: StartResponse| {
                let id = environ.query_string().to_owned();
                start_response.start(200, [("x-id", id.clone())])?;
                let run = Run::of(&environ);
                Ok(Body::from_producer(async move |mut writer| {
                    writer.write(id.clone()).await?;
                    run.wait("go").await;
                    writer.write(id).await?;
                    Ok(())
                }))
            })
            .sees(async |client: Client| {
                let mut connection = client.http2().await?;
                let mut streams = Vec::new();
                for id in ["a", "b", "c", "d"] {
                    let request = client.request("GET", &format!("/?{id}"));
                    let mut stream = connection.open_stream(&request).await?;
                    equal("the chunk", stream.chunk().await?, Some(id.into()))?;
                    streams.push((id, stream));
                }
                client.note("go").await?;
                for (id, mut stream) in streams {
                    let response = stream.finish().await?.status(200)?;
                    response.field("x-id", id)?.body([id, id].concat())?;
                }
                Ok(())
            }),
        Case::new(
            "l5_nothing_is_left_of_the_request_before",
            &["L5", "E8", "E10", "I5"],
        )
        .app(
            async |mut environ: Environ, start_response: StartResponse| {
                if environ.header("x-first").is_some() {
                    environ.set_var(const { VarName::new("SUITE_VARIABLE") }, "left");
                    environ.keep_underscored_headers();
                    start_response.start(200, [("x-left", "1"), ("set-cookie", "left=1")])?;
                    return Ok(Body::from("first"));
                }
                use gateway_core::TryIntoResponse as _;
                start_response.send(environ_report(&environ).try_into_response()?)
            },
        )
        .sees(async |client: Client| {
            let first = client
                .request("POST", "/first?left=1")
                .header("x-first", "1")
                .header("content-type", "text/x-left")
                .header("cookie", "left=1")
                .body("left");
            let second = client.request("GET", "/").header("x_left", "1");
            let response = match client.via() {
                Via::Http1 => {
                    let mut connection = client.http1().await?;
                    connection
                        .request(&first)
                        .await?
                        .status(200)?
                        .body("first")?;
                    match connection.request(&second).await {
                        Ok(response) => response,
                        Err(error) if error.is_closed() || error.is_reset() => {
                            client.send(second).await?
                        }
                        Err(error) => return Err(error.into()),
                    }
                }
                Via::Http2 => {
                    let mut connection = client.http2().await?;
                    connection
                        .request(&first)
                        .await?
                        .status(200)?
                        .body("first")?;
                    connection.request(&second).await?
                }
                Via::InProcess => {
                    client.send(first).await?.status(200)?.body("first")?;
                    client.send(second).await?
                }
            };
            let response = response.status(200)?.no("x-left")?.no("set-cookie")?;
            let vars = Variables::of(&response)?;
            vars.is("QUERY_STRING", "")?
                .is("REQUEST_METHOD", "GET")?
                .has_no("SUITE_VARIABLE")?
                .has_no("CONTENT_TYPE")?
                .has_no("CONTENT_LENGTH")?
                .has_no("HTTP_X_FIRST")?
                .has_no("HTTP_X_LEFT")?
                .has_no("HTTP_COOKIE")?;
            Ok(())
        }),
    ]
}
