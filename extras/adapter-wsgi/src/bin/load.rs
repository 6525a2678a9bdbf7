//! `load ADDR:PORT CONNECTIONS SECONDS [PATH]`: asks over so many kept connections, one request at a time
//! on each, and prints how many answers a second there were.
//!
//! An answer must be a 200 with a Content-Length: anything else ends the program.

use std::error::Error;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

type Answer<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Answer<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (addr, connections, seconds, path) = match &*args {
        [addr, connections, seconds] => (addr, connections.parse()?, seconds.parse()?, "/"),
        [addr, connections, seconds, path] => {
            (addr, connections.parse()?, seconds.parse()?, &**path)
        }
        _ => return Err("usage: load ADDR:PORT CONNECTIONS SECONDS [PATH]".into()),
    };
    let begin = Instant::now();
    let end = begin + Duration::from_secs_f64(seconds);
    let mut tasks = JoinSet::new();
    for _ in 0_u32..connections {
        tasks.spawn(ask(addr.clone(), path.to_owned(), end));
    }
    let mut answers = 0;
    while let Some(asked) = tasks.join_next().await {
        answers += asked??;
    }
    println!("{:.0}", f64::from(answers) / begin.elapsed().as_secs_f64());
    Ok(())
}

async fn ask(addr: String, path: String, end: Instant) -> Answer<u32> {
    let mut stream = TcpStream::connect(&addr).await?;
    stream.set_nodelay(true)?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {addr}\r\nUser-Agent: load\r\nAccept: */*\r\n\r\n");
    let mut buffer = Vec::new();
    let mut answers = 0;
    while Instant::now() < end {
        stream.write_all(request.as_bytes()).await?;
        buffer.clear();
        while !is_whole(&buffer)? {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Err("the server closed the connection".into());
            }
        }
        answers += 1;
    }
    Ok(answers)
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
