//! Reading requests, with bad input for every helper.

mod common;

use common::{environ, get, input_of, post, with};
use gateway_core::{Connection, Environ, HttpError};
use gateway_util::{Authorization, BasicCredentials, EnvironExt, FormLimits};
use http::Request;
use serde::Deserialize;

const URLENCODED: &str = "application/x-www-form-urlencoded";

fn status<T>(result: Result<T, HttpError>) -> Option<u16> {
    result.err().map(|error| error.status().as_u16())
}

#[test]
fn test_url_decoding_query_args() {
    let query = environ(get(
        "/?foo=%C3%BC&bar=a+b&baz&=empty&bar=2&x=%FF&y=%zz&a=b=c&&",
    ))
    .query();
    let pairs: Vec<_> = query.iter().collect();
    assert_eq!(
        pairs,
        [
            ("foo", "ü"),
            ("bar", "a b"),
            ("baz", ""),
            ("", "empty"),
            ("bar", "2"),
            ("x", "\u{FFFD}"),
            ("y", "%zz"),
            ("a", "b=c"),
        ]
    );
    assert_eq!(query.get_all("bar").collect::<Vec<_>>(), ["a b", "2"]);
    assert_eq!(query.get("none"), None);
    assert!(environ(get("/?")).query().is_empty());
    assert_eq!(environ(get("/")).query().len(), 0);
}

#[derive(Debug, Deserialize, PartialEq)]
struct Page {
    page: u32,
    #[serde(default)]
    order: String,
}

#[test]
fn queries_become_structs_or_400() {
    let read = |query: &str| environ(get(query)).query().deserialize::<Page>();
    let page = read("/?page=2&order=%26%3D&more=x").unwrap();
    assert_eq!(
        page,
        Page {
            page: 2,
            order: "&=".into()
        }
    );
    for bad in ["/", "/?page=x", "/?page=-1", "/?page=1&page=2"] {
        assert_eq!(status(read(bad)), Some(400), "{bad}");
    }
}

#[test]
fn cookies_are_read_whatever_stands_between_them() {
    let cookies = environ(with(
        "/",
        &[
            ("cookie", "a=1; b=\"two\"; broken; =x; a=3;;c=a=b"),
            ("cookie", "d=%20;"),
        ],
    ))
    .cookies();
    let pairs: Vec<_> = cookies.iter().collect();
    assert_eq!(
        pairs,
        [
            ("a", "1"),
            ("b", "two"),
            ("a", "3"),
            ("c", "a=b"),
            ("d", "%20")
        ]
    );
    assert_eq!(cookies.get("a"), Some("1"));
    assert!(environ(get("/")).cookies().is_empty());
    let mut bytes = get("/");
    let value = http::HeaderValue::from_bytes(b"a=\xFF; b=1").unwrap();
    bytes.headers_mut().insert("cookie", value);
    assert_eq!(environ(bytes).cookies().get("b"), Some("1"));
}

#[tokio::test]
async fn json_has_a_type_a_bound_and_a_form() {
    for content_type in ["application/json", "Application/JSON; charset=utf-8"] {
        let result = post(content_type, "[1, 2]").json::<Vec<u32>>(6).await;
        assert_eq!(result.unwrap(), [1, 2], "{content_type}");
    }
    let problem = post("application/merge-patch+json", "[1]")
        .json::<Vec<u32>>(6)
        .await;
    assert_eq!(problem.unwrap(), [1]);
    for (content_type, body, limit, expected) in [
        ("text/plain", "[1]", 10, 415),
        ("application/jsonx", "[1]", 10, 415),
        ("nonsense", "[1]", 10, 415),
        ("", "[1]", 10, 415),
        ("application/json", "[1, 2, 3]", 8, 413),
        ("application/json", "[1,", 10, 400),
        ("application/json", "", 10, 400),
        ("application/json", "\"text\"", 10, 400),
        ("application/json", "[1] x", 10, 400),
    ] {
        let result = post(content_type, body).json::<Vec<u32>>(limit).await;
        assert_eq!(status(result), Some(expected), "{content_type} {body}");
    }
    let untyped = Request::post("/").body("[1]").unwrap();
    assert_eq!(
        status(environ(untyped).json::<Vec<u32>>(10).await),
        Some(415)
    );
    let not_utf8 = post("application/json", &b"\"\xFF\""[..])
        .json::<String>(10)
        .await;
    assert_eq!(status(not_utf8), Some(400));
    let nested = "[".repeat(100_000);
    let nested = post("application/json", nested)
        .json::<serde_json::Value>(200_000)
        .await;
    assert_eq!(status(nested), Some(400));
}

#[tokio::test]
async fn i4_a_declared_length_over_the_limit_is_refused_unread() {
    let request = |content_type: &str| {
        let never = futures_util::stream::poll_fn(
            |_| -> std::task::Poll<Option<Result<&str, std::io::Error>>> {
                panic!("the body was read")
            },
        );
        let body = gateway_core::Body::from_stream(never);
        let request = Request::post("/")
            .header("content-type", content_type)
            .header("content-length", "1000");
        environ(request.body(body).unwrap())
    };
    let json = request("application/json").json::<String>(999).await;
    assert_eq!(status(json), Some(413));
    let limits = FormLimits::default().body(999);
    assert_eq!(
        status(request(URLENCODED).form(limits.clone()).await),
        Some(413)
    );
    let multipart = request("multipart/form-data; boundary=x")
        .form(limits)
        .await;
    assert_eq!(status(multipart), Some(413));
}

#[tokio::test]
async fn i3_a_body_that_is_cut_short_is_400() {
    for content_type in [
        "application/json",
        URLENCODED,
        "multipart/form-data; boundary=x",
    ] {
        let request = Request::post("/")
            .header("content-type", content_type)
            .header("content-length", "1000")
            .body(input_of(["[1]"]))
            .unwrap();
        let mut environ = environ(request);
        let result = if content_type == "application/json" {
            environ.json::<Vec<u32>>(2000).await.map(drop)
        } else {
            environ.form(FormLimits::default()).await.map(drop)
        };
        assert_eq!(status(result), Some(400), "{content_type}");
    }
}

#[tokio::test]
async fn urlencoded_forms_are_bounded_by_text_and_parts() {
    let read = async |body: String, limits: FormLimits| post(URLENCODED, body).form(limits).await;
    let form = read("a=1&b=x+y&a=2".into(), FormLimits::default())
        .await
        .unwrap();
    assert_eq!(form.get("b"), Some("x y"));
    assert_eq!(form.fields().get_all("a").collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(status(form.require("none")), Some(400));
    let long = format!("a={}", "x".repeat(500_000));
    assert_eq!(status(read(long, FormLimits::default()).await), Some(413));
    let many = "a&".repeat(1_001);
    assert_eq!(status(read(many, FormLimits::default()).await), Some(413));
    assert!(read("a&".repeat(999), FormLimits::default()).await.is_ok());
    assert_eq!(
        status(read("a=12345".into(), FormLimits::default().text(6)).await),
        Some(413)
    );
    assert_eq!(
        status(read("a=12345".into(), FormLimits::default().body(6)).await),
        Some(413)
    );
    assert!(
        read(String::new(), FormLimits::default())
            .await
            .unwrap()
            .fields()
            .is_empty()
    );
}

#[tokio::test]
async fn forms_of_another_type_are_415() {
    for content_type in [
        "text/plain",
        "application/json",
        "multipart/mixed; boundary=x",
        "",
        "x",
    ] {
        let result = post(content_type, "a=1").form(FormLimits::default()).await;
        assert_eq!(status(result), Some(415), "{content_type}");
    }
    let untyped = Request::post("/").body("a=1").unwrap();
    assert_eq!(
        status(environ(untyped).form(FormLimits::default()).await),
        Some(415)
    );
}

#[test]
fn negotiation_is_406_where_nothing_fits() {
    let offers = ["text/html", "application/json"];
    let ask = |accept: &str| {
        environ(with("/", &[("accept", accept)]))
            .negotiate(&offers)
            .map(str::to_owned)
    };
    assert_eq!(ask("application/json").unwrap(), "application/json");
    assert_eq!(ask("*/*;q=0.1").unwrap(), "text/html");
    assert_eq!(status(ask("image/png")), Some(406));
    assert_eq!(status(ask("*/*;q=0")), Some(406));
    assert_eq!(environ(get("/")).negotiate(&offers).unwrap(), "text/html");
    assert_eq!(status(environ(get("/")).negotiate(&[])), Some(406));
    // Several lines are one list (E9).
    let lines = with("/", &[("accept", "image/png"), ("accept", "text/*;q=0.5")]);
    assert_eq!(environ(lines).negotiate(&offers).unwrap(), "text/html");
    let languages = environ(with("/", &[("accept-language", "de, en;q=0.5")])).accept_language();
    assert_eq!(languages.best_language(&["en", "de-AT"]), Some("de-AT"));
}

fn authorized(value: &str) -> Environ {
    environ(with("/", &[("authorization", value)]))
}

#[test]
fn test_authorization_header() {
    let aladdin = BasicCredentials {
        user: "Aladdin".into(),
        password: "open sesame:".into(),
    };
    let line = format!("Basic {}", aladdin.encode());
    assert_eq!(authorized(&line).basic_auth("x").unwrap(), aladdin);
    let unpadded = line.trim_end_matches('=').replace("Basic", "bAsIc ");
    assert_eq!(authorized(&unpadded).basic_auth("x").unwrap(), aladdin);
    assert_eq!(
        authorized("Bearer abc.d-e_f~==").bearer_token("x").unwrap(),
        "abc.d-e_f~=="
    );
    assert_eq!(
        authorized("Digest a=b").authorization().unwrap(),
        Some(Authorization::Other("digest".into(), "a=b".into()))
    );
    assert_eq!(environ(get("/")).authorization().unwrap(), None);
}

#[test]
fn bad_credentials_are_400_and_missing_ones_401() {
    for bad in [
        "Basic",
        "Basic !!!",
        "Basic bm8tY29sb24=",
        "Basic /zovLw==",
        "Bearer",
        "Bearer a b",
        "Bearer a,b",
        "Bearer =",
    ] {
        assert_eq!(status(authorized(bad).authorization()), Some(400), "{bad}");
        assert_eq!(status(authorized(bad).basic_auth("x")), Some(400), "{bad}");
    }
    let error = environ(get("/"))
        .basic_auth("the \"shop\"\r\n\\")
        .unwrap_err();
    assert_eq!(error.status(), 401);
    assert_eq!(
        error.headers()["www-authenticate"],
        "Basic realm=\"the \\\"shop\\\"\\\\\""
    );
    let error = authorized("Basic YTpi").bearer_token("api").unwrap_err();
    assert_eq!(error.status(), 401);
    assert_eq!(error.headers()["www-authenticate"], "Bearer realm=\"api\"");
    let twice = with(
        "/",
        &[("authorization", "Bearer a"), ("authorization", "Bearer b")],
    );
    assert_eq!(status(environ(twice).authorization()), Some(400));
}

#[test]
fn debug_shows_no_secrets() {
    let debug = |value: &str| format!("{:?}", authorized(value).authorization().unwrap());
    for line in ["Basic dXNlcjpzZWNyZXQ=", "Bearer secret", "Digest secret"] {
        assert!(!debug(line).contains("secret"), "{}", debug(line));
    }
    assert!(debug("Basic dXNlcjpzZWNyZXQ=").contains("user"));
}

#[test]
fn e16_the_clients_address_is_the_peers() {
    let mut environ = environ(get("/"));
    assert_eq!(environ.client_addr(), None);
    let peer = "[::ffff:192.0.2.1]:5000".parse().unwrap();
    let connection = Connection::new().with_peer_addr(peer);
    environ.set_connection(connection);
    assert_eq!(environ.client_addr(), Some("192.0.2.1".parse().unwrap()));
}
