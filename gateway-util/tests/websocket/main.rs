//! Sockets of WebSocket, with tungstenite as the client.

mod close;
mod limits;
mod messages;
mod peer;
mod time;
