//! `serve STACK VARIANT WORK [SEND_BUFFER]`: one workload over sockets, on one thread, until
//! SIGTERM.
//!
//! Prints its address. `serve hyper native plaintext` answers `/app/plaintext`. A send buffer of a
//! given size keeps the kernel from buffering megabytes for each slow reader.

use std::error::Error;
use std::net::SocketAddr;

use gateway_bench::Target;
use tokio::net::TcpSocket;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::LocalSet;

const USAGE: &str = "usage: serve hyper|axum|actix|bridge native|gateway|free WORK [SEND_BUFFER]";

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (stack, variant, work, send_buffer) = match args.as_slice() {
        [stack, variant, work] => (stack, variant, work, None),
        [stack, variant, work, size] => (stack, variant, work, Some(size.parse()?)),
        _ => return Err(USAGE.into()),
    };
    let target = Target::new(stack.parse()?, variant.parse()?, work.parse()?);
    let runtime = Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let socket = TcpSocket::new_v4()?;
        if let Some(size) = send_buffer {
            // The listener's connections inherit these settings.
            socket.set_send_buffer_size(size)?;
        }
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let listener = socket.listen(1024)?;
        println!("{}", listener.local_addr()?);
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            served = target.serve(listener) => Ok(served?),
            _ = terminate.recv() => Ok(()),
        }
    })
}
