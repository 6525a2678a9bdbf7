//! Apps under prefixes: which one is asked, and what it sees.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use gateway_core::{App, AppExt, Environ, view};
use gateway_testing::Client;
use gateway_util::Mount;
use http::Method;

/// An app that tells its name and what it sees.
fn named(name: String) -> impl App {
    view(move |environ: Environ| {
        let seen = format!("{name} {}|{}", environ.script_name(), environ.path_info());
        async move { seen }
    })
}

async fn ask(site: &Mount, target: &str) -> String {
    let environ = Environ::from_request(http::Request::get(target).body(()).unwrap());
    let response = site.respond(environ).await.unwrap();
    let bytes = response.into_body().bytes().await.unwrap();
    String::from_utf8(bytes.into()).unwrap()
}

#[tokio::test]
async fn e3_the_right_one_of_a_thousand_mounts_is_asked() {
    let mut site = Mount::new().fallback(named("none".into()));
    for nth in 0..1000 {
        site = site
            .at(&format!("/app{nth}"), named(format!("a{nth}")))
            .at(&format!("/deep/er/{nth}"), named(format!("d{nth}")));
    }
    for nth in [0, 1, 9, 10, 99, 500, 999] {
        assert_eq!(
            ask(&site, &format!("/app{nth}/x")).await,
            format!("a{nth} /app{nth}|/x")
        );
        assert_eq!(
            ask(&site, &format!("/deep/er/{nth}")).await,
            format!("d{nth} /deep/er/{nth}|")
        );
        assert_eq!(
            ask(&site, &format!("/app{nth}x")).await,
            format!("none |/app{nth}x")
        );
    }
    assert_eq!(ask(&site, "/deep/er/1000").await, "none |/deep/er/1000");
    assert_eq!(ask(&site, "/deep/er").await, "none |/deep/er");
}

#[tokio::test]
async fn e3_the_way_down_may_end_before_an_app() {
    let site = Mount::new()
        .at("/a", named("a".into()))
        .at("/a/b/c/d", named("d".into()))
        .fallback(named("none".into()));
    assert_eq!(ask(&site, "/a/b/c/x").await, "a /a|/b/c/x");
    assert_eq!(ask(&site, "/a/b/c/d/x").await, "d /a/b/c/d|/x");
    assert_eq!(ask(&site, "/b/c/d").await, "none |/b/c/d");
    // Slashes of the path are kept, and are segments (E6).
    assert_eq!(ask(&site, "//a").await, "none |//a");
    assert_eq!(ask(&site, "/a//b/c/d").await, "a /a|//b/c/d");
}

#[tokio::test]
async fn e4_segments_are_decoded_once_and_an_encoded_slash_is_data() {
    let site = Mount::new()
        .at("/caf\u{e9}", named("cafe".into()))
        .at("/a/b", named("ab".into()))
        .at("/50%", named("percent".into()))
        .at("/%2F", named("escaped".into()))
        .fallback(named("none".into()));
    assert_eq!(ask(&site, "/caf%C3%A9/x").await, "cafe /caf\u{e9}|/x");
    assert_eq!(ask(&site, "/%61/%62").await, "ab /a/b|");
    assert_eq!(ask(&site, "/a%2Fb").await, "none |/a/b");
    assert_eq!(ask(&site, "/%61%2fb/c").await, "none |/a/b/c");
    assert_eq!(ask(&site, "/50%25/x").await, "percent /50%|/x");
    // A prefix is decoded text: `%252F` is what decodes to it.
    assert_eq!(ask(&site, "/%252F/x").await, "escaped /%2F|/x");
    assert_eq!(ask(&site, "/%2F/x").await, "none |///x");
}

#[tokio::test]
async fn a_prefix_gets_the_slash_it_lacks() {
    let site = Mount::new().at("shop", named("shop".into()));
    assert_eq!(ask(&site, "/shop/x").await, "shop /shop|/x");
    assert_eq!(format!("{site:?}"), "[\"/shop\"]");
}

#[tokio::test]
async fn e3_a_sibling_sees_nothing_of_a_mount_beside_it() {
    let inner = Mount::new().at("/b", named("b".into()));
    let site = Mount::new().at("/a", inner).at("/a/c", named("c".into()));
    assert_eq!(ask(&site, "/a/b/x").await, "b /a/b|/x");
    assert_eq!(ask(&site, "/a/c/x").await, "c /a/c|/x");
}

fn show() -> impl App + Clone {
    view(async |environ: Environ| format!("{}|{}", environ.script_name(), environ.path_info()))
}

#[tokio::test]
async fn e3_nested_mounts_add_up() {
    let client = Client::new(Mount::new().at("/a", Mount::new().at("/b", show())));
    for (target, text) in [("/a/b/c", "/a/b|/c"), ("/a/b", "/a/b|")] {
        client.get(target).send().await.assert_text(text).await;
    }
    for target in ["/a/bc", "/ab/b"] {
        client.get(target).send().await.assert_status(404);
    }
}

#[tokio::test]
async fn e3_the_longest_mount_wins_whatever_the_order() {
    let named = |name: &str| named(name.to_owned());
    let orders = [
        Mount::new()
            .at("/a", named("a"))
            .at("/a/b", named("ab"))
            .at("/ab", named("other")),
        Mount::new()
            .at("/ab", named("other"))
            .at("/a/b/", named("ab"))
            .at("/a/", named("a")),
        Mount::new()
            .at("/a/b", named("old"))
            .at("/a", named("a"))
            .at("/a/b", named("ab"))
            .at("/ab", named("other")),
    ];
    for site in orders {
        let client = Client::new(site);
        for (target, text) in [
            ("/a", "a /a|"),
            ("/a/", "a /a|/"),
            ("/a/x", "a /a|/x"),
            ("/a/b", "ab /a/b|"),
            ("/a/b/", "ab /a/b|/"),
            ("/a/bc", "a /a|/bc"),
            ("/ab", "other /ab|"),
            ("/a//b", "a /a|//b"),
            ("/%61/b", "ab /a/b|"),
        ] {
            client.get(target).send().await.assert_text(text).await;
        }
        for target in ["/", "/abc", "/A", "/a%2Fb"] {
            client.get(target).send().await.assert_status(404);
        }
        let options = client.request(Method::OPTIONS, "*").send().await;
        options.assert_status(404);
    }
}

#[tokio::test]
async fn a_mount_at_the_root_is_a_fallback() {
    let site = Arc::new(Mount::new().at("/", show()).at("/a", show()));
    let client = Client::new(site);
    client.get("/x").send().await.assert_text("|/x").await;
    client.get("/a/x").send().await.assert_text("/a|/x").await;
    let fallback = Client::new(Mount::default().fallback(show()));
    fallback.get("/x").send().await.assert_text("|/x").await;
}

#[test]
fn a_mount_may_cross_threads() {
    fn is_send_and_sync<T: Send + Sync + 'static>() {}
    is_send_and_sync::<Mount>();
}
