//! Clients of `serve`, `sockets` and `hosts`, each for one measurement.
//!
//! - `load ask ADDR WORK COUNT`: keep-alive requests, one at a time, on one connection. `load calm` waits
//!   before each until the server has nothing more to do.
//! - `load download ADDR BYTES`, `load upload ADDR BYTES`: one stream; prints MiB per second.
//! - `load idle ADDR COUNT`: opens COUNT connections, sends a request on each, prints `ready`, and
//!   holds them until its standard input ends.
//! - `load sockets ADDR COUNT`: COUNT WebSockets, each with one message that was echoed, until then.
//! - `load echo ADDR PATH websocket|raw BYTES`: sends BYTES through one stream that echoes, and reads them
//!   meanwhile; prints MiB per second.
//! - `load messages ADDR websocket|bytes SIZE COUNT`: COUNT messages of SIZE bytes through one stream that
//!   echoes, one after the other.
//! - `load slow ADDR COUNT`: COUNT downloads, each read at about 64 KiB per second, until then.
//! - `load fastcgi ADDR SCRIPT CONNECTIONS COUNT`: COUNT requests of FastCGI for the text of `plaintext` on so
//!   many connections, which are kept; prints requests per second. Each response is checked.

mod fastcgi;
mod upgraded;

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use gateway_bench::Work;
use tokio::net::TcpSocket;
use tokio::runtime::Builder;

const USAGE: &str = "usage: load ask|calm ADDR WORK COUNT\n\
                     or:    load download|upload ADDR BYTES\n\
                     or:    load echo ADDR PATH websocket|raw BYTES\n\
                     or:    load messages ADDR websocket|bytes SIZE COUNT\n\
                     or:    load fastcgi ADDR SCRIPT CONNECTIONS COUNT\n\
                     or:    load idle|slow|sockets ADDR COUNT";

/// In which a server has nothing more to do.
const CALM: Duration = Duration::from_millis(2);

type BoxError = Box<dyn Error + Send + Sync>;
type Answer<T> = Result<T, BoxError>;

fn main() -> Answer<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["ask", addr, work, count] => ask(addr, work.parse()?, count.parse()?, Duration::ZERO),
        ["calm", addr, work, count] => ask(addr, work.parse()?, count.parse()?, CALM),
        ["download", addr, bytes] => {
            let bytes = bytes.parse()?;
            let begin = Instant::now();
            download(&mut connect(addr)?, bytes)?;
            report(bytes, begin);
            Ok(())
        }
        ["upload", addr, bytes] => {
            let bytes = bytes.parse()?;
            let begin = Instant::now();
            upload(&mut connect(addr)?, bytes)?;
            report(bytes, begin);
            Ok(())
        }
        ["idle", addr, count] => idle(addr, count.parse()?),
        ["sockets", addr, count] => upgraded::sockets(addr, count.parse()?),
        ["echo", addr, path, kind, bytes] => {
            let bytes = bytes.parse()?;
            let begin = Instant::now();
            upgraded::echo(addr, path, kind, bytes)?;
            report(bytes, begin);
            Ok(())
        }
        ["messages", addr, kind, size, count] => {
            upgraded::messages(addr, kind, size.parse()?, count.parse()?)
        }
        ["fastcgi", addr, script, connections, count] => {
            fastcgi::ask(addr, script, connections.parse()?, count.parse()?)
        }
        ["slow", addr, count] => slow(addr, count.parse()?),
        _ => Err(USAGE.into()),
    }
}

fn connect(addr: &str) -> Answer<TcpStream> {
    let stream = TcpStream::connect(addr)?;
    stream.set_nodelay(true)?;
    // For a server that hangs.
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.set_write_timeout(Some(Duration::from_secs(30)))?;
    Ok(stream)
}

fn report(bytes: usize, begin: Instant) {
    let mebibytes = bytes as f64 / 1024.0 / 1024.0;
    println!("{:.1}", mebibytes / begin.elapsed().as_secs_f64());
}

fn ask(addr: &str, work: Work, count: usize, pause: Duration) -> Answer<()> {
    let mut stream = connect(addr)?;
    let request = work.request(0);
    let mut buffer = Vec::new();
    for _ in 0..count {
        thread::sleep(pause);
        exchange(&mut stream, &request, &mut buffer)?;
    }
    Ok(())
}

/// Sends one request, and reads its response into the buffer.
fn exchange(stream: &mut TcpStream, request: &[u8], buffer: &mut Vec<u8>) -> Answer<()> {
    stream.write_all(request)?;
    buffer.clear();
    let mut chunk = [0; 4096];
    while !is_whole(buffer) {
        match stream.read(&mut chunk)? {
            0 => return Err("the server closed the connection".into()),
            read => buffer.extend_from_slice(&chunk[..read]),
        }
    }
    Ok(())
}

/// True if a response with a declared length is complete.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&answer[..end]);
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    answer.len() >= end + 4 + length.unwrap_or(0)
}

/// Reads a stream of zeros to its last chunk.
fn download(stream: &mut TcpStream, bytes: usize) -> Answer<()> {
    const LAST: &[u8] = b"\r\n0\r\n\r\n";
    stream.write_all(Work::Download.head(bytes).as_bytes())?;
    let mut buffer = vec![0; 256 * 1024];
    let mut read = 0;
    let mut tail = Vec::new();
    while tail != LAST {
        let more = match stream.read(&mut buffer)? {
            0 => return Err("the server closed the connection".into()),
            more => more,
        };
        read += more;
        tail.extend_from_slice(&buffer[more.saturating_sub(LAST.len())..more]);
        tail.drain(..tail.len().saturating_sub(LAST.len()));
    }
    if read < bytes {
        return Err(format!("{read} bytes instead of {bytes}").into());
    }
    Ok(())
}

/// Sends zeros and checks that the server counted them.
fn upload(stream: &mut TcpStream, bytes: usize) -> Answer<()> {
    stream.write_all(Work::Upload.head(bytes).as_bytes())?;
    let zeros = vec![0; 256 * 1024];
    let mut left = bytes;
    while left > 0 {
        let chunk = left.min(zeros.len());
        stream.write_all(&zeros[..chunk])?;
        left -= chunk;
    }
    let mut answer = Vec::new();
    exchange(stream, b"", &mut answer)?;
    if !answer.ends_with(format!("\r\n\r\n{bytes}").as_bytes()) {
        return Err(String::from_utf8_lossy(&answer).into());
    }
    Ok(())
}

fn idle(addr: &str, count: usize) -> Answer<()> {
    let request = Work::Plaintext.request(0);
    let mut buffer = Vec::new();
    let mut streams = Vec::with_capacity(count);
    for _ in 0..count {
        let mut stream = connect(addr)?;
        exchange(&mut stream, &request, &mut buffer)?;
        streams.push(stream);
    }
    println!("ready");
    io::stdin().read_to_end(&mut buffer)?;
    Ok(())
}

/// With a small window, so that the kernel's buffers for many readers are not what is measured.
fn connect_narrow(addr: &str) -> Answer<TcpStream> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    let stream = runtime.block_on(async {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(16 * 1024)?;
        socket
            .connect(addr.parse()?)
            .await?
            .into_std()
            .map_err(BoxError::from)
    })?;
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    Ok(stream)
}

fn slow(addr: &str, count: usize) -> Answer<()> {
    const ROUND: Duration = Duration::from_millis(100);
    let request = Work::Download.head(1 << 30);
    let mut streams = Vec::with_capacity(count);
    for _ in 0..count {
        let mut stream = connect_narrow(addr)?;
        stream.write_all(request.as_bytes())?;
        streams.push(stream);
    }
    let held = thread::spawn(|| io::stdin().read_to_end(&mut Vec::new()));
    let mut buffer = [0; 6 * 1024];
    let mut rounds = 0;
    while !held.is_finished() {
        let begin = Instant::now();
        for stream in &mut streams {
            stream.read_exact(&mut buffer)?;
        }
        thread::sleep(ROUND.saturating_sub(begin.elapsed()));
        rounds += 1;
        if rounds == 20 {
            println!("ready");
        }
    }
    Ok(())
}
