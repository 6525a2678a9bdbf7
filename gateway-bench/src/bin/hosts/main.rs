//! `hosts HOST VARIANT`: the text of `plaintext` on a host without workloads of its own, over sockets, until
//! SIGTERM. It prints its address. `figures.sh hosts` measures them.
//!
//! - `fastcgi`: `gateway` is an app under `adapter_cgi::CgiServer`, `tokio-fastcgi` that library.
//! - `proxy`: to an upstream whose address follows. `gateway` is `gateway_proxy::ReverseProxy` on hyper, `hyper` the
//!   same by hand, with hyper-util's client.
//! - `actix-app gateway`: an application of actix-web, as `actix_app` on hyper. `workers actix 1` is beside it.
//! - `upstream hyper`: what the proxies ask, by hand.
//!
//! hyper, and all of FastCGI, is on one thread.

mod actix_app;
mod fastcgi;
mod on_hyper;
mod proxy;

use std::error::Error;

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "usage: hosts fastcgi gateway|tokio-fastcgi\n\
                     or:    hosts proxy gateway|hyper UPSTREAM\n\
                     or:    hosts actix-app gateway\n\
                     or:    hosts upstream hyper";
const TEXT: &str = "Hello, World!";
const TEXT_TYPE: &str = "text/plain; charset=utf-8";

type BoxError = Box<dyn Error + Send + Sync>;
type Served = Result<(), BoxError>;

fn main() -> Served {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["fastcgi", "gateway"] => run(fastcgi::gateway()),
        ["fastcgi", "tokio-fastcgi"] => run(fastcgi::library()),
        ["proxy", "gateway", upstream] => run(proxy::gateway(upstream)),
        ["proxy", "hyper", upstream] => run(proxy::by_hand(upstream)),
        ["actix-app", "gateway"] => run(actix_app::gateway()),
        ["upstream", "hyper"] => run(on_hyper::upstream()),
        _ => Err(USAGE.into()),
    }
}

fn run(server: impl Future<Output = Served>) -> Served {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            served = server => served,
            _ = terminate.recv() => Ok(()),
        }
    })
}
