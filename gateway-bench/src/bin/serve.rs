//! `serve STACK VARIANT WORK`: one work over sockets, on one thread, until SIGTERM.
//!
//! Prints its address. `serve hyper native plaintext` answers `/app/plaintext`.

use std::error::Error;

use gateway_bench::Target;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::LocalSet;

const USAGE: &str = "usage: serve hyper|axum|actix|bridge native|gateway WORK";

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [stack, variant, work] = args.as_slice() else {
        return Err(USAGE.into());
    };
    let target = Target::new(stack.parse()?, variant.parse()?, work.parse()?);
    let runtime = Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            served = target.serve(listener) => Ok(served?),
            _ = terminate.recv() => Ok(()),
        }
    })
}
