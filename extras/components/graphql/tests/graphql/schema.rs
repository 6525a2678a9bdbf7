//! The schema of the tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_graphql::{Context, Error, Object, Result, Schema, Subscription, Upload};
use futures_util::stream::{self, Stream, StreamExt};

pub(crate) type Demo = Schema<Query, Mutation, Events>;

/// Who asks, as a header of the request or the first message of a socket says.
#[derive(Debug, Clone)]
pub(crate) struct User(pub(crate) String);

/// How often the mutation was executed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Count(pub(crate) Arc<AtomicU32>);

pub(crate) fn demo() -> Demo {
    Schema::build(Query, Mutation, Events)
        .data(Count::default())
        .finish()
}

pub(crate) struct Query;

#[Object]
impl Query {
    async fn echo(&self, text: String) -> String {
        text
    }

    async fn user(&self, ctx: &Context<'_>) -> Option<String> {
        ctx.data_opt::<User>().map(|user| user.0.clone())
    }

    async fn count(&self, ctx: &Context<'_>) -> Result<u32> {
        Ok(ctx.data::<Count>()?.0.load(Ordering::SeqCst))
    }

    /// Nullable: the data stays.
    async fn failing(&self) -> Result<Option<u32>> {
        Err(Error::new("it fails"))
    }

    /// Not nullable: the data is null.
    async fn failing_hard(&self) -> Result<u32> {
        Err(Error::new("it fails"))
    }

    async fn panicking(&self) -> u32 {
        "no number".parse().expect("a resolver's panic")
    }

    #[graphql(cache_control(max_age = 60))]
    async fn cached(&self, ctx: &Context<'_>) -> u32 {
        ctx.insert_http_header("x-resolver", "seen");
        1
    }
}

pub(crate) struct Mutation;

#[Object]
impl Mutation {
    async fn increase(&self, ctx: &Context<'_>) -> Result<u32> {
        Ok(ctx.data::<Count>()?.0.fetch_add(1, Ordering::SeqCst) + 1)
    }

    async fn upload(&self, ctx: &Context<'_>, file: Upload) -> Result<String> {
        let file = file.value(ctx)?;
        let kind = file.content_type.clone().unwrap_or_default();
        Ok(format!("{} {kind} {}", file.filename, file.size()?))
    }

    async fn uploads(&self, ctx: &Context<'_>, files: Vec<Upload>) -> Result<Vec<String>> {
        let names = files.iter().map(|file| Ok(file.value(ctx)?.filename));
        names.collect()
    }
}

pub(crate) struct Events;

#[Subscription]
impl Events {
    async fn upto(&self, end: u32) -> impl Stream<Item = u32> {
        stream::iter(1..=end)
    }

    /// One, and then nothing, without an end.
    async fn endless(&self) -> impl Stream<Item = u32> {
        stream::once(async { 1 }).chain(stream::pending())
    }

    async fn whoami(&self, ctx: &Context<'_>) -> impl Stream<Item = Option<String>> {
        let name = ctx.data_opt::<User>().map(|user| user.0.clone());
        stream::once(async { name })
    }
}
