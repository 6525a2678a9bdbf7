//! S2: a start after commit aborts the response, whatever the body does next.

#![expect(clippy::unwrap_used, reason = "a body that fails fails its test")]

use gateway_core::{Body, Environ, Error, Gateway, Input, StartResponse, app_fn};

async fn answer(ending: Ending) -> (Vec<u8>, bool) {
    let gateway = Gateway::new(app_fn(
        move |_: Environ, start_response: StartResponse| async move {
            start_response.start(200, [("content-type", "text/plain")])?;
            Ok::<_, Error>(Body::from_producer(async move |mut writer| {
                writer.write("begun").await?;
                let _swallowed = start_response.start(200, [("content-type", "text/plain")]);
                if let Ending::GoesOn = ending {
                    writer.write("never sent").await?;
                }
                Ok(())
            }))
        },
    ));
    let (parts, ()) = http::Request::new(()).into_parts();
    let response = gateway.handle(gateway.environ(parts, Input::empty())).await;
    let mut body = Box::pin(response.into_body());
    let mut sent = Vec::new();
    loop {
        let frame = std::future::poll_fn(|cx| http_body::Body::poll_frame(body.as_mut(), cx)).await;
        match frame {
            Some(Ok(frame)) => sent.extend_from_slice(&frame.into_data().unwrap()),
            Some(Err(_)) => return (sent, false),
            None => return (sent, true),
        }
    }
}

#[derive(Clone, Copy)]
enum Ending {
    GoesOn,
    Ends,
}

#[tokio::test]
async fn s2_a_chunk_made_after_the_second_start_is_not_sent() {
    assert_eq!(answer(Ending::GoesOn).await, (b"begun".to_vec(), false));
}

#[tokio::test]
async fn s2_an_end_after_the_second_start_is_not_a_clean_one() {
    assert_eq!(answer(Ending::Ends).await, (b"begun".to_vec(), false));
}
