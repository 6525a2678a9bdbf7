//! Clients of `serve`, each for one measurement.
//!
//! - `load ask ADDR WORK COUNT`: keep-alive requests, one at a time, on one connection.
//! - `load download ADDR BYTES`, `load upload ADDR BYTES`: one stream; prints MiB per second.
//! - `load idle ADDR COUNT`: opens COUNT connections, sends a request on each, prints `ready`, and
//!   holds them until its standard input ends.
//! - `load sockets ADDR COUNT`: COUNT WebSockets, each with one message that was echoed, until then.
//! - `load echo ADDR PATH websocket|raw BYTES`: sends BYTES through one stream that echoes, and reads them
//!   meanwhile; prints MiB per second.
//! - `load slow ADDR COUNT`: COUNT downloads, each read at about 64 KiB per second, until then.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use gateway_bench::Work;
use tokio::net::TcpSocket;
use tokio::runtime::Builder;

const USAGE: &str = "usage: load ask ADDR WORK COUNT\n\
                     or:    load download|upload ADDR BYTES\n\
                     or:    load echo ADDR PATH websocket|raw BYTES\n\
                     or:    load idle|slow|sockets ADDR COUNT";

type Answer<T> = Result<T, Box<dyn Error>>;

fn main() -> Answer<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["ask", addr, work, count] => ask(addr, work.parse()?, count.parse()?),
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
        ["sockets", addr, count] => sockets(addr, count.parse()?),
        ["echo", addr, path, kind, bytes] => {
            let bytes = bytes.parse()?;
            let begin = Instant::now();
            echo(addr, path, kind, bytes)?;
            report(bytes, begin);
            Ok(())
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

fn ask(addr: &str, work: Work, count: usize) -> Answer<()> {
    let mut stream = connect(addr)?;
    let request = work.request(0);
    let mut buffer = Vec::new();
    for _ in 0..count {
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

/// Opens a stream of a protocol, and returns it behind the head of the switch.
fn switch(addr: &str, path: &str, protocol: &str) -> Answer<TcpStream> {
    let mut stream = connect(addr)?;
    let offer = format!(
        "GET {path} HTTP/1.1\r\nhost: {addr}\r\nconnection: upgrade\r\nupgrade: {protocol}\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(offer.as_bytes())?;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    if !head.starts_with(b"HTTP/1.1 101 ") {
        return Err(String::from_utf8_lossy(&head).into());
    }
    Ok(stream)
}

fn sockets(addr: &str, count: usize) -> Answer<()> {
    let mut streams = Vec::with_capacity(count);
    for _ in 0..count {
        let mut stream = switch(addr, "/", "websocket")?;
        // A text, masked with zeros, and its echo.
        stream.write_all(b"\x81\x85\0\0\0\0hello")?;
        let mut echo = [0; 7];
        stream.read_exact(&mut echo)?;
        streams.push(stream);
    }
    println!("ready");
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Pieces of 64 KiB: frames, which are masked with zeros, or plain bytes.
fn echo(addr: &str, path: &str, kind: &str, bytes: usize) -> Answer<()> {
    const PIECE: usize = 64 * 1024;
    let length = [0, 0, 0, 0, 0, 1, 0, 0];
    let (protocol, sent_head, heard_head) = match kind {
        "websocket" => (
            "websocket",
            [&[0x82, 0xff][..], &length, &[0; 4]].concat(),
            [&[0x82, 0x7f][..], &length].concat(),
        ),
        "raw" => ("echo", Vec::new(), Vec::new()),
        _ => return Err(USAGE.into()),
    };
    let mut stream = switch(addr, path, protocol)?;
    let mut writer = stream.try_clone()?;
    let pieces = bytes / PIECE;
    let writing = thread::spawn(move || -> io::Result<()> {
        let piece = [sent_head, vec![7; PIECE]].concat();
        for _ in 0..pieces {
            writer.write_all(&piece)?;
        }
        Ok(())
    });
    let expected = [heard_head, vec![7; PIECE]].concat();
    let mut piece = vec![0; expected.len()];
    for _ in 0..pieces {
        stream.read_exact(&mut piece)?;
        if piece != expected {
            return Err("the echo differs".into());
        }
    }
    writing.join().map_err(|_| "the writer panicked")??;
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
            .map_err(Box::<dyn Error>::from)
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
