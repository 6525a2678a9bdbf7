//! How a switch is committed, and what is none (U3 to U7).

use super::*;

#[tokio::test]
async fn u5_the_head_is_what_the_version_asks_for() -> TestResult {
    let app = || {
        view(async |_: Environ| {
            let body = Body::upgrade("websocket", echo);
            (body, [("content-length", "3"), ("x-kept", "1")])
        })
    };
    let response = ask(app(), offer()).await?;
    assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
    let mut fields: Vec<_> = response
        .headers()
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    fields.sort_unstable();
    assert_eq!(fields, ["connection", "upgrade", "x-kept"]);
    assert_eq!(response.headers()["connection"], "upgrade");
    assert_eq!(response.headers()["upgrade"], "websocket");

    let response = ask(app(), extended_connect()).await?;
    assert_eq!(response.status(), 200);
    let fields: Vec<_> = response
        .headers()
        .keys()
        .map(|name| name.as_str())
        .collect();
    assert_eq!(fields, ["x-kept"]);
    Ok(())
}

#[tokio::test]
async fn u6_the_app_has_the_stream_once_the_host_runs_it() -> TestResult {
    let mut response = ask(switching("echo"), offer()).await?;
    assert!(response.body().is_end_stream() && response.body().size_hint().exact().is_none());
    let (mut client, running) = run(&mut response)?;
    let speak = async {
        client.write_all(b"hello").await?;
        client.shutdown().await?;
        let mut all = Vec::new();
        client.read_to_end(&mut all).await?;
        Ok::<_, std::io::Error>(all)
    };
    let (is_ok, heard) = tokio::join!(running, speak);
    assert!(is_ok);
    assert_eq!(heard?, b"hello");
    assert!(response.body_mut().take_upgrade().is_none());
    Ok(())
}

#[tokio::test]
async fn u3_a_protocol_that_was_not_offered_is_a_500() -> TestResult {
    for protocol in ["other", "", "a b", "echo\r\nx: y"] {
        let mut response = ask(switching(protocol), offer()).await?;
        assert_eq!(response.status(), 500, "{protocol:?}");
        assert!(response.body_mut().take_upgrade().is_none());
        assert!(!response.headers().contains_key("upgrade"));
    }
    let response = ask(switching("echo"), Request::get("/").header("host", "a")).await?;
    assert_eq!(response.status(), 500);
    Ok(())
}

#[tokio::test]
async fn u3_an_offer_that_was_withdrawn_is_none() -> TestResult {
    let inner = Arc::new(switching("echo"));
    let app = app_fn(move |mut environ: Environ, start_response| {
        let inner = inner.clone();
        async move {
            environ.withdraw_upgrades();
            inner.call(environ, start_response).await
        }
    });
    assert_eq!(ask(app, offer()).await?.status(), 500);
    Ok(())
}

#[tokio::test]
async fn u4_a_switch_and_its_status_belong_together() -> TestResult {
    let other_status = view(async |_: Environ| (Body::upgrade("echo", echo), 200));
    assert_eq!(ask(other_status, offer()).await?.status(), 500);
    let no_switch = view(async |_: Environ| ("text", 101));
    assert_eq!(ask(no_switch, offer()).await?.status(), 500);
    let late = app_fn(async |_, _: StartResponse| Ok(Body::upgrade("echo", echo)));
    assert_eq!(ask(late, offer()).await?.status(), 500);
    let replaced = app_fn(async |_, start_response: StartResponse| {
        start_response.start(101, [("x", "1")])?;
        Ok(Body::upgrade("echo", echo).with_bytes("other"))
    });
    assert_eq!(ask(replaced, offer()).await?.status(), 500);
    // An error has a page, which switches nothing.
    let error = app_fn(async |_, _| Err(HttpError::new(101).into()));
    assert_eq!(ask(error, offer()).await?.status(), 500);
    Ok(())
}

#[tokio::test]
async fn u4_a_restart_takes_the_switch_back() -> TestResult {
    let app = app_fn(async |_, start_response: StartResponse| {
        let _switch = start_response.send(
            Response::builder()
                .status(101)
                .body(Body::upgrade("echo", echo))?,
        )?;
        start_response.restart(403, [("x", "1")], Error::msg("changed its mind"))?;
        Ok(Body::from("no"))
    });
    let response = ask(app, offer()).await?;
    assert_eq!(response.status(), 403);
    assert_eq!(text(response).await?, "no");
    Ok(())
}

#[tokio::test]
async fn u7_a_2xx_would_be_a_dead_tunnel() -> TestResult {
    let response = ask(view(async |_| "a page"), extended_connect()).await?;
    assert_eq!(response.status(), 502);
    assert!(text(response).await?.contains("Bad Gateway"));
    let response = ask(view(async |_| ("no", 403)), extended_connect()).await?;
    assert_eq!(response.status(), 403);
    assert_eq!(text(response).await?, "no");
    // On HTTP/1 it declines.
    let response = ask(view(async |_| "a page"), offer()).await?;
    assert_eq!(response.status(), 200);
    assert_eq!(text(response).await?, "a page");
    Ok(())
}
