//! Uploads.

use std::fs;

use crate::support::{PICTURE, Site, page, token};

/// The path of the picture on a page.
fn picture_on(page: &str) -> &str {
    let (_, rest) = page.split_once("<img src=\"").unwrap();
    rest.split('"').next().unwrap()
}

fn files(site: &Site) -> usize {
    fs::read_dir(site.directory().join("pictures"))
        .unwrap()
        .count()
}

#[tokio::test]
async fn a_picture_is_shown_with_its_description() {
    let site = Site::open();
    let ada = site.member("Ada").await;
    let token = token(&ada).await;
    let request = ada.post("/posts").multipart(|form| {
        form.text("token", &*token)
            .text("text", "at the sea")
            .text("description", "Waves & \"foam\"")
            .file("picture", "../../sea.html", "text/html", PICTURE)
    });
    let answer = request.follow_redirects().send().await;
    let shown = answer.assert_status(200).text().await;
    assert!(
        shown.contains("alt=\"Waves &amp; &quot;foam&quot;\""),
        "{shown}"
    );

    let visitor = site.visitor();
    let path = picture_on(&shown);
    let mut picture = visitor.get(path).send().await.assert_status(200);
    assert_eq!(picture.bytes().await, PICTURE);
    // The type is that of the bytes, whatever the client has said.
    let picture = picture
        .assert_header("content-type", "image/png")
        .assert_header("x-content-type-options", "nosniff")
        .assert_header("cache-control", "public, max-age=31536000, immutable");
    let tag = picture.header("etag").unwrap().to_owned();
    let again = visitor.get(path).header("if-none-match", tag);
    again.send().await.assert_status(304);
    let part = visitor.get(path).header("range", "bytes=1-3").send().await;
    part.assert_status(206).assert_text("PNG").await;

    // It goes with its post.
    assert_eq!(files(&site), 1);
    let form = [("token", token)];
    ada.post("/posts/1/delete")
        .form(&form)
        .send()
        .await
        .assert_status(303);
    assert_eq!(files(&site), 0);
    visitor.get(path).send().await.assert_status(404);
}

#[tokio::test]
async fn what_is_no_picture_or_too_large_is_refused() {
    let site = Site::open();
    let ada = site.member("Ada").await;
    let token = token(&ada).await;
    let send = async |name: &str, bytes: Vec<u8>| {
        let request = ada.post("/posts").multipart(|form| {
            let form = form.text("token", &*token).text("text", "look");
            form.file("picture", name, "image/png", bytes)
        });
        request.send().await
    };
    let mut page = send("a.png", b"<script>alert(1)</script>".to_vec()).await;
    assert!(page.text().await.contains("A picture is a PNG"));
    page.assert_status(422);

    let mut large = PICTURE.to_vec();
    large.resize(2 * 1024 * 1024 + 1, 0);
    send("a.png", large.clone()).await.assert_status(413);
    large.resize(3 * 1024 * 1024, 0);
    send("a.png", large.clone()).await.assert_status(413);
    assert_eq!(files(&site), 0);

    large.truncate(2 * 1024 * 1024);
    send("a.png", large).await.assert_status(303);
    assert_eq!(files(&site), 1);
}

#[tokio::test]
async fn no_name_leads_out_of_the_directory() {
    let site = Site::open();
    let visitor = site.visitor();
    for name in [
        "..%2fsite.db",
        "%2e%2e%2fsite.db",
        "site.db",
        ".png",
        "00000000000000000000000000000000.html",
        "00000000000000000000000000000000.png",
        "0000000000000000000000000000000\u{fc}.png",
    ] {
        let path = format!("/pictures/{name}").replace('\u{fc}', "%c3%bc");
        visitor.get(&path).send().await.assert_status(404);
    }
    assert!(page(&visitor, "/").await.contains("Nothing here yet."));
}
