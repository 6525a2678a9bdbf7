//! WebSocket: the handshake, and sockets.
//!
//! [`accept`](accept()) checks the handshake of a request, and [`Handshake::run`] opens the connection with a
//! [`WebSocket`]. It works on every host that offers `websocket`
//! ([`Environ::upgrades`](gateway_core::Environ::upgrades)), over HTTP/1.1 (RFC 6455) and HTTP/2 (RFC 8441)
//! alike; on another host the answer is 426. Who may connect, subprotocols and limits are set by an
//! [`Acceptor`].
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
//! Frames are read and written by `tokio-tungstenite`, without its handshake. It is the most used one, is
//! kept well, passes Autobahn, and takes a stream that is open already. None of its types is public here.
//!
//! - `tokio-websockets` is as strict, and asks for a newer compiler than this crate does.
//! - `yawc` has permessage-deflate, is younger, and its licence (MPL 2.0) binds more than that of this
//!   project.
//! - `soketto` is of `futures-io`, and has permessage-deflate behind a feature.
//!
//! There is no compression here: tungstenite has none. Whoever needs permessage-deflate, or another library
//! for another reason, takes the stream by [`Handshake::upgrade`]: the handshake is the same.

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
