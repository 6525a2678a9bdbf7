//! `load ADDR COUNT`: keep-alive GETs, one at a time, on one connection.

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;

const REQUEST: &[u8] =
    b"GET /app/plaintext HTTP/1.1\r\nhost: localhost\r\nuser-agent: load/1.0\r\n\
    accept: */*\r\naccept-language: en\r\naccept-encoding: gzip\r\ncache-control: no-cache\r\n\
    x-request-id: 0123456789\r\ncookie: a=1; b=2\r\n\r\n";

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(addr), Some(count)) = (args.next(), args.next()) else {
        return Err("usage: load ADDR COUNT".into());
    };
    let mut stream = TcpStream::connect(addr)?;
    stream.set_nodelay(true)?;
    let mut buffer = [0; 4096];
    for _ in 0..count.parse::<usize>()? {
        stream.write_all(REQUEST)?;
        let mut read = 0;
        while !buffer[..read].ends_with(gateway_bench::TEXT.as_bytes()) {
            match stream.read(&mut buffer[read..])? {
                0 => return Err("the server closed the connection".into()),
                more => read += more,
            }
        }
        if !buffer.starts_with(b"HTTP/1.1 200") {
            return Err("the answer is not a 200".into());
        }
    }
    Ok(())
}
