//! Subscriptions over WebSocket.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::futures_util::FutureExt;
use async_graphql::http::{ALL_WEBSOCKET_PROTOCOLS, WebSocket, WebSocketProtocols, WsMessage};
use async_graphql::{Data, Executor};
use futures_util::{StreamExt, stream};
use gateway_core::{Environ, Error, HttpError, Response};
use gateway_util::websocket::WebSocket as Socket;

use crate::gate::Gate;
use crate::graphql::{GraphQL, OnInit};
use crate::limits::Limits;

/// The response that opens a WebSocket.
///
/// # Errors
///
/// Those of [`Acceptor::accept`](gateway_util::websocket::Acceptor::accept); 400 if the client offers
/// neither subprotocol.
pub(crate) fn accept<E: Executor>(
    graphql: &GraphQL<E>,
    environ: &Environ,
) -> Result<Response, HttpError> {
    let acceptor = graphql.acceptor.clone().protocols(ALL_WEBSOCKET_PROTOCOLS);
    let handshake = acceptor.accept(environ)?;
    let protocol = handshake.protocol().and_then(|name| name.parse().ok());
    let protocol = protocol.ok_or_else(|| {
        let names = ALL_WEBSOCKET_PROTOCOLS.join(" or ");
        HttpError::bad_request().with_description(format!("The subprotocol must be {names}."))
    })?;
    let data = graphql.data(environ)?;
    let (executor, limits) = (graphql.executor.clone(), graphql.limits.clone());
    let on_init = graphql.on_init.clone().unwrap_or_else(|| {
        let accept_any = |_| async { Ok(Data::default()) }.boxed();
        Arc::new(accept_any)
    });
    handshake.run(move |socket| run(socket, executor, protocol, data, on_init, limits))
}

async fn run<E: Executor>(
    socket: Socket,
    executor: E,
    protocol: WebSocketProtocols,
    data: Data,
    on_init: OnInit,
    limits: Limits,
) -> Result<(), Error> {
    let (mut sender, receiver) = socket.split();
    let gate = Arc::new(Mutex::new(Gate::new(protocol, limits.subscriptions)));
    // The client was told of an error. It ends the messages, like a Close and the server's shutdown.
    let messages = stream::unfold((receiver, gate.clone()), async |(mut receiver, gate)| {
        let message = receiver.recv().await.ok().flatten()?;
        let message = locked(&gate).admit(message.as_bytes())?;
        Some((message, (receiver, gate)))
    });
    let replies = WebSocket::from_message_stream(executor, messages, protocol)
        .connection_data(data)
        .on_connection_init(move |payload| on_init(payload));
    let mut replies = pin!(replies);
    // Nothing is sent before the first message.
    let Ok(mut reply) = tokio::time::timeout(limits.init, replies.next()).await else {
        return Ok(sender
            .close(4408, "Connection initialisation timeout")
            .await?);
    };
    while let Some(message) = reply {
        match message {
            WsMessage::Text(text) => {
                locked(&gate).sent(&text);
                sender.send(text).await?;
            }
            WsMessage::Close(code, reason) => {
                let code = locked(&gate).code(code);
                return Ok(sender.close(code, &reason).await?);
            }
        }
        reply = replies.next().await;
    }
    let refusal = locked(&gate).refusal();
    if let Some((code, reason)) = refusal {
        sender.close(code, &reason).await?;
    }
    Ok(())
}

fn locked(gate: &Mutex<Gate>) -> MutexGuard<'_, Gate> {
    gate.lock().unwrap_or_else(PoisonError::into_inner)
}
