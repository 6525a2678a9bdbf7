//! GET, POST and batches.

use async_graphql_gateway::{GraphQL, Limits};
use gateway_conformance::wire::WireRequest;
use serde_json::json;

use crate::{assert_refused, endpoint, get, json, on_each, post, schema, send};

#[tokio::test]
async fn a_query_by_get_and_by_post() {
    on_each(endpoint, async |server, protocol| {
        let text = "K\u{e4}se & \u{1f9c0}";
        let body = json!({
            "query": "query A($text: String!) { echo(text: $text) } query B { user }",
            "operationName": "A",
            "variables": { "text": text },
        });
        let response = send(server, protocol, &post(body.to_string())).await;
        assert_eq!(response.status, 200);
        assert_eq!(json(&response), json!({ "data": { "echo": text } }));

        // Upstream reads `operation_name` in a query, so such a request fails there.
        let query = "query=query+A%28%24text%3AString%21%29%7Becho%28text%3A%24text%29%7D+query+B%7Buser%7D\
                     &operationName=A&variables=%7B%22text%22%3A%22K%C3%A4se+%26+%F0%9F%A7%80%22%7D";
        let response = send(server, protocol, &get(query)).await;
        assert_eq!(response.status, 200);
        assert_eq!(json(&response), json!({ "data": { "echo": text } }));

        let request = get("query=%7Buser%7D").header("x-user", "ada");
        let response = send(server, protocol, &request).await;
        assert_eq!(json(&response), json!({ "data": { "user": "ada" } }));
    })
    .await;
}

/// The tower service of upstream executes them, and so does its actix handler.
#[tokio::test]
async fn a_mutation_by_get_is_refused() {
    on_each(endpoint, async |server, protocol| {
        for query in [
            "query=mutation%7Bincrease%7D",
            "query=mutation+M%7Bincrease%7D",
            "query=query+Q%7Buser%7D+mutation+M%7Bincrease%7D&operationName=M",
            "query=mutation%7Bincrease%7D&operationName=Q",
        ] {
            let response = send(server, protocol, &get(query)).await;
            assert_refused(&response, 405);
            assert_eq!(response.header("allow"), Some("POST"));
            let head = WireRequest::head(format!("/api/graphql?{query}"));
            assert_eq!(send(server, protocol, &head).await.status, 405);
        }
        // Nor as a stream.
        let accept = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0";
        let request = get("query=mutation%7Bincrease%7D").header("accept", accept);
        assert_refused(&send(server, protocol, &request).await, 405);
        // A hash could be that of a mutation.
        let query = "extensions=%7B%22persistedQuery%22%3A%7B%22version%22%3A1%7D%7D";
        assert_refused(&send(server, protocol, &get(query)).await, 400);
        // Another operation of the document is executed.
        let query = "query=query+Q%7Bcount%7D+mutation+M%7Bincrease%7D&operationName=Q";
        let response = send(server, protocol, &get(query)).await;
        assert_eq!(json(&response), json!({ "data": { "count": 0 } }));
    })
    .await;
    on_each(endpoint, async |server, protocol| {
        let request = post(r#"{"query":"mutation{increase}"}"#);
        let response = send(server, protocol, &request).await;
        assert!(json(&response)["data"]["increase"].is_u64());
    })
    .await;
}

#[tokio::test]
async fn a_batch() {
    on_each(endpoint, async |server, protocol| {
        let one = json!({ "query": "{user}" });
        let batch = json!([one, { "query": "{echo(text:\"a\")}" }, { "query": "{" }]);
        let request = post(batch.to_string()).header("x-user", "ada");
        let response = send(server, protocol, &request).await;
        assert_eq!(response.status, 200);
        let responses = json(&response);
        assert_eq!(responses[0], json!({ "data": { "user": "ada" } }));
        assert_eq!(responses[1], json!({ "data": { "echo": "a" } }));
        assert!(responses[2].get("data").is_none());
        assert_eq!(responses[2]["errors"].as_array().map(Vec::len), Some(1));

        assert_refused(&send(server, protocol, &post("[]")).await, 400);
        let batch = vec![one; 11];
        let request = post(serde_json::to_vec(&batch).unwrap());
        assert_refused(&send(server, protocol, &request).await, 413);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_graphql_request_is_refused_with_json() {
    on_each(endpoint, async |server, protocol| {
        for body in [
            "",
            "{",
            "1",
            "{}",
            "\"{user}\"",
            r#"{"query":1}"#,
            r#"{"query":"{user}","variables":"x"}"#,
            r#"{"query":"{user}","operationName":["A"]}"#,
            r#"{"query":"{user}","extensions":0}"#,
            r#"[{"query":"{user}"},{}]"#,
        ] {
            assert_refused(&send(server, protocol, &post(body)).await, 400);
        }
        for query in [
            "",
            "query=",
            "query=%7Buser%7D&variables=x",
            "query=%7Buser%7D&extensions=%5B%5D",
        ] {
            assert_refused(&send(server, protocol, &get(query)).await, 400);
        }
        let plain = WireRequest::post("/api/graphql").body(r#"{"query":"{user}"}"#);
        assert_refused(&send(server, protocol, &plain.clone()).await, 415);
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application",
        ] {
            let request = plain.clone().header("content-type", kind);
            assert_refused(&send(server, protocol, &request).await, 415);
        }
        let coded = post("x").header("content-encoding", "gzip");
        assert_refused(&send(server, protocol, &coded).await, 415);
    })
    .await;
}

#[tokio::test]
async fn other_methods_and_paths() {
    on_each(endpoint, async |server, protocol| {
        for method in ["PUT", "DELETE", "PATCH"] {
            let request = WireRequest::new(method, "/api/graphql").body("x");
            let response = send(server, protocol, &request).await;
            assert_refused(&response, 405);
            assert_eq!(response.header("allow"), Some("GET, HEAD, POST, OPTIONS"));
        }
        let options = WireRequest::new("OPTIONS", "/api/graphql");
        let response = send(server, protocol, &options).await;
        assert_eq!(
            (response.status, response.header("allow")),
            (204, Some("GET, HEAD, POST, OPTIONS"))
        );
        let slash = WireRequest::get("/api/graphql/?query=%7Buser%7D");
        assert_eq!(send(server, protocol, &slash).await.status, 200);
        let other = WireRequest::get("/api/graphql/other?query=%7Buser%7D");
        assert_refused(&send(server, protocol, &other).await, 404);
    })
    .await;
}

#[tokio::test]
async fn head_is_a_get_without_its_body() {
    on_each(endpoint, async |server, protocol| {
        let whole = send(server, protocol, &get("query=%7Bcached%7D")).await;
        let request = WireRequest::head("/api/graphql?query=%7Bcached%7D");
        let head = send(server, protocol, &request).await;
        assert_eq!((head.status, head.body.len()), (200, 0));
        let length = whole.body.len().to_string();
        assert_eq!(head.header("content-length"), Some(&*length));
        // What the resolver and the schema set.
        for response in [head, whole] {
            assert_eq!(response.header("x-resolver"), Some("seen"));
            assert_eq!(response.header("cache-control"), Some("max-age=60"));
            assert_eq!(response.header("vary"), Some("accept"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_a_413() {
    let small = || GraphQL::new(schema::demo()).limits(Limits::default().body(100));
    on_each(small, async |server, protocol| {
        let text = "a".repeat(100);
        let body = json!({ "query": format!("{{echo(text:\"{text}\")}}") }).to_string();
        assert_refused(&send(server, protocol, &post(body.clone())).await, 413);
        // Without a declared length.
        let request = WireRequest::post("/api/graphql").header("content-type", "application/json");
        let (start, end) = body.split_at(50);
        let request = request.chunked([start.to_owned(), end.to_owned()]);
        assert_refused(&send(server, protocol, &request).await, 413);
    })
    .await;
}

#[tokio::test]
async fn l5_a_panic_of_a_resolver_is_a_500_and_the_server_goes_on() {
    on_each(endpoint, async |server, protocol| {
        let response = send(server, protocol, &post(r#"{"query":"{panicking}"}"#)).await;
        assert_eq!(response.status, 500);
        // async-graphql panics on what looks like its own name of a file.
        let query = r##"{"query":"mutation{upload(file:\"#__graphql_file__:9\")}"}"##;
        assert_eq!(send(server, protocol, &post(query)).await.status, 500);
        assert_eq!(
            send(server, protocol, &get("query=%7Buser%7D"))
                .await
                .status,
            200
        );
    })
    .await;
}
