//! A second environ of a request, and a peer of which only the address is known.

use std::sync::Mutex;

use gateway_core::{
    Body, Closed, Connection, Environ, Error, Gateway, Input, StartResponse, VarName,
};

type TestResult = Result<(), Error>;

#[test]
fn e3_a_fork_made_before_a_mount_is_where_it_was() -> TestResult {
    let mut environ = Environ::from_request(http::Request::get("/a/b").body(())?);
    let mut fork = environ.fork();
    assert!(fork.mount("/a"));
    assert_eq!(fork.script_name(), "/a");
    assert_eq!(environ.script_name(), "");
    Ok(())
}

#[tokio::test]
async fn a_fork_has_all_but_the_input() -> TestResult {
    let request = http::Request::post("/shop/a%2Fb?x=1")
        .header("x-id", "7")
        .extension(5_u32)
        .body("text")?;
    let mut environ = Environ::from_request(request);
    assert!(environ.mount("/shop"));
    environ.set_var(const { VarName::new("REMOTE_USER") }, "ada");
    let mut fork = environ.fork();
    assert_eq!(fork.request_method(), "POST");
    assert_eq!(fork.script_name(), "/shop");
    assert_eq!(fork.raw_path_info(), "/a%2Fb");
    assert_eq!(fork.query_string(), "x=1");
    assert_eq!(fork.header("x-id").unwrap(), "7");
    assert_eq!(fork.get("REMOTE_USER").unwrap(), "ada");
    assert_eq!(fork.extensions().get(), Some(&5_u32));
    assert_eq!(fork.take_input().text(9).await?, "");
    assert_eq!(environ.take_input().text(9).await?, "text");
    Ok(())
}

#[tokio::test]
async fn l3_a_fork_sees_the_end_of_the_exchange() {
    async fn forking(mut environ: Environ, start: StartResponse) -> Result<Body, Error> {
        let mut fork = environ.fork();
        let ends = fork.closed();
        drop(fork);
        start.start(200, [("content-type", "text/plain")])?;
        ENDS.lock().unwrap().replace(ends);
        Ok(Body::from_chunks(["a", "b"]))
    }
    static ENDS: Mutex<Option<Closed>> = Mutex::new(None);
    let gateway = Gateway::new(forking);
    let (parts, ()) = http::Request::new(()).into_parts();
    let environ = gateway.environ(parts, Input::empty());
    let response = gateway.handle(environ).await;
    let ends = ENDS.lock().unwrap().take().unwrap();
    assert!(!ends.is_over());
    drop(response);
    ends.await;
}

#[test]
fn e16_a_peer_without_a_port_has_none() {
    let mut environ = Environ::from_request(http::Request::new(()));
    let peer = "192.0.2.7:0".parse().unwrap();
    environ.set_connection(Connection::new().with_peer_addr(peer));
    assert_eq!(environ.remote_addr(), Some(peer.ip()));
    assert_eq!(environ.remote_port(), None);
    assert_eq!(environ.get("REMOTE_PORT"), None);
}
