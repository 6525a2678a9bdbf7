use gateway_core::{App, Environ, view};
use gateway_testing::Client;

/// Sets the cookie that the query is, and shows those that were sent.
fn cookies() -> impl App {
    view(async |environ: Environ| {
        let seen = environ
            .get("HTTP_COOKIE")
            .map_or_else(|| "-".to_owned(), |value| value.to_string());
        let set: Vec<(&str, String)> = environ
            .query_string()
            .split('&')
            .filter(|line| !line.is_empty())
            .map(|line| ("set-cookie", line.replace('+', " ")))
            .collect();
        (seen, set)
    })
}

async fn sent(client: &Client, path: &str) -> String {
    client.get(path).send().await.text().await
}

#[tokio::test]
async fn cookies_are_kept_and_sent_back() {
    let client = Client::new(cookies());
    assert_eq!(sent(&client, "/?a=1;+HttpOnly&b=2").await, "-");
    assert_eq!(sent(&client, "/").await, "a=1; b=2");
    assert_eq!(sent(&client, "/?a=3").await, "a=1; b=2");
    assert_eq!(client.cookie("a").as_deref(), Some("3"));
    client.clear_cookies();
    assert_eq!(sent(&client, "/").await, "-");
    client.set_cookie(("c", "4"));
    assert_eq!(sent(&client, "/deep/down").await, "c=4");
    let by_hand = client.get("/").header("cookie", "own=1").send().await;
    by_hand.assert_text("own=1").await;
}

#[tokio::test]
async fn cookies_go_to_their_path() {
    let client = Client::new(cookies());
    sent(
        &client,
        "/shop/cart?here=1&all=2;+Path=/&deep=3;+Path=/shop/cart/x",
    )
    .await;
    assert_eq!(sent(&client, "/").await, "all=2");
    assert_eq!(sent(&client, "/shop").await, "here=1; all=2");
    assert_eq!(sent(&client, "/shopping").await, "all=2");
    assert_eq!(
        sent(&client, "/shop/cart/x/y").await,
        "deep=3; here=1; all=2"
    );
}

#[tokio::test]
async fn cookies_go_to_their_domain() {
    let client = Client::new(cookies()).origin("http://a.shop.example");
    let set = "/?own=1&wide=2;+Domain=.shop.example&evil=3;+Domain=other.example\
               &part=4;+Domain=hop.example";
    sent(&client, set).await;
    assert_eq!(sent(&client, "/").await, "own=1; wide=2");
    // The same cookies seen from another host of the domain.
    let client = client.origin("http://b.shop.example");
    assert_eq!(sent(&client, "/").await, "wide=2");
}

#[tokio::test]
async fn cookies_end_when_they_expire() {
    let client = Client::new(cookies());
    let past = "Expires=Wed,+21+Oct+2015+07:28:00+GMT";
    sent(&client, "/?a=1;+Max-Age=1000&b=2&c=3").await;
    sent(&client, &format!("/?b=;+Max-Age=0&c=;+{past}&d=4;+{past}")).await;
    assert_eq!(sent(&client, "/").await, "a=1");
    // Max-Age wins.
    sent(&client, &format!("/?e=5;+Max-Age=1000;+{past}")).await;
    assert_eq!(sent(&client, "/").await, "a=1; e=5");
    // Deleting takes the same path.
    sent(&client, "/x/y?a=;+Max-Age=0").await;
    assert_eq!(client.cookie("a").as_deref(), Some("1"));
}

#[tokio::test]
async fn secure_cookies_go_over_https_only() {
    let client = Client::new(cookies());
    sent(&client, "/?a=1;+Secure").await;
    assert_eq!(sent(&client, "/").await, "-");
    let client = client.origin("https://localhost");
    assert_eq!(sent(&client, "/").await, "a=1");
}
