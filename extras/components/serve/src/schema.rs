//! A chat, as a GraphQL schema.

use async_graphql::{Context, Object, Result, Schema, Subscription, Upload};
use futures_util::stream::{self, Stream, StreamExt};
use tokio::sync::broadcast::{self, Sender};

/// How many messages a subscriber may be behind.
const BEHIND: usize = 64;

pub(crate) type Chat = Schema<Query, Mutation, Events>;

pub(crate) fn chat() -> Chat {
    Schema::build(Query, Mutation, Events)
        .data(broadcast::channel::<String>(BEHIND).0)
        .finish()
}

pub(crate) struct Query;

#[Object]
impl Query {
    async fn hello(&self, name: Option<String>) -> String {
        format!("Hello, {}!", name.as_deref().unwrap_or("World"))
    }
}

pub(crate) struct Mutation;

#[Object]
impl Mutation {
    /// Tells all subscribers, and returns how many there are.
    async fn say(&self, ctx: &Context<'_>, text: String) -> Result<usize> {
        Ok(ctx.data::<Sender<String>>()?.send(text).unwrap_or_default())
    }

    async fn upload(&self, ctx: &Context<'_>, file: Upload) -> Result<String> {
        let file = file.value(ctx)?;
        Ok(format!("{}: {} bytes", file.filename, file.size()?))
    }
}

pub(crate) struct Events;

#[Subscription]
impl Events {
    /// What others say.
    async fn said(&self, ctx: &Context<'_>) -> Result<impl Stream<Item = String> + use<>> {
        let receiver = ctx.data::<Sender<String>>()?.subscribe();
        Ok(stream::unfold(receiver, async |mut receiver| {
            let said = receiver.recv().await.ok()?;
            Some((said, receiver))
        }))
    }

    /// The numbers up to one.
    async fn upto(&self, end: u32) -> impl Stream<Item = u32> {
        stream::iter(1..=end)
    }

    /// One, and then nothing, without an end.
    async fn endless(&self) -> impl Stream<Item = u32> {
        stream::once(async { 1 }).chain(stream::pending())
    }
}
