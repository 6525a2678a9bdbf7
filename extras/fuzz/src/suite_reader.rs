use std::time::Duration;

use gateway_conformance::wire::{Framing, http1};
use tokio::io::AsyncWriteExt;
use tokio::net::UnixListener;

/// The bytes are what a server sends: the conformance suite's own client reads it (RFC 9112).
pub fn suite_reader(data: &[u8]) {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        static DIRECTORY: tempfile::TempDir = tempfile::tempdir().expect("a directory");
    }
    RUNTIME.with(|runtime| {
        runtime.block_on(async {
            let path = DIRECTORY.with(|directory| directory.path().join("server"));
            // That of the run before is still there.
            let _ = std::fs::remove_file(&path);
            let listener = UnixListener::bind(&path).expect("a listener");
            let connecting = http1::Http1Connection::open_unix(&path);
            let (connection, server) = tokio::join!(connecting, listener.accept());
            let (mut server, _) = server.expect("a client");
            let mut connection = connection.expect("a connection");
            connection.set_deadline(Duration::from_secs(10));
            let sending = async {
                // A client that gives up closes.
                let _ = server.write_all(data).await;
                drop(server);
            };
            let ((), ()) = tokio::join!(sending, read(connection, data));
        });
    });
}

async fn read(mut connection: http1::Http1Connection, data: &[u8]) {
    let mut taken = 0;
    for method in ["GET", "HEAD", "POST", "GET"] {
        let response = match connection.read_response(method).await {
            Ok(response) => response,
            // What was sent was sent, and then the end: nobody waits.
            Err(error) => {
                assert!(!error.is_timeout(), "{error}");
                return;
            }
        };
        assert!((100..1000).contains(&response.status));
        assert!(response.body.len() <= data.len());
        taken += response.raw_head.len() + response.body.len();
        assert!(taken <= data.len());
        match response.framing {
            Framing::None => assert!(response.body.is_empty()),
            Framing::Length(length) => {
                assert_eq!(response.is_complete(), response.body.len() as u64 == length);
            }
            Framing::Chunked => assert_eq!(response.chunks.concat(), response.body),
            _ => {}
        }
        if !response.is_complete() {
            return;
        }
    }
    let rest = connection.rest().await.expect("the rest");
    assert!(data.ends_with(&rest));
}
