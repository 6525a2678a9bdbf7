//! Cases of E8 to E11: request headers as CGI variables.

use gateway_core::{Environ, Json};

use crate::capability::Capability;
use crate::case::Case;
use crate::cases::reports::{environ_report, report};
use crate::check::{Look as _, ensure, equal};
use crate::client::Client;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = content_fields();
    cases.extend(repeated_fields());
    cases.extend(underscores());
    cases
}

fn content_fields() -> Vec<Case> {
    vec![
        Case::new("e8_content_type_has_no_http_prefix", &["E8"])
            .app(report)
            .sees(async |client: Client| {
                let request = client
                    .request("POST", "/")
                    .header("content-type", "text/x-suite; a=\"b\"")
                    .body("abc");
                let vars = client.environ(request).await?;
                vars.is("CONTENT_TYPE", r#"text/x-suite; a=\"b\""#)?
                    .has_no("HTTP_CONTENT_TYPE")?;
                Ok(())
            }),
        Case::new("e8_content_length_has_no_http_prefix", &["E8"])
            .app(report)
            .sees(async |client: Client| {
                let request = client.request("POST", "/").body("abc");
                let vars = client.environ(request).await?;
                vars.is("CONTENT_LENGTH", "3")?
                    .has_no("HTTP_CONTENT_LENGTH")?;
                Ok(())
            }),
        Case::new("e8_what_was_not_sent_is_absent", &["E8"])
            .app(report)
            .sees(async |client: Client| {
                for method in ["GET", "POST"] {
                    let vars = client.environ(client.request(method, "/")).await?;
                    // A client may send the length of a POST without a body.
                    if method == "GET" {
                        vars.has_no("CONTENT_LENGTH")?;
                    }
                    vars.has_no("CONTENT_TYPE")?
                        .has_no("HTTP_ACCEPT")?
                        .has_no("HTTP_COOKIE")?
                        .has_no("HTTP_USER_AGENT")?;
                }
                Ok(())
            }),
        Case::new("e8_a_type_is_not_invented_for_a_body", &["E8"])
            .app(report)
            .sees(async |client: Client| {
                let vars = client
                    .environ(client.request("POST", "/").body("a=b"))
                    .await?;
                vars.has_no("CONTENT_TYPE")?;
                Ok(())
            }),
    ]
}

fn repeated_fields() -> Vec<Case> {
    vec![
        Case::new("e9_lines_are_joined_with_a_comma", &["E9"])
            .app(report)
            .sees(async |client: Client| {
                let request = client
                    .request("GET", "/")
                    .header("x-list", "b")
                    .header("x-other", "1")
                    .header("x-list", "a, c");
                client
                    .environ(request)
                    .await?
                    .is("HTTP_X_LIST", "b, a, c")?;
                Ok(())
            }),
        Case::new("e9_cookies_are_joined_with_a_semicolon", &["E9"])
            .app(report)
            .sees(async |client: Client| {
                // HTTP/2 clients send a field for each cookie (RFC 9113 section 8.2.3).
                let request = client
                    .request("GET", "/")
                    .header("cookie", "b=2")
                    .header("cookie", "a=1; c=3");
                client
                    .environ(request)
                    .await?
                    .is("HTTP_COOKIE", "b=2; a=1; c=3")?;
                Ok(())
            }),
        Case::new("e9_lines_are_kept_in_order", &["E9"])
            .view(async |environ: Environ| {
                let lines = environ.headers().get_all("x-line").iter();
                Json(
                    lines
                        .map(|line| line.as_bytes().escape_ascii().to_string())
                        .collect::<Vec<_>>(),
                )
            })
            .sees(async |client: Client| {
                let mut request = client.request("GET", "/");
                let values: Vec<String> = (0..12).map(|n| format!("v{}", (n * 7) % 12)).collect();
                for value in &values {
                    request = request.header("x-line", value);
                }
                let response = client.send(request).await?.status(200)?;
                let seen: Vec<String> = serde_json::from_slice(&response.body)?;
                equal("the lines", seen, values)
            }),
        Case::new("e9_a_value_keeps_its_bytes", &["E9"])
            .needs(Capability::BytesAboveAscii)
            .app(report)
            .sees(async |client: Client| {
                let request = client
                    .request("GET", "/")
                    .header("x-bytes", b"a\tb \xE9\xFF c=\"d\"")
                    .header("x-empty", "");
                client
                    .environ(request)
                    .await?
                    .is("HTTP_X_BYTES", r#"a\tb \xe9\xff c=\"d\""#)?
                    .is("HTTP_X_EMPTY", "")?;
                Ok(())
            }),
        Case::new("e9_look_ups_take_any_case", &["E9"])
            .view(async |environ: Environ| {
                let value = environ.header("X-MiXeD");
                value.map_or_else(String::new, |value| value.to_string())
            })
            .sees(async |client: Client| {
                let request = client.request("GET", "/").header("x-mixed", "seen");
                client.send(request).await?.status(200)?.body("seen")?;
                Ok(())
            }),
    ]
}

fn underscores() -> Vec<Case> {
    vec![
        Case::new("e10_an_underscore_does_not_shadow_a_dash", &["E10"])
            .app(report)
            .sees(async |client: Client| {
                for order in [["x_user_id", "x-user-id"], ["x-user-id", "x_user_id"]] {
                    let mut request = client.request("GET", "/");
                    for name in order {
                        request = request.header(name, name);
                    }
                    let vars = client.environ(request).await?;
                    vars.is("HTTP_X_USER_ID", "x-user-id")?;
                }
                Ok(())
            }),
        Case::new("e10_a_name_with_an_underscore_is_no_variable", &["E10"])
            .app(report)
            .sees(async |client: Client| {
                let request = client
                    .request("GET", "/")
                    .header("x_forwarded_for", "192.0.2.1")
                    .header("content_length", "7");
                let vars = client.environ(request).await?;
                vars.has_no("HTTP_X_FORWARDED_FOR")?
                    .has_no("CONTENT_LENGTH")?
                    .has_no("HTTP_CONTENT_LENGTH")?;
                Ok(())
            }),
        Case::new("e10_an_app_may_ask_for_underscores", &["E10"])
            .view(async |mut environ: Environ| {
                environ.keep_underscored_headers();
                environ_report(&environ)
            })
            .sees(async |client: Client| {
                let request = client
                    .request("GET", "/")
                    .header("x_one", "1")
                    .header("x_two", "wrong")
                    .header("x-two", "2");
                client
                    .environ(request)
                    .await?
                    .is("HTTP_X_ONE", "1")?
                    .is("HTTP_X_TWO", "2")?;
                Ok(())
            }),
        Case::new("e11_proxy_is_never_http_proxy", &["E11"])
            .app(report)
            .sees(async |client: Client| {
                for name in ["proxy", "Proxy"] {
                    let request = client
                        .request("GET", "/")
                        .header(name, "http://evil.example:8080");
                    let vars = client.environ(request).await?;
                    let named = vars
                        .keys()
                        .any(|key| key.eq_ignore_ascii_case("http_proxy"));
                    ensure(!named, "HTTP_PROXY is among the variables")?;
                }
                Ok(())
            }),
    ]
}
