//! `sockets STACK VARIANT websocket|bytes`: an echo over sockets behind a switch of protocols, on one
//! thread, until SIGTERM.
//!
//! - `websocket`: of messages. `gateway` is the helper of `gateway-util` in an app. `native` is what its
//!   users would write by hand: `tokio-tungstenite` over hyper's upgrade, and `actix-ws`, each with its
//!   own settings. `tuned` is `tokio-tungstenite` with the buffers that the helper gives it.
//! - `bytes`: of bytes. `gateway` is `Body::upgrade` in an app. `native` is hyper's upgrade, and on actix a
//!   task that reads the payload and sends through a channel to a streamed body.
//!
//! It prints its address.

mod apps;
mod on_actix;
mod on_hyper;

use std::error::Error;
use std::str::FromStr;

const USAGE: &str = "usage: sockets hyper native|tuned|gateway websocket|bytes\n\
                     or:    sockets actix native|gateway websocket|bytes";

type BoxError = Box<dyn Error + Send + Sync>;

/// What is echoed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Websocket,
    Bytes,
}

impl FromStr for Kind {
    type Err = BoxError;

    fn from_str(name: &str) -> Result<Self, BoxError> {
        match name {
            "websocket" => Ok(Self::Websocket),
            "bytes" => Ok(Self::Bytes),
            _ => Err(USAGE.into()),
        }
    }
}

/// The size of the buffers that bytes are read into.
const BUFFER: usize = 64 * 1024;

fn main() -> Result<(), BoxError> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["actix", variant @ ("native" | "gateway"), kind] => {
            on_actix::run(variant == "native", kind.parse()?)
        }
        ["hyper", variant @ ("native" | "tuned" | "gateway"), kind] => {
            on_hyper::run(variant, kind.parse()?)
        }
        _ => Err(USAGE.into()),
    }
}
