//! Multipart requests.

use async_graphql_gateway::GraphQL;
use gateway_conformance::wire::WireRequest;
use gateway_conformance::wire::http1::Http1Connection;
use serde_json::json;
use stacks::{Stack, TestServer};

use crate::{assert_refused, endpoint, json, on_each, schema, send};

/// A form of fields, and of files if they have a file name.
fn form(parts: &[(&str, Option<&str>, &str)]) -> String {
    let mut body = String::new();
    for (name, file_name, content) in parts {
        let file_name =
            file_name.map(|name| format!("; filename=\"{name}\"\r\ncontent-type: text/x"));
        let file_name = file_name.unwrap_or_default();
        body += "--XX\r\ncontent-disposition: form-data; name=\"";
        body += &format!("{name}\"{file_name}\r\n\r\n{content}\r\n");
    }
    body + "--XX--\r\n"
}

fn upload(parts: &[(&str, Option<&str>, &str)]) -> WireRequest {
    WireRequest::post("/api/graphql")
        .header("content-type", "Multipart/Form-Data; boundary=XX")
        .body(form(parts))
}

const ONE: &str = r#"{"query":"mutation($f:Upload!){upload(file:$f)}","variables":{"f":null}}"#;

#[tokio::test]
async fn files_of_a_request_and_of_a_batch() {
    on_each(endpoint, async |server, protocol| {
        let request = upload(&[
            ("operations", None, ONE),
            ("map", None, r#"{"0":["variables.f"]}"#),
            ("0", Some("a.txt"), "hello"),
        ]);
        let response = send(server, protocol, &request).await;
        assert_eq!(json(&response), json!({ "data": { "upload": "a.txt text/x 5" } }));

        let many = r#"{"query":"mutation($f:[Upload!]!){uploads(files:$f)}","variables":{"f":[null,null]}}"#;
        let request = upload(&[
            ("operations", None, many),
            ("map", None, r#"{"0":["variables.f.0"],"1":["variables.f.1"]}"#),
            ("0", Some("a.txt"), "a"),
            ("1", Some("b.txt"), "b"),
        ]);
        let response = send(server, protocol, &request).await;
        assert_eq!(json(&response), json!({ "data": { "uploads": ["a.txt", "b.txt"] } }));

        let request = upload(&[
            ("operations", None, &format!("[{ONE},{ONE}]")),
            ("map", None, r#"{"0":["0.variables.f"],"1":["1.variables.f"]}"#),
            ("0", Some("a.txt"), "a"),
            ("1", Some("b.txt"), "bb"),
        ]);
        let response = send(server, protocol, &request).await;
        assert_eq!(json(&response)[0]["data"]["upload"], "a.txt text/x 1");
        assert_eq!(json(&response)[1]["data"]["upload"], "b.txt text/x 2");
    })
    .await;
}

#[tokio::test]
async fn broken_forms_are_refused() {
    on_each(endpoint, async |server, protocol| {
        let map = ("map", None, r#"{"0":["variables.f"]}"#);
        for parts in [
            vec![map, ("0", Some("a.txt"), "a")],
            vec![("operations", None, ONE), ("0", Some("a.txt"), "a")],
            vec![("operations", None, ONE), map],
            vec![("operations", None, "{"), map, ("0", Some("a.txt"), "a")],
            vec![
                ("operations", None, ONE),
                ("map", None, "[]"),
                ("0", Some("a.txt"), "a"),
            ],
        ] {
            assert_refused(&send(server, protocol, &upload(&parts)).await, 400);
        }
        let no_boundary = WireRequest::post("/api/graphql")
            .header("content-type", "multipart/form-data")
            .body(form(&[]));
        assert_refused(&send(server, protocol, &no_boundary).await, 400);
        let no_end = WireRequest::post("/api/graphql")
            .header("content-type", "multipart/form-data; boundary=XX")
            .body("--XX\r\ncontent-disposition: form-data; name=\"operations\"\r\n\r\n{");
        assert_refused(&send(server, protocol, &no_end).await, 400);
        // L5: async-graphql panics on it.
        let nested = format!(
            "--XX\r\ncontent-type: multipart/x\r\n{}",
            &form(&[("operations", None, ONE)])[6..]
        );
        let nested = WireRequest::post("/api/graphql")
            .header("content-type", "multipart/form-data; boundary=XX")
            .body(nested);
        assert_eq!(send(server, protocol, &nested).await.status, 500);
        assert_refused(&send(server, protocol, &no_end).await, 400);
    })
    .await;
}

#[tokio::test]
async fn a_form_over_the_limit_is_a_413() {
    on_each(endpoint, async |server, protocol| {
        let large = "a".repeat(65 << 10);
        let parts = [
            ("operations", None, ONE),
            ("map", None, r#"{"0":["variables.f"]}"#),
            ("0", Some("a.txt"), &*large),
        ];
        assert_refused(&send(server, protocol, &upload(&parts)).await, 413);
        // Without a declared length.
        let request = WireRequest::post("/api/graphql")
            .header("content-type", "multipart/form-data; boundary=XX")
            .chunked([form(&parts)]);
        assert_refused(&send(server, protocol, &request).await, 413);
    })
    .await;
}

/// What follows the last boundary is read, too.
#[tokio::test]
async fn i5_a_connection_goes_on_after_an_upload() {
    for stack in Stack::ALL {
        eprintln!("{stack}");
        let server = TestServer::start(stack, "/api/graphql", endpoint()).unwrap();
        let mut client = Http1Connection::open(server.address()).await.unwrap();
        let form = form(&[
            ("operations", None, ONE),
            ("map", None, r#"{"0":["variables.f"]}"#),
            ("0", Some("a.txt"), "hello"),
        ]);
        let request = WireRequest::post("/api/graphql")
            .header("content-type", "multipart/form-data; boundary=XX")
            .chunked([form, "an epilogue".to_owned()]);
        for _ in 0..2 {
            let response = client.request(&request).await.unwrap();
            assert_eq!(json(&response)["data"]["upload"], "a.txt text/x 5");
            assert_eq!(response.header("connection"), None);
        }
        drop(client);
        server.end().await.unwrap();
    }
}

#[tokio::test]
async fn uploads_are_off_by_default() {
    let plain = || GraphQL::new(schema::demo());
    on_each(plain, async |server, protocol| {
        let request = upload(&[
            ("operations", None, r#"{"query":"mutation{increase}"}"#),
            ("map", None, "{}"),
        ]);
        assert_refused(&send(server, protocol, &request).await, 415);
    })
    .await;
}
