//! Clients of streams behind a switch of protocols.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread;

use crate::{Answer, USAGE, connect};

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

pub(crate) fn sockets(addr: &str, count: usize) -> Answer<()> {
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
pub(crate) fn echo(addr: &str, path: &str, kind: &str, bytes: usize) -> Answer<()> {
    const PIECE: usize = 64 * 1024;
    let (protocol, sent_head, heard_head) = match kind {
        "websocket" => (
            "websocket",
            frame_head(true, PIECE),
            frame_head(false, PIECE),
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

/// One message at a time, and its echo.
pub(crate) fn messages(addr: &str, kind: &str, size: usize, count: usize) -> Answer<()> {
    let (sent_head, heard_head) = match kind {
        "websocket" => (frame_head(true, size), frame_head(false, size)),
        // The protocol has the only name that every host switches to.
        "bytes" => (Vec::new(), Vec::new()),
        _ => return Err(USAGE.into()),
    };
    let mut stream = switch(addr, "/", "websocket")?;
    let sent = [sent_head, vec![7; size]].concat();
    let expected = [heard_head, vec![7; size]].concat();
    let mut heard = vec![0; expected.len()];
    for _ in 0..count {
        stream.write_all(&sent)?;
        stream.read_exact(&mut heard)?;
        if heard != expected {
            return Err("the echo differs".into());
        }
    }
    Ok(())
}

/// The head of a binary frame of RFC 6455. A client's is masked, here with zeros.
fn frame_head(is_masked: bool, size: usize) -> Vec<u8> {
    let mask = u8::from(is_masked) << 7;
    let mut head = vec![0x82];
    match (u8::try_from(size), u16::try_from(size)) {
        (Ok(size @ ..=125), _) => head.push(mask | size),
        (_, Ok(size)) => {
            head.push(mask | 126);
            head.extend(size.to_be_bytes());
        }
        _ => {
            head.push(mask | 127);
            head.extend((size as u64).to_be_bytes());
        }
    }
    if is_masked {
        head.extend([0; 4]);
    }
    head
}
