//! `Target`: one workload, in one variant, on one stack.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::str::FromStr;

use tokio::io::DuplexStream;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_local;
use tokio_util::either::Either;

/// A connection of either kind: the server's code is the same for both.
pub(crate) type Io = Either<TcpStream, DuplexStream>;

/// The task on the server's thread.
pub(crate) type Local<T> = Pin<Box<dyn Future<Output = T>>>;

/// The stack that a workload runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stack {
    /// hyper: a `service_fn`, or an app.
    Hyper,
    /// axum: a handler, nested, or an app, by `nest_service`.
    Axum,
    /// actix-web: a route, or an app, by `mount`.
    Actix,
    /// One axum `Router`: on hyper, or as an app in actix-web.
    Bridge,
}

impl Stack {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Hyper, Self::Axum, Self::Actix, Self::Bridge];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hyper => "hyper",
            Self::Axum => "axum",
            Self::Actix => "actix",
            Self::Bridge => "bridge",
        }
    }
}

impl FromStr for Stack {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|stack| stack.name() == name);
        found.ok_or_else(|| format!("no such stack: {name}"))
    }
}

impl fmt::Display for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How the workload is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// By hand, for the stack.
    Native,
    /// As an app, through the gateway.
    Gateway,
    /// On [`Stack::Bridge`], converted by hand in a handler's own future; elsewhere as `Native`.
    Free,
}

impl Variant {
    /// Those that every stack has.
    pub const ALL: [Self; 2] = [Self::Native, Self::Gateway];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Gateway => "gateway",
            Self::Free => "free",
        }
    }
}

impl FromStr for Variant {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let mut all = Self::ALL.into_iter().chain([Self::Free]);
        let found = all.find(|variant| variant.name() == name);
        found.ok_or_else(|| format!("no such variant: {name}"))
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

type Serve = dyn FnOnce(TcpListener) -> Local<io::Result<()>>;

/// One workload, in one variant, on one stack.
pub struct Target {
    connect: Box<dyn Fn(Io) -> Local<()>>,
    serve: Option<Box<Serve>>,
}

impl Target {
    pub(crate) fn connecting(connect: impl Fn(Io) -> Local<()> + 'static) -> Self {
        Self {
            connect: Box::new(connect),
            serve: None,
        }
    }

    pub(crate) fn serving<F>(mut self, serve: F) -> Self
    where
        F: FnOnce(TcpListener) -> Local<io::Result<()>> + 'static,
    {
        self.serve = Some(Box::new(serve));
        self
    }

    /// Serves one connection in memory, in this thread's `LocalSet`.
    pub(crate) fn connect(&self, io: DuplexStream) -> Local<()> {
        (self.connect)(Either::Right(io))
    }

    /// Serves until the end of the process, in this thread's `LocalSet`.
    ///
    /// # Errors
    ///
    /// Those of the listener.
    pub async fn serve(self, listener: TcpListener) -> io::Result<()> {
        if let Some(serve) = self.serve {
            return serve(listener).await;
        }
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            spawn_local((self.connect)(Either::Left(stream)));
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").finish_non_exhaustive()
    }
}
