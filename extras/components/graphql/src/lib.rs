//! [`async-graphql`](async_graphql) as a gateway app: one endpoint that runs on every server which has
//! an adapter.
//!
//! ```
//! use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};
//! use async_graphql_gateway::GraphQL;
//!
//! struct Query;
//!
//! #[Object]
//! impl Query {
//!     async fn sum(&self, a: i32, b: i32) -> i32 {
//!         a.saturating_add(b)
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
//! let app = GraphQL::new(schema).graphiql();
//!
//! let client = gateway_testing::Client::new(app);
//! let request = client.post("/").json(&serde_json::json!({ "query": "{ sum(a: 1, b: 2) }" }));
//! request.send().await.assert_text(r#"{"data":{"sum":3}}"#).await;
//! # }
//! ```
//!
//! [`GraphQL`] is an app: mount it at a path of any router. Everything is at that path:
//!
//! | request | response |
//! |---|---|
//! | GET with `query` | a query; a mutation is a 405 |
//! | POST of JSON | a request, or a batch of requests |
//! | POST of `multipart/form-data`, with [`GraphQL::uploads`] | [a request with files](https://github.com/jaydenseric/graphql-multipart-request-spec) |
//! | either with `Accept: multipart/mixed;boundary=graphql;subscriptionSpec=1.0` | [a stream of responses](https://www.apollographql.com/docs/router/executing-operations/subscription-multipart-protocol/) |
//! | WebSocket | subscriptions, by `graphql-transport-ws` or the older `graphql-ws` |
//! | GET of a page, with [`GraphQL::graphiql`] | GraphiQL |
//!
//! Statuses and media types are those of
//! [GraphQL over HTTP](https://graphql.github.io/graphql-over-http/draft/). With
//! `application/graphql-response+json`, which the client must name, a request that cannot be executed
//! is a 400. With `application/json` it is a 200. A request that is no GraphQL request is an error of HTTP
//! with either. The body of every error is JSON with `errors`.
//!
//! # What there is not
//!
//! - `@defer` and `@stream`: async-graphql 7 has neither.
//! - CBOR, which async-graphql has behind a feature.
//! - A persisted query that a GET names by its hash alone: it could be a mutation. POST it.

mod gate;
#[cfg(feature = "graphiql")]
mod graphiql;
mod graphql;
mod limits;
mod read;
mod refusal;
mod respond;
mod subscription;

pub use graphql::GraphQL;
pub use limits::Limits;
