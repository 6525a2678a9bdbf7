use std::cell::RefCell;

use adapter_cgi::{CgiService, CgiProtocol};
use gateway_core::{Environ, view};
use http::HeaderMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::{Builder, Runtime};

/// What a connection may hold at a time: the codec's longest message, twice as its buffer may be moved to
/// grow, and the pipes of this test.
const BOUND: u64 = 1024 * 1024;

thread_local! {
    static RUNTIME: RefCell<Runtime> = RefCell::new(
        Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime"),
    );
}

/// The bytes are a connection of a FastCGI front end, but for the first, which says how they are split.
pub fn fastcgi(data: &[u8]) {
    let Some(answer) = serve(CgiProtocol::FastCgi, data) else {
        return;
    };
    // Whole records, and perhaps the one that is none.
    let mut rest = &*answer;
    while let Some((header, behind)) = rest.split_first_chunk::<8>() {
        if *header == [0; 8] {
            assert!(behind.is_empty(), "nothing follows the end");
            return;
        }
        let [version, kind, _, _, high, low, padding, _] = *header;
        assert_eq!(version, 1);
        assert!([3, 6, 7, 10, 11].contains(&kind), "a record of type {kind}");
        let length = usize::from(u16::from_be_bytes([high, low])) + usize::from(padding);
        rest = behind.get(length..).expect("a whole record");
    }
    assert!(rest.is_empty(), "half a header");
}

/// The bytes are a connection of an SCGI front end, but for the first.
pub fn scgi(data: &[u8]) {
    if let Some(answer) = serve(CgiProtocol::Scgi, data) {
        assert!(answer.is_empty() || answer.starts_with(b"Status: "));
    }
}

/// The bytes are a connection of a front end that speaks uwsgi, but for the first.
pub fn uwsgi(data: &[u8]) {
    if let Some(answer) = serve(CgiProtocol::Uwsgi, data) {
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 "));
    }
}

/// What the front end gets. An app reads the input and gives it back.
fn serve(protocol: CgiProtocol, data: &[u8]) -> Option<Vec<u8>> {
    let (&split, sent) = data.split_first()?;
    let app = view(async |mut environ: Environ| environ.take_input().text(100_000).await);
    let service = CgiService::new(app)
        .max_head_bytes(64 * 1024)
        .max_variables(100);
    let answer = RUNTIME.with_borrow(|runtime| {
        let mut answer = Vec::new();
        let used = allocation_counter::measure(|| {
            answer = runtime.block_on(exchange(&service, protocol, sent, usize::from(split)));
        });
        assert!(used.bytes_max < BOUND, "{} bytes at a time", used.bytes_max);
        answer
    });
    Some(answer)
}

async fn exchange<A: gateway_core::App>(
    service: &CgiService<A>,
    protocol: CgiProtocol,
    sent: &[u8],
    split: usize,
) -> Vec<u8> {
    let (client, server) = tokio::io::duplex(64 * 1024);
    let (mut reader, mut writer) = tokio::io::split(client);
    let sending = async {
        for piece in sent.chunks(split.max(1)) {
            if writer.write_all(piece).await.is_err() {
                break;
            }
            tokio::task::yield_now().await;
        }
        // An end that comes with the last byte would be a front end that has left.
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let _ = writer.shutdown().await;
    };
    let mut answer = Vec::new();
    let serving = async {
        // Whatever comes is the front end's matter.
        let _ = service.serve_connection(protocol, server).await;
    };
    let reading = async { reader.read_to_end(&mut answer).await };
    let ((), (), read) = tokio::join!(sending, serving, reading);
    read.expect("a pipe does not fail");
    answer
}

/// The bytes are what a CGI program or a FastCGI server prints, but for the first two, which are the limit of
/// its head.
pub fn cgi_head(data: &[u8]) {
    let Some((limit, output)) = data.split_first_chunk::<2>() else {
        return;
    };
    let limit = usize::from(u16::from_le_bytes(*limit)).clamp(1, 4096);
    let mut whole = None;
    let used =
        allocation_counter::measure(|| whole = adapter_cgi::fuzzing::cgi_head(output, limit));
    // The names and values again, in a table that has room.
    assert!(
        used.bytes_max < BOUND / 4,
        "{} bytes at a time",
        used.bytes_max
    );
    let Some((status, headers, length)) = whole else {
        return;
    };
    assert!((200..1000).contains(&status), "{status}");
    assert!(length <= limit.min(output.len()));
    assert!(headers.get("status").is_none());
    // What is whole does not depend on what follows, and nothing less is whole.
    let (head, _) = output.split_at(length);
    assert_eq!(
        adapter_cgi::fuzzing::cgi_head(head, limit),
        Some((status, headers, length))
    );
    for shorter in 0..length {
        let seen: Option<(u16, HeaderMap, usize)> =
            adapter_cgi::fuzzing::cgi_head(&head[..shorter], limit);
        assert!(seen.is_none(), "{shorter} bytes are a whole head");
    }
}
