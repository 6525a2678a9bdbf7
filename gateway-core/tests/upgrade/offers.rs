//! What is offered, and to whom (U1, U2).

use super::*;

#[test]
fn u2_nothing_is_offered_without_its_conditions() -> TestResult {
    let offered = |request: Request<&'static str>| {
        let mut environ = Environ::from_request(request);
        environ.offer_upgrades(|_| true);
        names(&environ).join(" ")
    };
    assert_eq!(offered(offer().body("")?), "echo websocket");
    assert_eq!(
        offered(offer().header("content-length", "0").body("")?),
        "echo websocket"
    );
    assert_eq!(offered(offer().method("POST").body("")?), "echo");
    assert_eq!(offered(offer().version(Version::HTTP_10).body("")?), "");
    assert_eq!(offered(offer().version(Version::HTTP_2).body("")?), "");
    assert_eq!(offered(offer().body("bytes")?), "");
    assert_eq!(offered(offer().header("content-length", "5").body("")?), "");
    assert_eq!(
        offered(offer().header("transfer-encoding", "chunked").body("")?),
        ""
    );
    let without_option = Request::get("/").header("upgrade", "echo");
    assert_eq!(offered(without_option.body("")?), "");
    let other_option = Request::get("/")
        .header("upgrade", "echo")
        .header("connection", "close");
    assert_eq!(offered(other_option.body("")?), "");
    let malformed = Request::get("/")
        .header("connection", "upgrade")
        .header("upgrade", "a b, , h2c/2, x/y/z, \u{e9}, IRC")
        .header("upgrade", "late");
    assert_eq!(offered(malformed.body("")?), "h2c/2 IRC late");
    Ok(())
}

#[test]
fn u1_only_what_the_host_can_is_offered() -> TestResult {
    let mut environ = Environ::from_request(offer().body(())?);
    environ.offer_upgrades(|protocol| protocol == "websocket");
    assert_eq!(names(&environ), ["websocket"]);
    assert!(environ.offers_upgrade("WebSocket") && !environ.offers_upgrade("echo"));
    environ.withdraw_upgrades();
    assert_eq!(names(&environ), [""; 0]);
    Ok(())
}

#[test]
fn u2_an_extended_connect_is_a_get_that_offers_websocket() -> TestResult {
    let mut environ = Environ::from_request(extended_connect().body(())?);
    environ.offer_extended_connect("websocket");
    assert_eq!(
        (environ.request_method(), names(&environ)),
        (&Method::GET, vec!["websocket"])
    );

    let mut other = Environ::from_request(extended_connect().body(())?);
    other.offer_extended_connect("connect-udp");
    assert_eq!(
        (other.request_method(), names(&other).len()),
        (&Method::CONNECT, 0)
    );

    let mut get = Environ::from_request(extended_connect().method("GET").body(())?);
    get.offer_extended_connect("websocket");
    assert_eq!(names(&get).len(), 0);
    Ok(())
}

#[tokio::test]
async fn e14_a_connect_for_another_protocol_is_refused() -> TestResult {
    let gateway = Gateway::new(view(async |_| "called"));
    let (parts, ()) = extended_connect().body(())?.into_parts();
    let mut environ = gateway.environ(parts, Input::empty());
    environ.offer_extended_connect("connect-udp");
    assert_eq!(gateway.handle(environ).await.status(), 501);
    Ok(())
}
