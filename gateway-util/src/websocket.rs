//! WebSocket: `accept` checks the handshake, and `WebSocket` sends and receives messages.
//!
//! [`accept`](accept()) checks the handshake of a request, and [`Handshake::run`] opens the
//! connection with a [`WebSocket`]. It works on every host that offers `websocket`
//! ([`Environ::upgrades`](gateway_core::Environ::upgrades)), over HTTP/1.1 (RFC 6455) and HTTP/2
//! (RFC 8441) alike. On another host the response is a 426. An [`Acceptor`] sets origins,
//! subprotocols and limits.
//!
//! ```
//! use gateway_core::{Environ, HttpError, Response, view};
//! use gateway_util::websocket;
//!
//! async fn echo(environ: Environ) -> Result<Response, HttpError> {
//!     websocket::accept(&environ)?.run(async |mut socket| {
//!         while let Some(message) = socket.recv().await? {
//!             socket.send(message).await?;
//!         }
//!         Ok(())
//!     })
//! }
//! let app = view(echo);
//! # let _ = app;
//! ```
//!
//! # The library
//!
//! `tokio-tungstenite` reads and writes frames, without its handshake. It is the most used library,
//! is well kept, passes Autobahn, and accepts a stream that is open already. None of its types is
//! public here.
//!
//! - `tokio-websockets` is as strict, but needs a newer compiler than this crate.
//! - `yawc` is younger, and its licence (MPL 2.0) binds more than that of this project.
//! - `soketto` uses `futures-io`, and has few users beside its own project.
//!
//! For another library, take the stream with [`Handshake::upgrade`]: the handshake is the same.
//! `tokio_websockets` among the examples shows one.
//!
//! # Compression
//!
//! There is no permessage-deflate (RFC 7692): an offer of it is declined by silence, which every client must
//! accept. As of tungstenite 0.30, tokio-websockets 0.13 and fastwebsockets 0.10, none of them has it.
//! soketto 0.8 has it behind a feature, but its server neither keeps the client's context between messages
//! nor asks the client to do without, so the second message of a browser cannot be read. It also inflates
//! a message without a limit. yawc 0.5 has it. Compress the content of messages instead if they are long.

mod accept;
mod close;
mod connection;
mod error;
mod handshake;
mod limits;
mod message;
mod origin;
mod run;
mod session;
mod socket;
mod wakers;

pub use accept::{Acceptor, accept};
pub use close::{Close, CloseCode};
pub use error::WebSocketError;
pub use handshake::Handshake;
pub use limits::Limits;
pub use message::{Message, Text};
pub use socket::{Receiver, Sender, WebSocket};
