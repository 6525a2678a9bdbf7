//! `cargo run -p examples --bin terminal`: a protocol of its own, and its client with `--connect`.
//!
//! After the switch to `terminal/1` both sides send lines: the client a command, the server its
//! response. hyper and axum can switch to any protocol. actix can switch to WebSocket only, so with
//! `--stack actix` each client is declined.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Parser;
use examples::arguments::{Serving, run};
use futures_util::{SinkExt, StreamExt};
use gateway_core::{
    App, Body, BoxError, Duplex, Environ, Error, HttpError, TryIntoResponse, view_with,
};
use gateway_util::MiddlewareExt;
use http::{Request, StatusCode, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_util::codec::{Framed, LinesCodec, LinesCodecError};

const PROTOCOL: &str = "terminal/1";
/// The limit on a line, in bytes. A client cannot make the server buffer more.
const LONGEST_LINE: usize = 1024;
/// The limit on notes.
const NOTES: usize = 1000;
/// No time limit of the host applies after a switch (U11), so the protocol has its own.
const IDLE: Duration = Duration::from_secs(600);

/// Serves a terminal on an upgraded connection, or is its client.
#[derive(Debug, Parser)]
#[command(name = "terminal", version)]
struct Args {
    #[command(flatten)]
    serving: Serving,
    /// Be the client: send standard input to the terminal there, and print what it says
    #[arg(long, value_name = "ADDR:PORT", conflicts_with_all = ["stack", "bind"])]
    connect: Option<SocketAddr>,
}

/// What all terminals share.
type Notes = Arc<Mutex<BTreeMap<String, String>>>;

fn site() -> impl App {
    view_with(Notes::default(), open).access_log()
}

async fn open(notes: Notes, environ: Environ) -> Result<impl TryIntoResponse, HttpError> {
    if !environ.offers_upgrade(PROTOCOL) {
        // A decline is any response. The offer of another host may be empty, too.
        let text = format!("This speaks {PROTOCOL} only, to those who offer it in Upgrade.");
        return Err(HttpError::new(426).with_description(text));
    }
    Ok(Body::upgrade(PROTOCOL, async move |stream| {
        converse(&notes, stream).await
    }))
}

/// Answers each line, until the client has ended or goes silent, or the server shuts down.
async fn converse(notes: &Notes, stream: Duplex) -> Result<(), Error> {
    let mut closing = pin!(stream.closing());
    let mut lines = Framed::new(stream, LinesCodec::new_with_max_length(LONGEST_LINE));
    lines.send("Say help for help.").await.map_err(of_lines)?;
    loop {
        let line = tokio::select! {
            line = tokio::time::timeout(IDLE, lines.next()) => line,
            () = &mut closing => return farewell(lines, "The server shuts down. Bye.").await,
        };
        let Ok(line) = line else {
            return farewell(lines, "Nothing was said for a while. Bye.").await;
        };
        match line {
            None => return Ok(()),
            Some(Ok(line)) if line.trim() == "quit" => return farewell(lines, "Bye.").await,
            Some(Ok(line)) => {
                let said = respond(notes, &line);
                lines.send(said).await.map_err(of_lines)?;
            }
            Some(Err(LinesCodecError::MaxLineLengthExceeded)) => {
                return farewell(lines, "The line is too long. Bye.").await;
            }
            Some(Err(LinesCodecError::Io(error))) => return Err(error.into()),
        }
    }
}

async fn farewell(mut lines: Framed<Duplex, LinesCodec>, line: &str) -> Result<(), Error> {
    Ok(lines.send(line).await.map_err(of_lines)?)
}

/// The connection's own error, which is the client's fault and no fault of the app.
fn of_lines(error: LinesCodecError) -> io::Error {
    match error {
        LinesCodecError::Io(error) => error,
        LinesCodecError::MaxLineLengthExceeded => io::Error::other(error),
    }
}

/// The response to a command.
fn respond(notes: &Notes, line: &str) -> String {
    let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
    let mut words = line.trim().splitn(3, ' ');
    let command = (words.next(), words.next(), words.next());
    match command {
        (Some("help"), None, _) => "help, names, get NAME, set NAME TEXT, quit".to_owned(),
        (Some("names"), None, _) => {
            let names: Vec<&str> = notes.keys().map(String::as_str).collect();
            format!("{} notes: {}", names.len(), names.join(" "))
        }
        (Some("get"), Some(name), None) => match notes.get(name) {
            Some(text) => text.clone(),
            None => format!("There is no note {name}."),
        },
        (Some("set"), Some(name), Some(text)) => {
            if notes.len() >= NOTES && !notes.contains_key(name) {
                return format!("There are {NOTES} notes already.");
            }
            notes.insert(name.to_owned(), text.to_owned());
            "ok".to_owned()
        }
        _ => "What? Say help for help.".to_owned(),
    }
}

/// Offers the protocol, and copies in both directions until the server has ended.
async fn connect(addr: SocketAddr) -> Result<(), BoxError> {
    let stream = TokioIo::new(TcpStream::connect(addr).await?);
    let (mut client, connection) = http1::handshake(stream).await?;
    tokio::spawn(connection.with_upgrades());
    let offer = Request::get("/")
        .header(header::HOST, addr.to_string())
        .header(header::CONNECTION, "upgrade")
        .header(header::UPGRADE, PROTOCOL)
        .body(String::new())?;
    let response = client.send_request(offer).await?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        let status = response.status();
        return Err(format!("the server does not switch to {PROTOCOL}: {status}").into());
    }
    let stream = TokioIo::new(hyper::upgrade::on(response).await?);
    let (mut from, mut to) = tokio::io::split(stream);
    tokio::spawn(async move {
        // If either side fails, the other direction ends as well.
        let _ = tokio::io::copy(&mut tokio::io::stdin(), &mut to).await;
        let _ = to.shutdown().await;
    });
    tokio::io::copy(&mut from, &mut tokio::io::stdout()).await?;
    Ok(())
}

fn main() -> ExitCode {
    run(|args: Args| match args.connect {
        Some(addr) => {
            let runtime = Runtime::new()?;
            let ended = runtime.block_on(connect(addr));
            // A read of standard input cannot be stopped.
            runtime.shutdown_background();
            ended
        }
        None => args.serving.serve(site()),
    })
}
