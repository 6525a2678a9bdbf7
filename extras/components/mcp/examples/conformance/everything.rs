//! `Everything`: a handler with all that the suite's scenarios use.
#![allow(
    deprecated,
    reason = "the suite still tests what later versions of MCP have removed"
)]

use std::time::Duration;

use rmcp::handler::server::ServerHandler;
use rmcp::model::*;
use rmcp::service::RequestContext;
use rmcp::{ErrorData, Peer, RoleServer};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::content::{self, made, text};
use crate::schemas;

/// The pause between two messages of a tool, which the scenarios ask for.
const PAUSE: Duration = Duration::from_millis(50);

/// The handler of a session.
#[derive(Clone, Default)]
pub(crate) struct Everything {}

type Context = RequestContext<RoleServer>;

impl ServerHandler for Everything {
    fn get_info(&self) -> ServerInfo {
        let capabilities = ServerCapabilities::builder()
            .enable_completions()
            .enable_logging()
            .enable_prompts()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_tools()
            .build();
        ServerInfo::new(capabilities).with_server_info(Implementation::new("everything", "0.1.0"))
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListToolsResult, ErrorData> {
        made(content::tools())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        let tool = request.name.as_ref();
        if let Some(answer) = content::answer(tool) {
            return Ok(made::<CallToolResult>(answer)?.into());
        }
        let arguments = request.arguments.unwrap_or_default();
        let argument = |name: &str| {
            let value = arguments.get(name).and_then(Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        let peer = &context.peer;
        let said = match tool {
            "test_tool_with_logging" => log(peer).await,
            "test_tool_with_progress" => progress(&context).await,
            "test_reconnection" => {
                sleep(PAUSE).await;
                Ok("Reconnection test completed".to_owned())
            }
            "test_sampling" => sample(peer, argument("prompt")).await,
            "test_elicitation" => {
                elicit(peer, argument("message"), schemas::user(), "User response").await
            }
            "test_elicitation_sep1034_defaults" => {
                elicit(
                    peer,
                    "Defaults".into(),
                    schemas::defaults(),
                    "Elicitation completed",
                )
                .await
            }
            "test_elicitation_sep1330_enums" => {
                elicit(
                    peer,
                    "Choices".into(),
                    schemas::choices(),
                    "Elicitation completed",
                )
                .await
            }
            _ => return Err(ErrorData::invalid_params("there is no such tool", None)),
        };
        let answer = match said {
            Ok(said) => json!({"content": [text(&said)]}),
            Err(error) => json!({"content": [text(&error)], "isError": true}),
        };
        Ok(made::<CallToolResult>(answer)?.into())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        made(content::resources())
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        made(content::templates())
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let missing = || ErrorData::resource_not_found("there is no such resource", None);
        let contents = content::read(&request.uri).ok_or_else(missing)?;
        Ok(made::<ReadResourceResult>(contents)?.into())
    }

    async fn subscribe(&self, _: SubscribeRequestParams, _: Context) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn unsubscribe(&self, _: UnsubscribeRequestParams, _: Context) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListPromptsResult, ErrorData> {
        made(content::prompts())
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: Context,
    ) -> Result<GetPromptResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let missing = || ErrorData::invalid_params("there is no such prompt", None);
        let prompt = content::prompt(&request.name, &arguments).ok_or_else(missing)?;
        Ok(made::<GetPromptResult>(prompt)?.into())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _: Context,
    ) -> Result<CompleteResult, ErrorData> {
        let begun = &request.argument.value;
        let values = ["paris", "park", "party"].into_iter();
        let values: Vec<_> = values
            .filter(|value| value.starts_with(begun.as_str()))
            .collect();
        made(json!({"completion": {"values": values, "hasMore": false}}))
    }

    async fn set_level(&self, _: SetLevelRequestParams, _: Context) -> Result<(), ErrorData> {
        Ok(())
    }
}

async fn log(peer: &Peer<RoleServer>) -> Result<String, String> {
    for message in [
        "Tool execution started",
        "Tool processing data",
        "Tool execution completed",
    ] {
        let message = LoggingMessageNotificationParam::new(LoggingLevel::Info, json!(message));
        let sent = peer.notify_logging_message(message).await;
        sent.map_err(|error| error.to_string())?;
        sleep(PAUSE).await;
    }
    Ok("logged".into())
}

async fn progress(context: &Context) -> Result<String, String> {
    let token = context.meta.get_progress_token();
    for progress in [0.0, 50.0, 100.0] {
        if let Some(token) = token.clone() {
            let progress = ProgressNotificationParam::new(token, progress).with_total(100.0);
            let sent = context.peer.notify_progress(progress).await;
            sent.map_err(|error| error.to_string())?;
        }
        sleep(PAUSE).await;
    }
    Ok("all done".into())
}

async fn sample(peer: &Peer<RoleServer>, prompt: String) -> Result<String, String> {
    let messages = vec![SamplingMessage::user_text(prompt)];
    let asked = peer.create_message(CreateMessageRequestParams::new(messages, 100));
    let answered = asked.await.map_err(|error| error.to_string())?;
    let text = answered
        .message
        .content
        .first()
        .and_then(|content| content.as_text());
    let text = text.map(|text| text.text.as_str()).unwrap_or_default();
    Ok(format!("LLM response: {text}"))
}

async fn elicit(
    peer: &Peer<RoleServer>,
    message: String,
    schema: Value,
    says: &str,
) -> Result<String, String> {
    let requested_schema = serde_json::from_value(schema).map_err(|error| error.to_string())?;
    let asked = peer.create_elicitation(ElicitRequestParams::FormElicitationParams {
        meta: None,
        message,
        requested_schema,
    });
    let answered = asked.await.map_err(|error| error.to_string())?;
    let action = json!(answered.action);
    let content = answered.content.unwrap_or_default();
    Ok(format!(
        "{says}: action={}, content={content}",
        action.as_str().unwrap_or_default()
    ))
}
