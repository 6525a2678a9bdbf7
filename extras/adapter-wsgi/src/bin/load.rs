//! `load ADDR:PORT CONNECTIONS AMOUNT [PATH]`: asks over so many kept connections, one request at a time
//! on each, for so many seconds (`5s`) or so many answers (`50000`). It prints how many answers there
//! were, how many a second, and their median and 99th percentile in microseconds.
//!
//! An answer must be a 200 with a Content-Length: anything else ends the program.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

type Answer<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// When a connection asks no more.
#[derive(Clone)]
enum Amount {
    Until(Instant),
    Left(Arc<AtomicU64>),
}

impl Amount {
    fn read(text: &str) -> Answer<Self> {
        Ok(match text.strip_suffix('s') {
            Some(seconds) => {
                Self::Until(Instant::now() + Duration::from_secs_f64(seconds.parse()?))
            }
            None => Self::Left(Arc::new(text.parse::<u64>()?.into())),
        })
    }

    /// Takes one request; false if there is none left.
    fn take(&self) -> bool {
        match self {
            Self::Until(end) => Instant::now() < *end,
            Self::Left(left) => left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                    left.checked_sub(1)
                })
                .is_ok(),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Answer<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (addr, connections, amount, path) = match &*args {
        [addr, connections, amount] => (addr, connections.parse()?, amount, "/"),
        [addr, connections, amount, path] => (addr, connections.parse()?, amount, &**path),
        _ => return Err("usage: load ADDR:PORT CONNECTIONS AMOUNT [PATH]".into()),
    };
    let begin = Instant::now();
    let amount = Amount::read(amount)?;
    let mut tasks = JoinSet::new();
    for _ in 0_u32..connections {
        tasks.spawn(ask(addr.clone(), path.to_owned(), amount.clone()));
    }
    let mut times = Vec::new();
    while let Some(asked) = tasks.join_next().await {
        times.append(&mut asked??);
    }
    let rate = times.len() as f64 / begin.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).copied();
    let (median, late) = (at(50).unwrap_or_default(), at(99).unwrap_or_default());
    println!(
        "{} {rate:.0} {} {}",
        times.len(),
        median.as_micros(),
        late.as_micros()
    );
    Ok(())
}

/// How long each answer took.
async fn ask(addr: String, path: String, amount: Amount) -> Answer<Vec<Duration>> {
    let mut stream = TcpStream::connect(&addr).await?;
    stream.set_nodelay(true)?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {addr}\r\nUser-Agent: load\r\nAccept: */*\r\n\r\n");
    let mut buffer = Vec::new();
    let mut times = Vec::new();
    while amount.take() {
        let asked = Instant::now();
        stream.write_all(request.as_bytes()).await?;
        buffer.clear();
        while !is_whole(&buffer)? {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Err("the server closed the connection".into());
            }
        }
        times.push(asked.elapsed());
    }
    Ok(times)
}

fn is_whole(buffer: &[u8]) -> Answer<bool> {
    let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(false);
    };
    let head = std::str::from_utf8(&buffer[..end])?;
    if head.split(' ').nth(1) != Some("200") {
        return Err(head.lines().next().unwrap_or_default().into());
    }
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .ok_or("an answer without a Content-Length")?;
    Ok(buffer.len() >= end + 4 + length.1.trim().parse::<usize>()?)
}
