//! Signing up, in and out.

use std::fs;

use crate::support::{PASSWORD, Site, page, post, sign_up, token};

async fn sign_in(
    client: &gateway_testing::Client,
    name: &str,
    password: &str,
) -> gateway_testing::TestResponse {
    let form = [("name", name), ("password", password)];
    client.post("/sign-in").form(&form).send().await
}

#[tokio::test]
async fn who_signs_up_is_signed_in() {
    let site = Site::open();
    let ada = site.visitor();
    assert!(page(&ada, "/").await.contains("Sign up"));
    let answer = sign_up(&ada, "Ada", PASSWORD).await.assert_status(303);
    assert_eq!(answer.header("location"), Some("/"));
    let home = page(&ada, "/").await;
    assert!(home.contains("<span>Ada</span>"), "{home}");
    assert!(!home.contains("Sign up"), "{home}");
    // The form is empty.
    assert!(
        home.contains("></textarea>") && home.contains("maxlength=\"200\" value=\"\""),
        "{home}"
    );
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_for_scripts_and_other_sites() {
    let site = Site::open();
    let answer = sign_up(&site.visitor(), "Ada", PASSWORD).await;
    let cookie = answer.header("set-cookie").unwrap();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "{cookie}");

    let secure = site.visitor().origin("https://cards.example");
    let answer = sign_up(&secure, "Bob", PASSWORD).await;
    assert!(answer.header("set-cookie").unwrap().contains("Secure"));

    let mounted = site.visitor().mounted_at("/cards");
    let answer = sign_up(&mounted, "Cem", PASSWORD).await;
    assert!(
        answer
            .header("set-cookie")
            .unwrap()
            .contains("Path=/cards;")
    );
    assert_eq!(answer.header("location"), Some("/cards/"));
    assert!(page(&mounted, "/").await.contains("<span>Cem</span>"));
}

#[tokio::test]
async fn a_session_ends_on_the_server() {
    let site = Site::open();
    let ada = site.member("Ada").await;
    let stolen = ada.cookie("session").unwrap();
    let form = [("token", token(&ada).await)];
    let answer = ada.post("/sign-out").form(&form).send().await;
    answer.assert_status(303);
    assert_eq!(ada.cookie("session"), None);

    let thief = site.visitor();
    thief.set_cookie(("session", stolen));
    assert!(page(&thief, "/").await.contains("Sign in"));
}

#[tokio::test]
async fn signing_in_needs_the_name_and_the_password() {
    let site = Site::open();
    site.member("Ada").await;
    let visitor = site.visitor();
    let mut wrong = sign_in(&visitor, "Ada", "another password")
        .await
        .assert_status(422);
    let mut unknown = sign_in(&visitor, "Eve", PASSWORD).await.assert_status(422);
    let (wrong, unknown) = (wrong.text().await, unknown.text().await);
    // Nobody learns which names exist.
    assert_eq!(wrong.replace("\"Ada\"", "\"Eve\""), unknown);
    assert!(wrong.contains("role=\"alert\""), "{wrong}");
    assert_eq!(visitor.cookie("session"), None);

    sign_in(&visitor, "ada", PASSWORD).await.assert_status(303);
    assert!(page(&visitor, "/").await.contains("<span>Ada</span>"));
}

#[tokio::test]
async fn each_sign_in_is_a_new_session() {
    let site = Site::open();
    let ada = site.member("Ada").await;
    let first = ada.cookie("session");
    sign_in(&ada, "Ada", PASSWORD).await.assert_status(303);
    let second = ada.cookie("session");
    assert!(first.is_some() && second.is_some() && first != second);
}

#[tokio::test]
async fn bad_names_and_passwords_are_explained() {
    let site = Site::open();
    site.member("Ada").await;
    let visitor = site.visitor();
    for (name, password, advice) in [
        ("ADA", PASSWORD, "This name is taken."),
        ("A", PASSWORD, "A name has 2 to 30"),
        ("<b>Ada</b>", PASSWORD, "A name has 2 to 30"),
        ("Bob", "short", "A password has 10"),
        ("Bob", &"x".repeat(401), "A password has 10"),
    ] {
        let mut answer = sign_up(&visitor, name, password).await.assert_status(422);
        let text = answer.text().await;
        assert!(text.contains(advice), "{name}: {text}");
        // What was typed is there again, but no password.
        assert!(!text.contains("<b>Ada"), "{text}");
        assert!(!text.contains(password), "{text}");
        assert_eq!(visitor.cookie("session"), None);
    }
    let missing = visitor.post("/sign-up").form(&[("name", "Bob")]);
    missing.send().await.assert_status(400);
    let wide = [("name", "Bob".to_owned()), ("password", "x".repeat(5000))];
    let wide = visitor.post("/sign-up").form(&wide);
    wide.send().await.assert_status(413);
}

#[tokio::test]
async fn the_page_of_another_site_can_send_nothing() {
    let site = Site::open();
    let form = [("name", "Ada"), ("password", PASSWORD)];
    let visitor = site.visitor();
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "https://localhost"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let request = visitor.post("/sign-up").form(&form).header(name, value);
        request.send().await.assert_status(403);
    }
    let own = visitor.post("/sign-up").form(&form);
    let own = own.header("origin", "http://localhost");
    own.send().await.assert_status(303);
    let own = visitor.post("/sign-in").form(&form);
    let own = own.header("sec-fetch-site", "same-origin");
    own.send().await.assert_status(303);
}

#[tokio::test]
async fn a_form_needs_the_token_of_its_session() {
    let site = Site::open();
    let (ada, eve) = (site.member("Ada").await, site.member("Eve").await);
    let foreign = token(&eve).await;
    for token in [None, Some(""), Some(&*foreign)] {
        let fields: Vec<_> = token.map(|token| ("token", token)).into_iter().collect();
        let refused = ada.post("/sign-out").form(&fields).send().await;
        refused.assert_status(403);
    }
    assert!(page(&ada, "/").await.contains("<span>Ada</span>"));
}

#[tokio::test]
async fn the_files_hold_no_password_and_no_secret() {
    let site = Site::open();
    let ada = site.member("Ada").await;
    post(&ada, "hello, disk").await;
    let secret = ada.cookie("session").unwrap();
    let mut all = Vec::new();
    for file in fs::read_dir(site.directory()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            all.extend(fs::read(path).unwrap());
        }
    }
    let holds = |text: &str| all.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds("hello, disk") && holds("$argon2id$"));
    assert!(!holds(PASSWORD));
    assert!(!holds(&secret));
}
