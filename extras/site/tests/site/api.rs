//! The API, and the document that describes it.

use serde_json::{Value, json};

use crate::support::{PASSWORD, Site, page, post};
use gateway_testing::Client;

/// A token for an account.
async fn token(client: &Client, name: &str) -> String {
    let credentials = json!({ "name": name, "password": PASSWORD });
    let request = client.post("/api/tokens").json(&credentials);
    let answer: Value = request.send().await.assert_status(201).json().await;
    format!("Bearer {}", answer["token"].as_str().unwrap())
}

#[tokio::test]
async fn a_program_posts_and_deletes_with_a_token() {
    let site = Site::open();
    site.member("Ada").await;
    let program = site.visitor();
    let bearer = token(&program, "Ada").await;
    let request = program
        .post("/api/posts")
        .json(&json!({ "text": " from a program " }));
    let request = request.header("authorization", &*bearer);
    let mut answer = request.send().await.assert_status(201);
    assert_eq!(answer.header("location"), Some("/api/posts/1"));
    let made: Value = answer.json().await;
    assert_eq!(made["text"], "from a program");
    assert_eq!(made["author"], "Ada");
    assert_eq!(made["picture"], Value::Null);
    let shown: Value = program.get("/api/posts/1").send().await.json().await;
    assert_eq!(shown, made);
    assert!(page(&program, "/").await.contains("from a program"));

    let delete = program.delete("/api/posts/1");
    let delete = delete.header("authorization", &*bearer);
    delete.send().await.assert_status(204);
    program.get("/api/posts/1").send().await.assert_status(404);
}

#[tokio::test]
async fn the_pages_of_a_list_lead_to_each_other() {
    let site = Site::open();
    let ada = site.member("Ada").await;
    for nth in 1..=5 {
        post(&ada, &format!("number {nth}")).await;
    }
    let mut seen = Vec::new();
    let mut path = "/api/posts?limit=2".to_owned();
    loop {
        let list: Value = ada.get(&path).send().await.assert_status(200).json().await;
        let posts = list["posts"].as_array().unwrap();
        assert!((1..=2).contains(&posts.len()));
        seen.extend(
            posts
                .iter()
                .map(|post| post["text"].as_str().unwrap().to_owned()),
        );
        match list["next"].as_i64() {
            Some(next) => path = format!("/api/posts?limit=2&before={next}"),
            None => break,
        }
    }
    assert_eq!(
        seen,
        ["number 5", "number 4", "number 3", "number 2", "number 1"]
    );
    for query in ["limit=x", "before=1&before=2"] {
        let path = format!("/api/posts?{query}");
        ada.get(&path).send().await.assert_status(400);
    }
}

#[tokio::test]
async fn errors_are_problems_for_programs() {
    let site = Site::open();
    let ada = site.member("Ada").await;
    let bearer = token(&ada, "Ada").await;
    let post = |body: Value| {
        let request = ada.post("/api/posts").json(&body);
        request.header("authorization", &*bearer)
    };
    let wrong = json!({ "name": "Ada", "password": "another password" });
    for (request, status) in [
        (ada.get("/api/nowhere"), 404),
        (ada.get("/api/posts/99"), 404),
        (ada.put("/api/posts"), 405),
        (ada.post("/api/tokens").json(&wrong), 401),
        (post(json!({ "text": "" })), 422),
        (post(json!({ "words": "" })), 400),
        (post(json!({ "text": "x".repeat(20_000) })), 413),
        (
            ada.post("/api/posts")
                .text("text")
                .header("authorization", &*bearer),
            415,
        ),
    ] {
        let mut answer = request.send().await.assert_status(status);
        let problem: Value = answer.json().await;
        assert_eq!(problem["status"], status, "{problem}");
        answer.assert_header("content-type", "application/problem+json");
    }
}

#[tokio::test]
async fn a_cookie_is_no_token_and_a_token_no_cookie() {
    let site = Site::open();
    let ada = site.member("Ada").await;
    let text = json!({ "text": "hello" });
    // The cookie goes along, and counts for nothing.
    let with_cookie = ada.post("/api/posts").json(&text).send().await;
    let with_cookie = with_cookie.assert_status(401);
    assert!(
        with_cookie
            .header("www-authenticate")
            .unwrap()
            .starts_with("Bearer")
    );
    let cookie = format!("Bearer {}", ada.cookie("session").unwrap());
    let as_token = ada.post("/api/posts").json(&text);
    let as_token = as_token.header("authorization", cookie);
    as_token.send().await.assert_status(401);

    let bearer = token(&ada, "Ada").await;
    let visitor = site.visitor();
    visitor.set_cookie(("session", bearer.trim_start_matches("Bearer ").to_owned()));
    assert!(page(&visitor, "/").await.contains("Sign in"));
}

#[tokio::test]
async fn nobody_deletes_the_posts_of_others() {
    let site = Site::open();
    let ada = site.member("Ada").await;
    site.member("Eve").await;
    post(&ada, "mine").await;
    let program = site.visitor();
    let delete = program.delete("/api/posts/1");
    let delete = delete.header("authorization", token(&program, "Eve").await);
    delete.send().await.assert_status(403);
    program.get("/api/posts/1").send().await.assert_status(200);
}

#[tokio::test]
async fn the_document_describes_what_is_there() {
    let site = Site::open();
    let visitor = site.visitor().mounted_at("/cards");
    let mut answer = visitor
        .get("/api/openapi.json")
        .send()
        .await
        .assert_status(200);
    let document: Value = answer.json().await;
    assert_eq!(document["servers"][0]["url"], "/cards/api");
    let read = page(&visitor, "/api/").await;

    let mut operations = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            operations += 1;
            let line = format!("{} /cards/api{path}", method.to_uppercase());
            assert!(read.contains(&line), "{line}: {read}");
            let method = method.to_uppercase().parse().unwrap();
            let path = format!("/api{}", path.replace("{id}", "99"));
            let response = visitor.request(method, &path).send().await;
            // Without a body or a token it is refused, as the document says, and it is there.
            let status = response.status().as_u16();
            let is_described = operation["responses"].get(status.to_string()).is_some();
            assert!(is_described || status == 415, "{path}: {status}");
            assert_ne!(status, 405, "{path}");
        }
    }
    assert_eq!(operations, 5);

    // Each reference leads somewhere.
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
    // The names of the fields are those that are sent.
    let ada = site.member("Ada").await;
    post(&ada, "hello").await;
    let shown: Value = ada.get("/api/posts/1").send().await.json().await;
    let described = document["components"]["schemas"]["Post"]["properties"].as_object();
    let described: Vec<_> = described.unwrap().keys().collect();
    assert_eq!(
        described,
        shown.as_object().unwrap().keys().collect::<Vec<_>>()
    );
}
