//! The fields of requests, as apps see them read.

mod common;

use common::{answer, environ, get, post, with};
use gateway_core::{HttpError, view};
use gateway_util::{EnvironExt, FormLimits, Hosts, HttpErrorFields, MiddlewareExt, Pairs};
use http::Request;
use serde::Deserialize;

fn status<T>(result: Result<T, HttpError>) -> u16 {
    result.map_or_else(|error| error.status().as_u16(), |_| 200)
}

#[tokio::test]
async fn rfc9110_8_3_1_a_content_type_may_have_white_space_and_empty_parameters() {
    for parameters in [
        "",
        ";",
        " ;",
        " ; charset=utf-8",
        "\t;\tcharset=utf-8",
        ";;charset=utf-8",
        "; ; charset=utf-8",
        ";charset=\"\"",
        ";a=\"\\\"\"",
        ";a=\"; boundary=x\"",
        "; CHARSET=UTF-8 ",
    ] {
        let json = format!("application/json{parameters}");
        let read = post(&json, "[1,2]").json::<Vec<u32>>(100).await;
        assert_eq!(read.unwrap(), [1, 2], "{json}");
        let problem = format!("application/problem+json{parameters}");
        assert!(
            post(&problem, "[]").json::<Vec<u32>>(100).await.is_ok(),
            "{problem}"
        );
        let form = format!("application/x-www-form-urlencoded{parameters}");
        let read = post(&form, "name=Ada").form(FormLimits::default()).await;
        assert_eq!(read.unwrap().get("name"), Some("Ada"), "{form}");
    }
    for json in [
        "application/json, text/plain",
        "application/json; a=\"",
        "application/json a=b",
    ] {
        assert_eq!(
            status(post(json, "[]").json::<Vec<u32>>(100).await),
            415,
            "{json}"
        );
    }
}

#[tokio::test]
async fn rfc9110_8_4_a_body_in_a_content_coding_is_415() {
    let request = |coding: &str, content_type: &str| {
        let request = Request::post("/").header("content-type", content_type);
        environ(
            request
                .header("content-encoding", coding)
                .body("{}")
                .unwrap(),
        )
    };
    for coding in ["gzip", "GZIP", "identity, br", "deflate, gzip", "x"] {
        let error = request(coding, "application/json")
            .json::<serde_json::Value>(9)
            .await;
        let error = error.unwrap_err();
        assert_eq!(error.status(), 415);
        assert_eq!(error.headers()["accept-encoding"], "identity");
        for form in [
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=b",
        ] {
            let read = request(coding, form).form(FormLimits::default()).await;
            assert_eq!(status(read), 415, "{coding} {form}");
        }
    }
    for coding in ["", "identity", "Identity , identity", ","] {
        let read = request(coding, "application/json")
            .json::<serde_json::Value>(9)
            .await;
        assert_eq!(status(read), 200, "{coding}");
    }
}

#[tokio::test]
async fn rfc9110_12_5_1_what_java_accepts_by_default_is_not_406() {
    let line = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2";
    let asked = environ(with("/", &[("accept", line)]));
    assert_eq!(
        asked.negotiate(&["application/json"]).unwrap(),
        "application/json"
    );
    let asked = environ(with("/", &[("accept-encoding", "gzip;q=.5, br")]));
    assert_eq!(
        asked.accept_encoding().best_encoding(&["gzip", "br"]),
        Some("br")
    );
}

#[tokio::test]
async fn rfc1035_2_3_4_a_host_of_more_than_255_bytes_is_400() {
    let hosts = || {
        Hosts::new()
            .at("*.example", view(async |_| "below"))
            .fallback(view(async |_| "other"))
    };
    for (labels, expected) in [(124, 200), (125, 400), (100_000, 400)] {
        let host = "a.".repeat(labels) + "example";
        let direct = with("/", &[("host", &host)]);
        assert_eq!(answer(hosts(), direct).await.status, expected, "{labels}");
        let port = format!("{host}:8000");
        assert_eq!(
            answer(hosts(), with("/", &[("host", &port)])).await.status,
            expected
        );
        let fixed = [("host", "h"), ("x-forwarded-host", &*host)];
        let app = hosts().proxy_fix().x_host(1);
        assert_eq!(
            answer(app, with("/", &fixed)).await.status,
            expected,
            "{labels}"
        );
        let line = format!("for=192.0.2.1;host=\"{host}\"");
        let fixed = [("host", "h"), ("forwarded", &*line)];
        let app = hosts().proxy_fix().forwarded(1);
        assert_eq!(
            answer(app, with("/", &fixed)).await.status,
            expected,
            "{labels}"
        );
    }
}

#[tokio::test]
async fn rfc7239_4_a_pair_that_is_empty_loses_nothing() {
    let app = || {
        let app = view(async |environ: gateway_core::Environ| {
            let host = environ.host().map(std::borrow::Cow::into_owned);
            format!("{:?} {} {host:?}", environ.client_addr(), environ.scheme())
        });
        app.proxy_fix().forwarded(1)
    };
    for line in [
        "for=192.0.2.1;proto=https;host=ex.example;",
        "for=192.0.2.1;;proto=https;host=ex.example",
        ";;for=192.0.2.1; ;proto=https;host=ex.example",
    ] {
        let answer = answer(app(), with("/", &[("host", "h"), ("forwarded", line)])).await;
        assert_eq!(
            answer.text(),
            "Some(192.0.2.1) https Some(\"ex.example\")",
            "{line}"
        );
    }
}

#[tokio::test]
async fn a_prefix_is_judged_as_a_browser_reads_it() {
    let app = || {
        let app = view(async |environ: gateway_core::Environ| environ.raw_script_name().to_owned());
        app.proxy_fix().x_prefix(1)
    };
    for (prefix, expected) in [
        ("/shop", "/shop"),
        ("/caf%C3%A9", "/caf%C3%A9"),
        ("//evil.example", ""),
        ("/%2f%2fevil.example", ""),
        ("/%2Fevil.example", ""),
        ("/%5cevil.example", ""),
        ("/%09%2fevil.example", ""),
        ("/%0d%0a/evil", ""),
    ] {
        let answer = answer(app(), with("/x", &[("x-forwarded-prefix", prefix)])).await;
        assert_eq!(answer.text(), expected, "{prefix}");
    }
}

#[tokio::test]
async fn only_trusted_hosts_are_served() {
    let app = || view(async |_| "hello").trusted_hosts(["example.org", "*.example.org"]);
    for (host, expected) in [
        ("example.org", 200),
        ("EXAMPLE.org.:80", 200),
        ("a.b.example.org", 200),
        ("evil.example", 400),
        ("example.org.evil.example", 400),
        ("xexample.org", 400),
        (".example.org", 400),
    ] {
        assert_eq!(
            answer(app(), with("/", &[("host", host)])).await.status,
            expected,
            "{host}"
        );
    }
    assert_eq!(answer(app(), get("/")).await.status, 400);
}

#[derive(Debug, PartialEq, Deserialize)]
struct Search {
    #[serde(default)]
    tag: Vec<String>,
    page: Option<u32>,
    q: Option<String>,
}

#[tokio::test]
async fn a_repeated_name_is_a_vec_and_an_empty_number_is_none() {
    let search = |tag: &[&str], page, q: Option<&str>| Search {
        tag: tag.iter().map(|tag| (*tag).to_owned()).collect(),
        page,
        q: q.map(str::to_owned),
    };
    for (query, expected) in [
        (
            "tag=a&page=2&tag=b&q=x",
            search(&["a", "b"], Some(2), Some("x")),
        ),
        ("tag=a", search(&["a"], None, None)),
        ("page=", search(&[], None, None)),
        ("q=", search(&[], None, Some(""))),
        ("other=1", search(&[], None, None)),
    ] {
        assert_eq!(
            Pairs::from_urlencoded(query.as_bytes())
                .deserialize::<Search>()
                .unwrap(),
            expected,
            "{query}"
        );
        let mut form = post("application/x-www-form-urlencoded", query);
        let form = form.form(FormLimits::default()).await.unwrap();
        assert_eq!(form.deserialize::<Search>().unwrap(), expected, "{query}");
    }
}

#[tokio::test]
async fn why_a_body_did_not_deserialise_is_told_when_asked() {
    let query = Pairs::from_urlencoded(b"page=x").deserialize::<Search>();
    let silent = Pairs::from_urlencoded(b"page=x")
        .deserialize::<Search>()
        .unwrap_err();
    assert!(!silent.description().contains("digit"));
    let told = query.unwrap_err().explained();
    assert_eq!(
        (told.status().as_u16(), told.description()),
        (400, "invalid digit found in string")
    );
    let json = post("application/json", "[1, \"x\"]")
        .json::<Vec<u32>>(100)
        .await;
    let told = json.unwrap_err().explained();
    assert!(
        told.description().starts_with("invalid type: string"),
        "{}",
        told.description()
    );
    // What is not about a shape stays private.
    let other = HttpError::bad_request().with_source("secret").explained();
    assert!(!other.description().contains("secret"));
}

#[test]
fn rfc6265bis_5_6_a_cookie_keeps_white_space_other_than_space_and_tab() {
    let asked = environ(with("/", &[("cookie", "\u{2000}user=evil; user=good")]));
    assert_eq!(asked.cookies().get("user"), Some("good"));
    let asked = environ(with(
        "/",
        &[("cookie", "\u{2000}__Host-id=evil; __Host-id=good")],
    ));
    assert_eq!(asked.cookies().get("__Host-id"), Some("good"));
}

#[test]
fn queries_and_forms_are_read_as_large_as_they_come() {
    // Each pair is looked at once: names are not compared with one another.
    let query = "a=1&".repeat(10_000);
    assert_eq!(Pairs::from_urlencoded(query.as_bytes()).len(), 10_000);
}
