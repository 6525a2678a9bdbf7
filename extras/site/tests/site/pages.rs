//! What all pages have in common: errors, links, headers.

use crate::support::{Site, page, plain, post};

#[tokio::test]
async fn an_error_is_a_page_of_the_site() {
    let site = Site::open();
    let visitor = site.visitor().mounted_at("/cards");
    for path in [
        "/nowhere",
        "/posts/99",
        "/posts/x",
        "/posts/%ff",
        "/pictures/x",
    ] {
        let mut answer = visitor.get(path).send().await.assert_status(404);
        let text = plain(&answer.text().await);
        assert!(text.contains("<h1>Not Found</h1>"), "{text}");
        assert!(text.contains("href=\"/cards/\""), "{text}");
    }
    let answer = visitor.put("/").send().await.assert_status(405);
    answer.assert_header("allow", "GET, HEAD, OPTIONS");
}

#[tokio::test]
async fn every_response_tells_browsers_to_be_careful() {
    let site = Site::open();
    let visitor = site.visitor();
    for path in [
        "/",
        "/nowhere",
        "/api/posts",
        "/api/nowhere",
        "/assets/site.css",
    ] {
        let answer = visitor.get(path).send().await;
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'self'"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert!(answer.header("x-request-id").is_some());
    }
    // Nothing on a page needs more.
    let text = page(&visitor, "/").await;
    assert!(
        !text.contains("style=") && !text.contains("onclick"),
        "{text}"
    );
    assert!(
        !text.contains("<script>") && !text.contains("<style"),
        "{text}"
    );
}

#[tokio::test]
async fn the_site_can_be_mounted_anywhere() {
    let site = Site::open();
    let ada = site.member("Ada").await;
    post(&ada, "hello").await;
    let visitor = site.visitor().mounted_at("/cards");
    for path in ["", "/", "/posts/1", "/sign-in", "/sign-up", "/api/"] {
        let text = page(&visitor, path).await;
        for (attribute, link) in ["href=\"", "src=\"", "action=\""]
            .iter()
            .flat_map(|name| text.split(name).skip(1).map(move |rest| (name, rest)))
        {
            let link = link.split('"').next().unwrap();
            assert!(
                link.starts_with("/cards/") || link.starts_with('#'),
                "{path}: {attribute}{link}"
            );
            if link.starts_with('/') && *attribute != "action=\"" {
                let link = link.strip_prefix("/cards").unwrap();
                visitor.get(link).send().await.assert_status(200);
            }
        }
    }
}

#[tokio::test]
async fn a_page_that_has_not_changed_is_not_sent_again() {
    let site = Site::open();
    let visitor = site.visitor();
    let sheet = visitor.get("/assets/site.css").send().await;
    let sheet = sheet.assert_header("content-type", "text/css; charset=utf-8");
    let tag = sheet.header("etag").unwrap();
    let again = visitor.get("/assets/site.css").header("if-none-match", tag);
    again.send().await.assert_status(304);
    visitor
        .get("/assets/other.css")
        .send()
        .await
        .assert_status(404);

    let head = visitor.head("/").send().await.assert_status(200);
    let get = visitor.get("/").send().await;
    head.assert_header("content-length", get.header("content-length").unwrap());
}

#[test]
fn the_readme_shows_a_view_of_the_site() {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once("```rust\n").unwrap();
    let (view, _) = rest.split_once("```").unwrap();
    assert!(
        include_str!("../../src/views/posts.rs").contains(view),
        "{view}"
    );
}
