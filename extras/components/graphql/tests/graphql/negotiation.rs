//! Media types and statuses, as GraphQL over HTTP has them, and the page.

use serde_json::json;

use crate::{assert_refused, endpoint, get, json, on_each, post, send};

const GRAPHQL: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

/// Upstream sends `application/graphql-response+json` and 200, whatever the client accepts.
#[tokio::test]
async fn the_client_chooses_the_media_type() {
    on_each(endpoint, async |server, protocol| {
        for (accept, expected) in [
            ("", JSON),
            ("*/*", JSON),
            ("application/*", JSON),
            (JSON, JSON),
            (GRAPHQL, GRAPHQL),
            ("application/GraphQL-Response+JSON", GRAPHQL),
            (
                "application/graphql-response+json, application/json",
                GRAPHQL,
            ),
            (
                "application/json, application/graphql-response+json",
                GRAPHQL,
            ),
            (
                "application/graphql-response+json;q=0.9, application/json",
                JSON,
            ),
            ("application/graphql-response+json;q=0, */*", JSON),
            ("text/html;q=0.5, application/json;q=0.1", JSON),
        ] {
            let mut request = post(r#"{"query":"{user}"}"#);
            if !accept.is_empty() {
                request = request.header("accept", accept);
            }
            let response = send(server, protocol, &request).await;
            assert_eq!(response.status, 200, "{accept}");
            assert_eq!(response.header("content-type"), Some(expected), "{accept}");
            assert_eq!(response.header("vary"), Some("accept"), "{accept}");
        }
    })
    .await;
}

#[tokio::test]
async fn nothing_is_executed_for_a_client_that_accepts_nothing_of_it() {
    on_each(endpoint, async |server, protocol| {
        let request = post(r#"{"query":"mutation{increase}"}"#).header("accept", "image/png");
        let response = send(server, protocol, &request).await;
        assert_refused(&response, 406);
        assert_eq!(response.header("vary"), Some("accept"));
        let response = send(server, protocol, &post(r#"{"query":"{count}"}"#)).await;
        assert_eq!(json(&response), json!({ "data": { "count": 0 } }));
    })
    .await;
}

#[tokio::test]
async fn the_status_says_whether_it_was_executed() {
    on_each(endpoint, async |server, protocol| {
        for (query, status, has_data) in [
            ("{user}", 200, true),
            // An error of a field is part of the result, even if nothing else is left of it.
            ("{failing}", 200, true),
            ("{failingHard}", 200, true),
            // Not executed: a syntax error, a validation error, another transport.
            ("{", 400, false),
            ("{nothing}", 400, false),
            ("subscription{upto(end:1)}", 400, false),
        ] {
            let body = json!({ "query": query }).to_string();
            let request = post(body.clone()).header("accept", GRAPHQL);
            let response = send(server, protocol, &request).await;
            assert_eq!(response.status, status, "{query}");
            assert_eq!(response.header("content-type"), Some(GRAPHQL), "{query}");
            assert_eq!(json(&response).get("data").is_some(), has_data, "{query}");

            let request = post(body).header("accept", JSON);
            let response = send(server, protocol, &request).await;
            assert_eq!(response.status, 200, "{query}");
            assert_eq!(json(&response).get("data").is_some(), has_data, "{query}");
        }
    })
    .await;
}

/// The page names its own address, below any prefix.
#[tokio::test]
async fn browsers_get_graphiql() {
    const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    on_each(endpoint, async |server, protocol| {
        let response = send(server, protocol, &get("").header("accept", BROWSER)).await;
        assert_eq!(response.status, 200);
        assert_eq!(
            response.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert_eq!(response.header("vary"), Some("accept"));
        let page = response.text();
        assert!(page.contains("url: createUrl('/api/graphql'),"), "{page}");
        assert!(
            page.contains("subscriptionUrl: createUrl('/api/graphql', true),"),
            "{page}"
        );
        // Whoever asks a question gets its answer.
        let request = get("query=%7Buser%7D").header("accept", BROWSER);
        let response = send(server, protocol, &request).await;
        assert_eq!(response.header("content-type"), Some(JSON));
        assert_refused(
            &send(server, protocol, &get("").header("accept", "*/*")).await,
            400,
        );
    })
    .await;
}
