//! What people see of the showcase, and programs do not; and the parts of its pages.

use gateway_testing::Client;

/// What a browser sends when somebody follows a link.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

#[tokio::test]
async fn the_way_in_leads_people_to_the_showcase() {
    let client = Client::new(examples::site());
    let led = client.get("/").header("accept", BROWSER).send().await;
    let led = led
        .assert_status(303)
        .assert_header("location", "/showcase");
    led.assert_header("vary", "accept");
    for accept in ["*/*", "application/json", "text/plain"] {
        let plain = client.get("/").header("accept", accept).send().await;
        plain.assert_status(200).assert_text("Hello, World!").await;
    }
    let asked_for = client.get("/?plain").header("accept", BROWSER).send().await;
    asked_for.assert_text("Hello, World!").await;

    let mounted = Client::new(examples::site()).mounted_at("/shop");
    let led = mounted.get("/").header("accept", BROWSER).send().await;
    led.assert_header("location", "/shop/showcase");
}

#[tokio::test]
async fn errors_look_like_the_showcase_to_people() {
    let client = Client::new(examples::site()).mounted_at("/shop");
    for (path, status, name) in [
        ("/nowhere", 404, "Not Found"),
        ("/util/nowhere", 404, "Not Found"),
        ("/abort", 500, "Internal Server Error"),
        ("/lab/error", 500, "Internal Server Error"),
    ] {
        let styled = client.get(path).header("accept", BROWSER).send().await;
        let mut styled = styled.assert_status(status).assert_header("vary", "accept");
        let text = styled.text().await.replace("&#x2f;", "/");
        assert!(text.contains(&format!("<h1>{name}</h1>")), "{text}");
        assert!(text.contains("href=\"/shop/showcase.css\""), "{text}");
        assert!(text.contains("href=\"/shop/showcase\""), "{text}");

        // A script of a page is a program: a card shows what that gets.
        let mut plain = client.get(path).header("accept", "*/*").send().await;
        let text = plain.text().await;
        assert!(
            text.starts_with("<!doctype html>\n<html lang=en>"),
            "{text}"
        );
    }
    let refused = client.put("/string").header("accept", BROWSER).send().await;
    let refused = refused.assert_status(405);
    refused.assert_header("allow", "GET, HEAD");
}

#[tokio::test]
async fn a_page_has_no_script_and_no_style_of_its_own() {
    let client = Client::new(examples::site());
    for path in ["/showcase", "/util"] {
        let mut page = client.get(path).send().await.assert_status(200);
        let policy = page.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        let text = page.text().await;
        for part in [
            "<script>",
            "<style",
            " style=",
            " onclick=",
            "http://",
            "https://",
        ] {
            let in_code = text.split("<pre").next().unwrap_or_default();
            assert!(!in_code.contains(part), "{path}: {part}");
        }
        for part in ["./showcase.css", "./showcase.js"] {
            assert!(text.contains(&format!("\"{part}\"")), "{path}: {part}");
        }
    }
    for path in ["/showcase.css", "/showcase.js"] {
        let part = client.get(path).send().await.assert_status(200);
        let tag = part.header("etag").unwrap_or_default().to_owned();
        let again = client.get(path).header("if-none-match", tag).send().await;
        again.assert_status(304);
    }
}
