//! `Wire`: sends requests in process, over a duplex in memory.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::runtime::{Builder, Runtime};
use tokio::task::{LocalSet, spawn_local};

use crate::target::Target;

/// Requests before the count begins: pools fill, maps grow to their size.
const WARM_UP: usize = 100;

/// A keep-alive connection to a target in this thread, warm.
///
/// Everything runs in this thread and nothing sleeps. So the same requests take the same
/// instructions and allocations each time, except that the servers render the date once a
/// second.
#[derive(Debug)]
pub struct Wire {
    runtime: Runtime,
    local: LocalSet,
    client: DuplexStream,
    request: Vec<u8>,
    answer: Vec<u8>,
    buffer: Vec<u8>,
}

impl Wire {
    /// Connects, sends a request to learn the response, and then more until everything is warm.
    ///
    /// # Errors
    ///
    /// When the server closes the connection, or its responses differ in length.
    pub fn new(target: &Target, request: Vec<u8>) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let local = LocalSet::new();
        let (client, server) = tokio::io::duplex(256 * 1024);
        // actix starts its clock when the connection is made.
        local.block_on(&runtime, async {
            spawn_local(target.connect(server));
        });
        let mut wire = Self {
            runtime,
            local,
            client,
            request,
            answer: Vec::new(),
            buffer: Vec::new(),
        };
        wire.answer = wire.first_answer()?;
        wire.buffer.resize(wire.answer.len(), 0);
        wire.send(WARM_UP)?;
        Ok(wire)
    }

    /// The bytes of the first response, without its date, with the fields sorted, because hosts
    /// differ in their order.
    #[must_use]
    pub fn answer(&self) -> String {
        let answer = String::from_utf8_lossy(&self.answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let mut lines = head.lines();
        let status = lines.next().unwrap_or_default();
        let mut fields: Vec<&str> = lines.filter(|line| !line.starts_with("date: ")).collect();
        fields.sort_unstable();
        format!("{status}\n{}\n\n{body}", fields.join("\n"))
    }

    /// Sends the request `count` times, one after the other. Allocates nothing itself.
    ///
    /// The counting tools count this, without the requests that warm up.
    ///
    /// # Errors
    ///
    /// When the server closes the connection.
    #[inline(never)]
    pub fn run(&mut self, count: usize) -> io::Result<()> {
        self.send(count)
    }

    fn send(&mut self, count: usize) -> io::Result<()> {
        let Self {
            client,
            request,
            buffer,
            ..
        } = self;
        self.local.block_on(&self.runtime, async {
            for _ in 0..count {
                client.write_all(request).await?;
                client.read_exact(buffer).await?;
            }
            Ok(())
        })
    }

    fn first_answer(&mut self) -> io::Result<Vec<u8>> {
        let Self {
            client, request, ..
        } = self;
        self.local.block_on(&self.runtime, async {
            client.write_all(request).await?;
            let mut answer = Vec::new();
            while !is_whole(&answer) {
                if client.read_buf(&mut answer).await? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            Ok(answer)
        })
    }
}

/// True if a response has ended: by its length, or by its last chunk.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    match length.and_then(|length| length.parse::<usize>().ok()) {
        Some(length) => body.len() >= length,
        None => body.ends_with("0\r\n\r\n"),
    }
}
