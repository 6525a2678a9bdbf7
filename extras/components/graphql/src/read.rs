//! Reads GraphQL requests, from a query, JSON or a form.

use std::io;
use std::sync::OnceLock;

use async_graphql::http::{MultipartOptions, receive_batch_body};
use async_graphql::parser::types::OperationType;
use async_graphql::{BatchRequest, Extensions, ParseRequestError, Request, Variables};
use futures_util::TryStreamExt;
use gateway_core::{Environ, HttpError, InputError};
use gateway_util::EnvironExt;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::limits::Limits;
use crate::refusal;

/// The body of a POST.
#[derive(Deserialize)]
#[serde(untagged)]
enum Payload {
    One(Parameters),
    Batch(Vec<Parameters>),
}

/// The parameters of a request.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    query: Option<String>,
    operation_name: Option<String>,
    #[serde(default)]
    variables: Variables,
    #[serde(default)]
    extensions: Extensions,
}

impl Parameters {
    fn into_request(self) -> Result<Request, HttpError> {
        // A persisted query is named in the extensions.
        if self.query.is_none() && self.extensions.is_empty() {
            return Err(bad("The query is missing."));
        }
        let mut request = Request::new(self.query.unwrap_or_default()).variables(self.variables);
        request.operation_name = self.operation_name;
        request.extensions = self.extensions;
        Ok(request)
    }
}

/// The request of a GET.
///
/// # Errors
///
/// 400 if it is malformed, 405 for a mutation.
pub(crate) fn query(environ: &Environ) -> Result<Request, HttpError> {
    let pairs = environ.query();
    // Not by its hash alone, because it could be that of a mutation.
    let query = pairs.get("query").filter(|query| !query.is_empty());
    let mut request = Parameters {
        query: Some(
            query
                .ok_or_else(|| bad("The query is missing."))?
                .to_owned(),
        ),
        operation_name: pairs.get("operationName").map(str::to_owned),
        variables: json(pairs.get("variables"))?,
        extensions: json(pairs.get("extensions"))?,
    }
    .into_request()?;
    if may_change_something(&mut request) {
        return Err(
            refusal::method_not_allowed("POST").with_description("A mutation is sent by POST.")
        );
    }
    Ok(request)
}

/// The request or the batch of a POST.
///
/// # Errors
///
/// 400 if it is malformed, 413 beyond a limit, 415 for another type.
pub(crate) async fn body(
    environ: &mut Environ,
    limits: &Limits,
    uploads: Option<u64>,
) -> Result<BatchRequest, HttpError> {
    let content_type = environ.content_type();
    let content_type = content_type.as_ref().map(|value| value.as_bytes());
    let form = content_type
        .and_then(|value| std::str::from_utf8(value).ok())
        .filter(|value| is_form(value))
        .map(str::to_owned);
    let request = match (form, uploads) {
        (Some(content_type), Some(limit)) => multipart(environ, content_type, limit).await?,
        (_, _) => match environ.json(limits.body).await.map_err(explain)? {
            Payload::One(parameters) => BatchRequest::Single(parameters.into_request()?),
            Payload::Batch(batch) => {
                let requests = batch.into_iter().map(Parameters::into_request);
                BatchRequest::Batch(requests.collect::<Result<_, _>>()?)
            }
        },
    };
    if let BatchRequest::Batch(requests) = &request {
        if requests.is_empty() {
            return Err(bad("The batch is empty."));
        }
        if requests.len() > limits.batch {
            let text = format!("A batch has at most {} requests.", limits.batch);
            return Err(HttpError::payload_too_large().with_description(text));
        }
    }
    Ok(request)
}

/// The form is read by async-graphql, because the type of a file depends on its features.
async fn multipart(
    environ: &mut Environ,
    content_type: String,
    limit: u64,
) -> Result<BatchRequest, HttpError> {
    if environ
        .content_length()
        .is_some_and(|length| length > limit)
    {
        return Err(HttpError::payload_too_large());
    }
    let mut input = environ.take_input();
    input.limit(limit);
    let failure: OnceLock<InputError> = OnceLock::new();
    let reader = (&mut input).map_err(|error| {
        // There is only one.
        let _ = failure.set(error.clone());
        io::Error::from(error)
    });
    let reader = reader.into_async_read();
    let received =
        receive_batch_body(Some(content_type), reader, MultipartOptions::default()).await;
    let request = match (received, failure.into_inner()) {
        (_, Some(failure)) => return Err(failure.into()),
        (Ok(request), None) => request,
        (Err(ParseRequestError::PayloadTooLarge), None) => {
            return Err(HttpError::payload_too_large());
        }
        (Err(error @ ParseRequestError::Io(_)), None) => {
            return Err(HttpError::internal_server_error().with_source(error));
        }
        (Err(error), None) => return Err(bad(error.to_string())),
    };
    // A host closes a connection with unread input, even if only the end of a chunked body is left (I5).
    while input.chunk().await?.is_some() {}
    Ok(request)
}

fn is_form(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("multipart/form-data")
}

/// True if the operation that would be executed is a mutation. A document that cannot be parsed is none:
/// the execution says what is wrong with it.
fn may_change_something(request: &mut Request) -> bool {
    let wanted = request.operation_name.clone();
    let Ok(document) = request.parsed_query() else {
        return false;
    };
    document.operations.iter().any(|(name, operation)| {
        let is_other =
            matches!((name, &wanted), (Some(name), Some(wanted)) if name.as_str() != wanted);
        operation.node.ty == OperationType::Mutation && !is_other
    })
}

/// A parameter of a query that is JSON.
fn json<T: DeserializeOwned + Default>(text: Option<&str>) -> Result<T, HttpError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(T::default());
    };
    serde_json::from_str(text)
        .map_err(|error| bad(format!("A parameter is malformed: {error}")).with_source(error))
}

fn bad(text: impl Into<String>) -> HttpError {
    HttpError::bad_request().with_description(text)
}

/// Says what a body must be, if it is something else.
fn explain(error: HttpError) -> HttpError {
    match error.status().as_u16() {
        400 => {
            error.with_description("The body must be the JSON of a GraphQL request, or of a batch.")
        }
        415 => error.with_description("The body must be application/json."),
        _ => error,
    }
}
