//! The showcase's app on real sockets, in this process, on every stack.

use std::net::{SocketAddr, TcpListener};
use std::sync::LazyLock;

use examples::Stack;

/// What a stack cannot do.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(dead_code, reason = "not every test program comes across each of them")]
pub(crate) enum Exception {
    /// I7, B11: trailers are dropped.
    Trailers,
    /// B6, S7: a request that is sent before its predecessor's answer changes that answer.
    Pipelining,
}

/// Where a stack's answers differ from those of the others, and why. There is nothing else.
const EXCEPTIONS: &[(Stack, Exception, &str)] = &[
    (
        Stack::Actix,
        Exception::Trailers,
        "actix-http reads no request trailers and its bodies can send none",
    ),
    (
        Stack::Actix,
        Exception::Pipelining,
        "actix-http sends an answer by the flags of the request that it read last",
    ),
];

/// A server that runs for as long as the test program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Server {
    pub(crate) stack: Stack,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// The server of this stack. All tests share it: no test may hear of another.
    pub(crate) fn of(stack: Stack) -> Self {
        static SERVERS: LazyLock<[Server; 3]> = LazyLock::new(|| Stack::ALL.map(Server::start));
        let mut servers = SERVERS.iter();
        *servers.find(|server| server.stack == stack).unwrap()
    }

    fn start(stack: Stack) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || stack.serve(listener, examples::site_on(stack)));
        Self { stack, address }
    }

    #[allow(dead_code, reason = "not every test program comes across an exception")]
    pub(crate) fn is_excepted(self, exception: Exception) -> bool {
        EXCEPTIONS
            .iter()
            .any(|(stack, what, _)| (*stack, *what) == (self.stack, exception))
    }
}

/// Makes each function a test on each stack: `name::hyper`, `name::actix`, `name::tower`.
macro_rules! on_every_stack {
    ($($name:ident),* $(,)?) => {$(
        mod $name {
            use examples::Stack;

            use crate::common::Server;

            #[tokio::test]
            async fn hyper() {
                super::$name(Server::of(Stack::Hyper)).await;
            }

            #[tokio::test]
            async fn actix() {
                super::$name(Server::of(Stack::Actix)).await;
            }

            #[tokio::test]
            async fn tower() {
                super::$name(Server::of(Stack::Tower)).await;
            }
        }
    )*};
}
