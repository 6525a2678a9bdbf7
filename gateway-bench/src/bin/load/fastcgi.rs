//! A front end of FastCGI: kept connections, each with one request at a time.

use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::task::JoinSet;

use crate::Answer;

const BEGIN: u8 = 1;
const END: u8 = 3;
const PARAMS: u8 = 4;
const STDIN: u8 = 5;
const STDOUT: u8 = 6;

const BODY: &str = "Hello, World!";

/// Asks for the text, and prints requests per second.
pub(crate) fn ask(addr: &str, script: &str, connections: usize, count: usize) -> Answer<()> {
    let request = request(script)?;
    let each = count / connections.max(1);
    let runtime = Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let mut streams = Vec::with_capacity(connections);
        for _ in 0..connections {
            let stream = TcpStream::connect(addr).await?;
            stream.set_nodelay(true)?;
            streams.push(stream);
        }
        let begin = Instant::now();
        let mut tasks = JoinSet::new();
        for stream in streams {
            tasks.spawn(ask_on(stream, request.clone(), each));
        }
        while let Some(done) = tasks.join_next().await {
            done??;
        }
        let seconds = begin.elapsed().as_secs_f64();
        println!("{:.1}", (each * connections) as f64 / seconds);
        Ok(())
    })
}

async fn ask_on(mut stream: TcpStream, request: Vec<u8>, count: usize) -> Answer<()> {
    let mut buffer = Vec::with_capacity(4096);
    let mut answer = Vec::with_capacity(1024);
    for _ in 0..count {
        stream.write_all(&request).await?;
        buffer.clear();
        answer.clear();
        while !take(&mut buffer, &mut answer)? {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Err("the server closed the connection".into());
            }
        }
        check(&answer)?;
    }
    Ok(())
}

/// Moves what whole records say to the answer. True behind the last one of a request.
fn take(buffer: &mut Vec<u8>, answer: &mut Vec<u8>) -> Answer<bool> {
    let mut is_over = false;
    let mut rest = buffer.as_slice();
    while let Some((&[_, kind, _, _, high, low, padding, _], after)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes([high, low]));
        let whole = length + usize::from(padding);
        if after.len() < whole {
            break;
        }
        let content = &after[..length];
        match kind {
            STDOUT => answer.extend_from_slice(content),
            // FCGI_REQUEST_COMPLETE, and the status of a program.
            END if content.starts_with(&[0; 5]) => is_over = true,
            END => return Err("the request was refused".into()),
            _ if content.is_empty() => (),
            kind => return Err(format!("a record of type {kind}").into()),
        }
        rest = &after[whole..];
    }
    if is_over && !rest.is_empty() {
        return Err("bytes behind the end of a request".into());
    }
    let taken = buffer.len() - rest.len();
    buffer.drain(..taken);
    Ok(is_over)
}

/// 200, by its status line or without one, and the text.
fn check(answer: &[u8]) -> Answer<()> {
    let answer = std::str::from_utf8(answer)?;
    let is_right = answer.split_once("\r\n\r\n").is_some_and(|(head, body)| {
        let mut lines = head.split("\r\n");
        let status = lines.find(|line| line.to_ascii_lowercase().starts_with("status:"));
        body == BODY && status.is_none_or(|status| status[7..].trim_start().starts_with("200"))
    });
    match is_right {
        true => Ok(()),
        false => Err(answer.into()),
    }
}

/// As nginx sends it, in one piece.
fn request(script: &str) -> Answer<Vec<u8>> {
    let params = [
        ("SCRIPT_FILENAME", script),
        ("QUERY_STRING", ""),
        ("REQUEST_METHOD", "GET"),
        ("CONTENT_TYPE", ""),
        ("CONTENT_LENGTH", ""),
        ("SCRIPT_NAME", "/app/plaintext"),
        ("REQUEST_URI", "/app/plaintext"),
        ("DOCUMENT_URI", "/app/plaintext"),
        ("DOCUMENT_ROOT", "/var/www/html"),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("REQUEST_SCHEME", "http"),
        ("GATEWAY_INTERFACE", "CGI/1.1"),
        ("SERVER_SOFTWARE", "nginx/1.22.1"),
        ("REMOTE_ADDR", "127.0.0.1"),
        ("REMOTE_PORT", "50000"),
        ("SERVER_ADDR", "127.0.0.1"),
        ("SERVER_PORT", "80"),
        ("SERVER_NAME", "a.example"),
        ("REDIRECT_STATUS", "200"),
        ("HTTP_HOST", "a.example"),
        ("HTTP_USER_AGENT", "bench/1.0"),
        ("HTTP_ACCEPT", "*/*"),
        ("HTTP_ACCEPT_LANGUAGE", "en"),
        ("HTTP_ACCEPT_ENCODING", "gzip"),
        ("HTTP_CACHE_CONTROL", "no-cache"),
        ("HTTP_X_REQUEST_ID", "0123456789"),
        ("HTTP_COOKIE", "a=1; b=2"),
    ];
    let mut pairs = Vec::new();
    for (name, value) in params {
        for part in [name, value] {
            match u8::try_from(part.len()) {
                // Longer ones have four bytes for it.
                Ok(length @ ..128) => pairs.push(length),
                _ => return Err(format!("too long: {part}").into()),
            }
        }
        pairs.extend_from_slice(name.as_bytes());
        pairs.extend_from_slice(value.as_bytes());
    }
    let mut request = Vec::new();
    // A responder, on a connection to keep.
    record(&mut request, BEGIN, &[0, 1, 1, 0, 0, 0, 0, 0])?;
    record(&mut request, PARAMS, &pairs)?;
    record(&mut request, PARAMS, &[])?;
    record(&mut request, STDIN, &[])?;
    Ok(request)
}

fn record(out: &mut Vec<u8>, kind: u8, content: &[u8]) -> Answer<()> {
    let length = u16::try_from(content.len())?.to_be_bytes();
    out.extend_from_slice(&[1, kind, 0, 1, length[0], length[1], 0, 0]);
    out.extend_from_slice(content);
    Ok(())
}
