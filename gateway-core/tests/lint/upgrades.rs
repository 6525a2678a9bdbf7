//! What gateways and apps do wrong with a switch of protocols.

use gateway_core::lint::Side::{App as AppSide, Gateway as GatewaySide};
use gateway_core::{Body, Environ, Error, StartResponse, app_fn, view};
use http::{HeaderValue, Method, Request, Version};

use super::{exchange, found_at};

fn offer() -> Request<()> {
    Request::get("/")
        .header("connection", "upgrade")
        .header("upgrade", "echo, websocket")
        .body(())
        .unwrap()
}

fn offers(environ: &mut Environ) {
    environ.offer_upgrades(|_| true);
}

fn switch(protocol: &'static str) -> Body {
    Body::upgrade(protocol, async |_| Ok(()))
}

#[tokio::test]
async fn a_switch_and_each_way_to_decline_are_no_finding() {
    for protocol in ["echo", "WebSocket"] {
        let app = view(move |_: Environ| async move { switch(protocol).on_close(|| ()) });
        let (found, response, _) = exchange(offer(), offers, app).await;
        assert_eq!(response.status(), 101);
        assert_eq!(found, []);
    }
    for status in [200_u16, 204, 302, 403, 426, 500] {
        let app = view(move |_: Environ| async move { ("declined", status) });
        let (found, ..) = exchange(offer(), offers, app).await;
        assert_eq!(found, [], "{status}");
    }
}

#[tokio::test]
async fn u2_an_offer_without_its_conditions_is_found() {
    let tampers: [fn(&mut Environ); 4] = [
        |environ| {
            environ.headers_mut().remove("connection");
        },
        |environ| {
            let length = HeaderValue::from_static("3");
            environ.headers_mut().insert("content-length", length);
        },
        |environ| {
            let chunked = HeaderValue::from_static("chunked");
            environ.headers_mut().insert("transfer-encoding", chunked);
        },
        |environ| environ.set_request_method(Method::POST),
    ];
    for tamper in tampers {
        let found = found_at(offer(), move |environ| {
            offers(environ);
            tamper(environ);
        });
        // A length that is not the input's is another fault (I1).
        assert!(found.await.contains(&("U2", GatewaySide)));
    }
}

#[tokio::test]
async fn u3_a_protocol_that_is_not_offered_is_found() {
    let app = view(async |_: Environ| switch("other"));
    let (found, response, _) = exchange(offer(), offers, app).await;
    assert_eq!(response.status(), 500);
    assert_eq!(found, [("U3", AppSide)]);
    let app = view(async |_: Environ| switch("echo"));
    let (found, ..) = exchange(offer(), |_| {}, app).await;
    assert_eq!(found, [("U3", AppSide)]);
}

#[tokio::test]
async fn u4_a_switch_without_its_status_is_found() {
    let app = view(async |_: Environ| (switch("echo"), 200));
    assert_eq!(exchange(offer(), offers, app).await.0, [("U4", AppSide)]);
    let app = app_fn(async |_, _: StartResponse| Ok::<_, Error>(switch("echo")));
    assert_eq!(exchange(offer(), offers, app).await.0, [("U4", AppSide)]);
    let app = view(async |_: Environ| ("text", 101));
    assert_eq!(exchange(offer(), offers, app).await.0, [("U4", AppSide)]);
    let late = app_fn(async |_, start_response: StartResponse| {
        Ok(Body::from_producer(async move |mut writer| {
            start_response.start(101, [("x", "1")])?;
            writer.write("text").await?;
            Ok(())
        }))
    });
    assert_eq!(exchange(offer(), offers, late).await.0, [("U4", AppSide)]);
}

#[tokio::test]
async fn u7_a_2xx_to_an_extended_connect_is_found() {
    let connect = || {
        let request = Request::builder()
            .method("CONNECT")
            .version(Version::HTTP_2);
        request.uri("https://a/chat").body(()).unwrap()
    };
    let show = |environ: &mut Environ| environ.offer_extended_connect("websocket");
    // The gateway of this test refuses a CONNECT before it is shown as a GET.
    let shown = || {
        let mut request = connect();
        *request.method_mut() = Method::GET;
        request
    };
    let tamper = move |environ: &mut Environ| {
        environ.set_request_method(Method::CONNECT);
        show(environ);
    };
    let app = view(async |_: Environ| "a page");
    assert_eq!(exchange(shown(), tamper, app).await.0, [("U7", AppSide)]);
    let app = view(async |_: Environ| ("no", 403));
    assert_eq!(exchange(shown(), tamper, app).await.0, []);
    let app = view(async |_: Environ| switch("websocket"));
    assert_eq!(exchange(shown(), tamper, app).await.0, []);
}
