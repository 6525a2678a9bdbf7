//! The tools, resources and prompts that the suite's scenarios name, and what they hold.

use rmcp::ErrorData;
use rmcp::model::JsonObject;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::schemas;

/// The smallest PNG, and a WAV without samples.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=";

/// Makes a type of rmcp of its JSON.
pub(crate) fn made<T: DeserializeOwned>(value: Value) -> Result<T, ErrorData> {
    serde_json::from_value(value)
        .map_err(|error| ErrorData::internal_error(error.to_string(), None))
}

pub(crate) fn tools() -> Value {
    let plain = [
        ("test_simple_text", "Answers with text"),
        ("test_image_content", "Answers with an image"),
        ("test_audio_content", "Answers with audio"),
        ("test_embedded_resource", "Answers with a resource"),
        (
            "test_multiple_content_types",
            "Answers with text, an image and a resource",
        ),
        ("test_tool_with_logging", "Logs while it runs"),
        ("test_tool_with_progress", "Tells its progress"),
        ("test_error_handling", "Fails"),
        ("test_reconnection", "Answers late"),
        (
            "test_elicitation_sep1034_defaults",
            "Asks the user, with defaults",
        ),
        ("test_elicitation_sep1330_enums", "Asks the user to choose"),
    ];
    let plain = plain.map(|(name, description)| {
        json!({"name": name, "description": description, "inputSchema": {"type": "object"}})
    });
    let one = |name: &str, description: &str, argument: &str| {
        json!({"name": name, "description": description, "inputSchema": {
            "type": "object",
            "properties": {argument: {"type": "string"}},
            "required": [argument],
        }})
    };
    let mut tools = plain.to_vec();
    tools.push(one("test_sampling", "Asks the client's model", "prompt"));
    tools.push(one("test_elicitation", "Asks the user", "message"));
    tools.push(json!({
        "name": "json_schema_2020_12_tool",
        "description": "Has a schema of 2020-12",
        "inputSchema": schemas::of_2020_12(),
    }));
    json!({ "tools": tools })
}

/// What the tools answer that ask nobody.
pub(crate) fn answer(tool: &str) -> Option<Value> {
    let image = json!({"type": "image", "data": PNG, "mimeType": "image/png"});
    let content = match tool {
        "test_simple_text" => json!([text("This is a simple text response for testing.")]),
        "test_image_content" => json!([image]),
        "test_audio_content" => json!([{"type": "audio", "data": WAV, "mimeType": "audio/wav"}]),
        "test_embedded_resource" => json!([resource(
            "test://embedded-resource",
            "text/plain",
            "This is an embedded resource content.",
        )]),
        "test_multiple_content_types" => json!([
            text("Multiple content types test:"),
            image,
            resource(
                "test://mixed-content-resource",
                "application/json",
                r#"{"test":"data","value":123}"#
            ),
        ]),
        "test_error_handling" => {
            let message = "This tool intentionally returns an error for testing";
            return Some(json!({"content": [text(message)], "isError": true}));
        }
        "json_schema_2020_12_tool" => json!([text("done")]),
        _ => return None,
    };
    Some(json!({ "content": content }))
}

pub(crate) fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn resource(uri: &str, mime_type: &str, text: &str) -> Value {
    json!({"type": "resource", "resource": {"uri": uri, "mimeType": mime_type, "text": text}})
}

pub(crate) fn resources() -> Value {
    json!({"resources": [
        {"uri": "test://static-text", "name": "text", "description": "A text", "mimeType": "text/plain"},
        {"uri": "test://static-binary", "name": "image", "description": "An image", "mimeType": "image/png"},
        {"uri": "test://watched-resource", "name": "watched", "description": "It may be watched", "mimeType": "text/plain"},
    ]})
}

pub(crate) fn templates() -> Value {
    json!({"resourceTemplates": [{
        "uriTemplate": "test://template/{id}/data",
        "name": "template",
        "description": "Data of an id",
        "mimeType": "application/json",
    }]})
}

pub(crate) fn read(uri: &str) -> Option<Value> {
    let content = match uri {
        "test://static-text" => json!({
            "uri": uri, "mimeType": "text/plain",
            "text": "This is the content of the static text resource.",
        }),
        "test://static-binary" => json!({"uri": uri, "mimeType": "image/png", "blob": PNG}),
        "test://watched-resource" => {
            json!({"uri": uri, "mimeType": "text/plain", "text": "watched"})
        }
        _ => {
            let id = uri
                .strip_prefix("test://template/")?
                .strip_suffix("/data")?;
            let data =
                json!({"id": id, "templateTest": true, "data": format!("Data for ID: {id}")});
            json!({"uri": uri, "mimeType": "application/json", "text": data.to_string()})
        }
    };
    Some(json!({ "contents": [content] }))
}

pub(crate) fn prompts() -> Value {
    let argument = |name: &str| json!({"name": name, "description": name, "required": true});
    json!({"prompts": [
        {"name": "test_simple_prompt", "description": "One message"},
        {"name": "test_prompt_with_arguments", "description": "Has its arguments in it",
            "arguments": [argument("arg1"), argument("arg2")]},
        {"name": "test_prompt_with_embedded_resource", "description": "Has a resource in it",
            "arguments": [argument("resourceUri")]},
        {"name": "test_prompt_with_image", "description": "Has an image in it"},
    ]})
}

pub(crate) fn prompt(name: &str, arguments: &JsonObject) -> Option<Value> {
    let argument = |name: &str| {
        arguments
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let contents = match name {
        "test_simple_prompt" => vec![text("This is a simple prompt for testing.")],
        "test_prompt_with_arguments" => vec![text(&format!(
            "Prompt with arguments: arg1='{}', arg2='{}'",
            argument("arg1"),
            argument("arg2"),
        ))],
        "test_prompt_with_embedded_resource" => vec![
            resource(
                argument("resourceUri"),
                "text/plain",
                "Embedded resource content for testing.",
            ),
            text("Please process the embedded resource above."),
        ],
        "test_prompt_with_image" => vec![
            json!({"type": "image", "data": PNG, "mimeType": "image/png"}),
            text("Please analyze the image above."),
        ],
        _ => return None,
    };
    let messages = contents
        .into_iter()
        .map(|content| json!({"role": "user", "content": content}));
    Some(json!({ "messages": messages.collect::<Vec<_>>() }))
}
