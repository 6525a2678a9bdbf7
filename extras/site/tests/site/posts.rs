//! The posts.

use crate::support::{Site, page, post, token};

#[tokio::test]
async fn a_post_is_on_the_page_of_everybody() {
    let site = Site::open();
    let ada = site.member("Ada").await;
    let path = post(&ada, "<script>alert(1)</script> & greetings").await;
    let visitor = site.visitor();
    for path in ["/", &path] {
        let text = page(&visitor, path).await;
        assert!(text.contains("&lt;script&gt;alert(1)"), "{text}");
        assert!(!text.contains("<script>"), "{text}");
        assert!(text.contains(">Ada</h2>"), "{text}");
        // It is not theirs.
        assert!(!text.contains("/delete"), "{text}");
    }
    assert!(page(&ada, &path).await.contains("/delete"));
}

#[tokio::test]
async fn only_a_member_with_a_form_of_their_own_posts() {
    let site = Site::open();
    let visitor = site.visitor();
    let form = [("text", "hello")];
    let answer = visitor.post("/posts").form(&form).send().await;
    assert_eq!(
        answer.assert_status(303).header("location"),
        Some("/sign-in")
    );
    let ada = site.member("Ada").await;
    ada.post("/posts")
        .form(&form)
        .send()
        .await
        .assert_status(403);
    assert!(page(&visitor, "/").await.contains("Nothing here yet."));
}

#[tokio::test]
async fn a_form_that_is_refused_keeps_what_was_typed() {
    let site = Site::open();
    let ada = site.member("Ada").await;
    let token = token(&ada).await;
    for (text, advice) in [
        ("  \n ", "Write something first."),
        (&*"\u{e4}".repeat(2001), "at most 2000 characters"),
    ] {
        let request = ada.post("/posts").multipart(|form| {
            form.text("token", &*token)
                .text("text", text)
                .text("description", "a \"sea\"")
        });
        let mut answer = request.send().await.assert_status(422);
        let page = answer.text().await;
        assert!(page.contains(advice), "{page}");
        assert!(page.contains(text.trim()), "{page}");
        assert!(page.contains("value=\"a &quot;sea&quot;\""), "{page}");
    }
    // The limit is on characters.
    post(&ada, &"\u{e4}".repeat(2000)).await;
}

#[tokio::test]
async fn older_posts_are_on_the_next_page() {
    let site = Site::open();
    let ada = site.member("Ada").await;
    for nth in 1..=12 {
        post(&ada, &format!("number {nth} of 12")).await;
    }
    let visitor = site.visitor();
    let first = page(&visitor, "/").await;
    assert_eq!(first.matches("<article").count(), 10);
    assert!(first.contains("number 12 of 12") && first.contains("number 3 of 12"));
    assert!(!first.contains("number 2 of 12"));
    let (_, rest) = first.split_once("rel=\"next\" href=\"").unwrap();
    let older = rest.split('"').next().unwrap().to_owned();

    // A post that is written meanwhile moves nothing.
    post(&ada, "number 13").await;
    let second = page(&visitor, &older).await;
    assert_eq!(second.matches("<article").count(), 2);
    assert!(second.contains("number 2 of 12") && second.contains("number 1 of 12"));
    assert!(!second.contains("rel=\"next\""));
    assert!(second.contains(">Newest</a>"));

    visitor.get("/?before=x").send().await.assert_status(400);
}

#[tokio::test]
async fn one_deletes_posts_of_ones_own() {
    let site = Site::open();
    let (ada, eve) = (site.member("Ada").await, site.member("Eve").await);
    let path = post(&ada, "to be deleted").await;
    let delete = format!("{path}/delete");
    let form = [("token", token(&eve).await)];
    eve.post(&delete)
        .form(&form)
        .send()
        .await
        .assert_status(403);
    ada.post(&delete)
        .form(&form)
        .send()
        .await
        .assert_status(403);
    page(&eve, &path).await;

    let form = [("token", token(&ada).await)];
    ada.post(&delete)
        .form(&form)
        .send()
        .await
        .assert_status(303);
    ada.get(&path).send().await.assert_status(404);
    ada.post(&delete)
        .form(&form)
        .send()
        .await
        .assert_status(404);
    // Its id is not given again.
    assert_ne!(post(&ada, "the next one").await, path);
}
