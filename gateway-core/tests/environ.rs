//! E: the environ.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use gateway_core::{
    Connection, Environ, Gateway, HeadSource, HttpError, Input, LentHead, Scheme, VarName, view,
};
use http::{HeaderMap, Method, Request, Uri, Version};

mod support;
use support::{ask, get};

fn environ(target: &str) -> Environ {
    Environ::from_request(get(target))
}

fn var(environ: &Environ, key: &str) -> Option<String> {
    environ.get(key).map(|value| value.to_string())
}

fn with_headers(lines: &[(&str, &str)]) -> Environ {
    let mut request = Request::get("/");
    for (name, value) in lines {
        request = request.header(*name, *value);
    }
    Environ::from_request(request.body(()).unwrap())
}

/// Targets as sent, with what PATH_INFO and QUERY_STRING must be.
const TARGETS: &[(&str, &[u8], &str)] = &[
    ("/", b"/", ""),
    ("/?", b"/", ""),
    ("/a", b"/a", ""),
    ("/a/", b"/a/", ""),
    ("/a//b", b"/a//b", ""),
    ("//a//b", b"//a//b", ""),
    ("//", b"//", ""),
    ("///", b"///", ""),
    ("/a/./b", b"/a/./b", ""),
    ("/a/../b", b"/a/../b", ""),
    ("/..", b"/..", ""),
    ("/a/%2e%2e/b", b"/a/../b", ""),
    ("/a%2Fb", b"/a/b", ""),
    ("/a%2fb", b"/a/b", ""),
    ("/%2F", b"//", ""),
    ("/a%5Cb", b"/a\\b", ""),
    ("/%252F", b"/%2F", ""),
    ("/%25252F", b"/%252F", ""),
    ("/%zz", b"/%zz", ""),
    ("/%", b"/%", ""),
    ("/%4", b"/%4", ""),
    ("/%%41", b"/%A", ""),
    ("/%FF", b"/\xFF", ""),
    ("/%C3%A9", b"/\xC3\xA9", ""),
    ("/%C3", b"/\xC3", ""),
    ("/%00", b"/\0", ""),
    ("/%0D%0A", b"/\r\n", ""),
    ("/%20", b"/ ", ""),
    ("/a+b", b"/a+b", ""),
    ("/%2B", b"/+", ""),
    ("/a;p=1/b;q", b"/a;p=1/b;q", ""),
    ("/%3Fx", b"/?x", ""),
    ("/%23x", b"/#x", ""),
    ("/a?x=1", b"/a", "x=1"),
    ("/a?x=%2F%zz", b"/a", "x=%2F%zz"),
    ("/a?x?y", b"/a", "x?y"),
    ("/?/a", b"/", "/a"),
    ("/a?&&=", b"/a", "&&="),
    ("/:colon@at", b"/:colon@at", ""),
    ("/a|b", b"/a|b", ""),
    ("/a\"b", b"/a\"b", ""),
    ("/{id}", b"/{id}", ""),
    ("/*", b"/*", ""),
    ("/é", b"/\xC3\xA9", ""),
];

#[test]
fn e1_any_token_is_a_method_and_keeps_its_case() {
    for method in ["GET", "get", "Post", "M-SEARCH", "!#$%&'*+-.^_`|~x1"] {
        let request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .body(())
            .unwrap();
        let environ = Environ::from_request(request);
        assert_eq!(environ.request_method().as_str(), method);
        assert_eq!(var(&environ, "REQUEST_METHOD").as_deref(), Some(method));
    }
}

#[test]
fn e2_script_name_is_empty_at_the_root_and_never_ends_in_a_slash() {
    for prefix in ["", "/", "//", "/a", "/a/", "/a//"] {
        let mut environ = environ("/a/b");
        assert!(environ.mount(prefix), "{prefix:?}");
        let script = environ.script_name().to_string();
        assert!(script.is_empty() || script == "/a", "{prefix:?}: {script}");
    }
    let mut environ = environ("/a//b");
    assert!(environ.mount("/a"));
    assert!(!environ.mount("/b"));
    assert_eq!(environ.script_name(), "/a");
    assert_eq!(environ.path_info(), "//b");
    for offset in [1, 3, 5, 6, usize::MAX] {
        let error = environ.set_script_name_len(offset);
        assert_eq!(error.is_ok(), offset == 5, "{offset}");
    }
}

#[test]
fn e3_script_name_and_path_info_are_the_path_byte_for_byte() {
    const PREFIXES: &[&str] = &[
        "", "/", "/a", "/a/", "/a/b", "/é", "/ap", "/a;p=1", "/%2F", "/a/.",
    ];
    for (target, path, _) in TARGETS {
        for prefix in PREFIXES {
            let mut environ = environ(target);
            let mounted = environ.mount(prefix);
            let whole = [
                &*environ.script_name().into_bytes(),
                &*environ.path_info().into_bytes(),
            ]
            .concat();
            assert_eq!(whole, *path, "{target} under {prefix:?}");
            let raw = format!("{}{}", environ.raw_script_name(), environ.raw_path_info());
            assert_eq!(raw, environ.uri().path(), "{target} under {prefix:?}");
            let script = environ.script_name();
            assert!(
                !script.as_bytes().ends_with(b"/"),
                "{target} under {prefix:?}"
            );
            let rest = environ.path_info();
            assert!(
                rest.is_empty() || rest.as_bytes().starts_with(b"/"),
                "{target} under {prefix:?}: {rest}"
            );
            if !mounted {
                assert_eq!(environ.script_name_len(), 0, "{target} under {prefix:?}");
            }
            // What was split can be restored.
            let split = environ.script_name_len();
            environ.set_script_name_len(0).unwrap();
            environ.set_script_name_len(split).unwrap();
        }
    }
}

#[test]
fn e3_a_mount_matches_whole_segments() {
    for (target, prefix, rest) in [
        ("/ap", "/ap", Some("")),
        ("/ap/", "/ap", Some("/")),
        ("/ap/x", "/ap/", Some("/x")),
        ("/apple", "/ap", None),
        ("/a", "/ap", None),
        ("/ap%2Fx", "/ap", None),
        ("/a%70/x", "/ap", Some("/x")),
        ("/a%2Fp/x", "/a/p", None),
        ("/%61p", "/ap", Some("")),
        ("/AP", "/ap", None),
        ("/%C3%A9/x", "/é", Some("/x")),
        ("/é/x", "/é", Some("/x")),
        ("/%zz/x", "/%zz", Some("/x")),
        ("/%252F/x", "/%2F", Some("/x")),
        ("/ap", "ap", Some("")),
        ("/x/ap", "/ap", None),
        ("/ap?/ap", "/ap", Some("")),
        ("/ap/../x", "/ap", Some("/../x")),
    ] {
        let mut environ = environ(target);
        let mounted = environ.mount(prefix);
        assert_eq!(mounted, rest.is_some(), "{target} under {prefix}");
        if let Some(rest) = rest {
            assert_eq!(environ.path_info(), rest, "{target} under {prefix}");
        }
    }
}

#[test]
fn e4_path_info_is_decoded_once() {
    for (target, path, _) in TARGETS {
        assert_eq!(environ(target).path_info(), **path, "{target}");
    }
    let value = environ("/%FF");
    assert_eq!(value.path_info().to_str(), None);
    assert_eq!(value.get("PATH_INFO").unwrap(), b"/\xFF");
}

#[test]
fn e5_the_raw_target_is_unchanged_by_mounting() {
    for (target, _, _) in TARGETS {
        let mut environ = environ(target);
        environ.mount("/a");
        assert_eq!(environ.request_uri(), *target);
        assert_eq!(var(&environ, "REQUEST_URI").as_deref(), Some(*target));
    }
}

#[test]
fn e5_a_very_long_target_is_kept() {
    let target = format!("/{}?{}", "a%2F/".repeat(4000), "q".repeat(20_000));
    let mut environ = environ(&target);
    assert_eq!(environ.request_uri(), target);
    assert_eq!(environ.path_info().len(), 1 + 3 * 4000);
    assert_eq!(environ.query_string().len(), 20_000);
    assert!(!environ.mount("/a"));
    assert!(environ.mount("/"));
}

#[test]
fn e6_segments_and_slashes_are_kept_as_sent() {
    for target in ["/a//b", "//a//b", "/./a/../b/", "/a;p=1;q/b;", "/a/"] {
        assert_eq!(environ(target).path_info(), target);
        assert_eq!(environ(target).raw_path_info(), target);
    }
}

#[test]
fn e7_the_query_is_raw_and_always_there() {
    for (target, _, query) in TARGETS {
        let environ = environ(target);
        assert_eq!(environ.query_string(), *query, "{target}");
        assert_eq!(var(&environ, "QUERY_STRING").as_deref(), Some(*query));
    }
}

#[test]
fn e8_content_fields_have_no_http_prefix() {
    let environ = with_headers(&[("content-type", "a/b"), ("content-length", "12")]);
    assert_eq!(var(&environ, "CONTENT_TYPE").as_deref(), Some("a/b"));
    assert_eq!(var(&environ, "CONTENT_LENGTH").as_deref(), Some("12"));
    assert_eq!(environ.content_length(), Some(12));
    assert_eq!(environ.get("HTTP_CONTENT_TYPE"), None);
    assert_eq!(environ.get("HTTP_CONTENT_LENGTH"), None);
    let vars = environ.vars();
    assert!(!vars.iter().any(|(key, _)| key.starts_with("HTTP_CONTENT")));

    let bare = with_headers(&[]);
    assert_eq!(bare.content_type(), None);
    assert_eq!(bare.content_length(), None);
    assert_eq!(bare.get("CONTENT_TYPE"), None);
    assert_eq!(bare.get("CONTENT_LENGTH"), None);
    // Another field of that family has its prefix.
    let coded = with_headers(&[("content-encoding", "gzip")]);
    assert_eq!(
        var(&coded, "HTTP_CONTENT_ENCODING").as_deref(),
        Some("gzip")
    );
}

#[test]
fn e9_duplicate_headers_keep_their_order() {
    let environ = with_headers(&[
        ("accept", "a"),
        ("cookie", "x=1"),
        ("accept", "b, c"),
        ("cookie", "y=2"),
        ("Accept", ""),
    ]);
    assert_eq!(var(&environ, "HTTP_ACCEPT").as_deref(), Some("a, b, c, "));
    assert_eq!(var(&environ, "HTTP_COOKIE").as_deref(), Some("x=1; y=2"));
    assert_eq!(environ.header("COOKIE").unwrap(), "x=1; y=2");
    let lines: Vec<_> = environ.headers().get_all("accept").iter().collect();
    assert_eq!(lines, ["a", "b, c", ""]);
}

#[test]
fn e10_underscored_names_are_not_seen() {
    let lines = [
        ("x_forwarded_for", "evil"),
        ("x-forwarded-for", "good"),
        ("my_own", "1"),
    ];
    let mut environ = with_headers(&lines);
    assert_eq!(
        var(&environ, "HTTP_X_FORWARDED_FOR").as_deref(),
        Some("good")
    );
    assert_eq!(environ.get("HTTP_MY_OWN"), None);
    assert!(!environ.vars().iter().any(|(key, _)| key == "HTTP_MY_OWN"));
    assert_eq!(environ.headers()["my_own"], "1");

    environ.keep_underscored_headers();
    assert_eq!(
        var(&environ, "HTTP_X_FORWARDED_FOR").as_deref(),
        Some("good")
    );
    assert_eq!(var(&environ, "HTTP_MY_OWN").as_deref(), Some("1"));
    let vars = environ.vars();
    let forwarded: Vec<_> = vars
        .iter()
        .filter(|(key, _)| key == "HTTP_X_FORWARDED_FOR")
        .collect();
    assert_eq!(forwarded.len(), 1);
    assert_eq!(forwarded[0].1, "good");

    // Not even by opt-in do they pass for what has no prefix.
    let mut lengths = with_headers(&[("content_length", "5"), ("content_type", "x")]);
    lengths.keep_underscored_headers();
    assert_eq!(lengths.get("CONTENT_LENGTH"), None);
    assert_eq!(lengths.get("HTTP_CONTENT_LENGTH"), None);
    assert!(
        !lengths
            .vars()
            .iter()
            .any(|(key, _)| key.contains("CONTENT"))
    );
}

#[test]
fn e11_proxy_is_never_a_variable() {
    let mut environ = with_headers(&[("proxy", "http://evil"), ("proxy-authorization", "x")]);
    for _ in 0..2 {
        assert_eq!(environ.get("HTTP_PROXY"), None);
        assert!(!environ.vars().iter().any(|(key, _)| key == "HTTP_PROXY"));
        environ.keep_underscored_headers();
    }
    assert_eq!(environ.headers()["proxy"], "http://evil");
    assert_eq!(
        var(&environ, "HTTP_PROXY_AUTHORIZATION").as_deref(),
        Some("x")
    );
}

#[test]
fn e12_the_authority_comes_before_the_host_header() {
    let request = Request::get("http://user@real.example:81/x").header("host", "other.example");
    let mut environ = Environ::from_request(request.body(()).unwrap());
    assert_eq!(environ.host().as_deref(), Some("real.example:81"));
    assert_eq!(
        var(&environ, "HTTP_HOST").as_deref(),
        Some("real.example:81")
    );
    assert_eq!(environ.server_name(), "real.example");
    assert_eq!(environ.server_port(), 81);
    assert_eq!(environ.header("host").unwrap(), "real.example:81");
    assert_eq!(environ.headers()["host"], "other.example");
    // Without a Host header HTTP_HOST is there all the same, once.
    environ.headers_mut().remove("host");
    let vars = environ.vars();
    assert_eq!(vars.iter().filter(|(key, _)| key == "HTTP_HOST").count(), 1);
}

#[test]
fn e12_name_and_port_are_never_empty() {
    for (host, name, port) in [
        (None, "localhost", 80),
        (Some(""), "localhost", 80),
        (Some(":8080"), "localhost", 8080),
        (Some("a.example"), "a.example", 80),
        (Some("a.example:"), "a.example", 80),
        (Some("a.example:0"), "a.example", 80),
        (Some("a.example:70000"), "a.example", 80),
        (Some("[::1]:81"), "[::1]", 81),
        (Some("[::1]"), "[::1]", 80),
    ] {
        let lines: Vec<_> = host.map(|host| ("host", host)).into_iter().collect();
        let environ = with_headers(&lines);
        assert_eq!(environ.server_name(), name, "{host:?}");
        assert_eq!(environ.server_port(), port, "{host:?}");
        assert!(!environ.get("SERVER_NAME").unwrap().is_empty());
        assert!(!environ.get("SERVER_PORT").unwrap().is_empty());
    }
    let mut secure = with_headers(&[]);
    secure.set_connection(Connection::new().with_scheme(Scheme::Https));
    assert_eq!(secure.server_port(), 443);
    secure.set_connection(Connection::new().with_local_addr("192.0.2.1:8443".parse().unwrap()));
    assert_eq!(secure.server_name(), "192.0.2.1");
    assert_eq!(secure.server_port(), 8443);
}

#[test]
fn e13_forwarded_headers_change_nothing() {
    let request = Request::get("/")
        .version(Version::HTTP_2)
        .header("x-forwarded-proto", "https")
        .header("forwarded", "for=1.2.3.4;proto=https;host=evil");
    let environ = Environ::from_request(request.body(()).unwrap());
    assert_eq!(environ.scheme(), Scheme::Http);
    assert_eq!(environ.server_protocol(), "HTTP/2.0");
    assert_eq!(environ.remote_addr(), None);
    assert_eq!(environ.server_name(), "localhost");
    for (version, text) in [
        (Version::HTTP_09, "HTTP/0.9"),
        (Version::HTTP_10, "HTTP/1.0"),
        (Version::HTTP_11, "HTTP/1.1"),
        (Version::HTTP_3, "HTTP/3.0"),
    ] {
        let request = Request::get("/").version(version).body(()).unwrap();
        let environ = Environ::from_request(request);
        assert_eq!(var(&environ, "SERVER_PROTOCOL").as_deref(), Some(text));
    }
    // An absolute-form target's scheme is the client's word, too.
    let absolute = Environ::from_request(get("https://a.example/"));
    assert_eq!(absolute.scheme(), Scheme::Http);
}

#[test]
fn e14_asterisk_and_authority_are_no_path() {
    let request = Request::options("*").body(()).unwrap();
    let mut environ = Environ::from_request(request);
    assert_eq!(environ.script_name(), "");
    assert_eq!(environ.path_info(), "");
    assert_eq!(environ.request_uri(), "*");
    assert!(environ.mount("/"));
    assert!(!environ.mount("/x"));

    let uri = Uri::from_static("a.example:443");
    let request = Request::connect(uri).body(()).unwrap();
    let environ = Environ::from_request(request);
    assert_eq!(environ.path_info(), "");
    assert_eq!(environ.request_uri(), "a.example:443");
    assert_eq!(environ.server_name(), "a.example");
}

#[test]
fn e14_connect_is_answered_with_501_and_reaches_no_app() {
    let called = support::Counter::default();
    let counter = called.clone();
    let app = view(move |_| {
        counter.add();
        async { "tunnel" }
    });
    let answer = ask(app, Request::connect("a.example:443").body(()).unwrap());
    assert_eq!(answer.status, 501);
    assert_eq!(called.get(), 0);
}

#[test]
fn e15_extensions_pass_untouched() {
    #[derive(Clone, PartialEq, Debug)]
    struct Session(u32);
    let mut request = get("/");
    request.extensions_mut().insert(Session(7));
    let mut environ = Environ::from_request(request);
    assert!(environ.mount("/"));
    environ.extensions_mut().insert("another type");
    let (parts, _) = environ.into_parts();
    assert_eq!(parts.extensions.get(), Some(&Session(7)));
    assert_eq!(parts.extensions.get(), Some(&"another type"));
}

#[test]
fn e16_the_peer_is_absent_where_there_is_none() {
    let mut environ = environ("/");
    for key in ["REMOTE_ADDR", "REMOTE_PORT"] {
        assert_eq!(environ.get(key), None);
        assert!(!environ.vars().iter().any(|(known, _)| known == key));
    }
    environ.set_connection(Connection::new().with_peer_addr("[2001:db8::1]:4711".parse().unwrap()));
    assert_eq!(var(&environ, "REMOTE_ADDR").as_deref(), Some("2001:db8::1"));
    assert_eq!(var(&environ, "REMOTE_PORT").as_deref(), Some("4711"));
}

#[test]
fn vars_are_complete_unique_and_equal_to_get() {
    let mut environ = with_headers(&[
        ("host", "a.example"),
        ("x-a", "1"),
        ("content-length", "0"),
        ("content-type", "t/t"),
        ("x-a", "2"),
        ("accept", "*/*"),
    ]);
    environ.set_connection(Connection::new().with_peer_addr("192.0.2.7:1".parse().unwrap()));
    environ.set_var(const { VarName::new("REMOTE_USER") }, "ada");
    environ.set_var(const { VarName::new("REMOTE_USER") }, "grace");
    let vars = environ.vars();
    let keys: Vec<&str> = vars.iter().map(|(key, _)| &**key).collect();
    let expected = [
        "REQUEST_METHOD",
        "SCRIPT_NAME",
        "PATH_INFO",
        "QUERY_STRING",
        "REQUEST_URI",
        "REQUEST_SCHEME",
        "SERVER_NAME",
        "SERVER_PORT",
        "SERVER_PROTOCOL",
        "CONTENT_TYPE",
        "CONTENT_LENGTH",
        "REMOTE_ADDR",
        "REMOTE_PORT",
        "HTTP_HOST",
        "HTTP_X_A",
        "HTTP_ACCEPT",
        "REMOTE_USER",
    ];
    assert_eq!(keys, expected);
    for (key, value) in &vars {
        assert_eq!(environ.get(key).as_ref(), Some(value), "{key}");
    }
    assert_eq!(var(&environ, "REMOTE_USER").as_deref(), Some("grace"));
    for unknown in [
        "",
        "HTTP_",
        "http_host",
        "HTTP_x_a",
        "HTTP_X-A",
        "NO_SUCH",
        "HTTP_\n",
    ] {
        assert_eq!(environ.get(unknown), None, "{unknown:?}");
    }
}

/// Headers as an adapter lends them, in an order of lines.
struct Lines(Vec<(&'static str, &'static str)>);

/// An environ whose head is lent.
fn lent(lines: Vec<(&'static str, &'static str)>) -> Environ {
    let head = LentHead::new(Method::GET, Version::HTTP_11, Arc::new(Lines(lines))).unwrap();
    Gateway::new(HttpError::not_found()).lend(head, Input::empty())
}

impl HeadSource for Lines {
    fn target(&self) -> &str {
        "/"
    }

    fn lines<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        let lines = self
            .0
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name));
        lines.for_each(|(_, value)| visit(value.as_bytes()));
    }

    fn for_each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        self.0
            .iter()
            .for_each(|(name, value)| visit(name, value.as_bytes()));
    }
}

#[test]
fn a_header_source_equals_the_map() {
    let lines = vec![
        ("host", "a.example:81"),
        ("x-a", "1"),
        ("cookie", "x=1"),
        ("x_a", "evil"),
        ("x-a", "2"),
        ("cookie", "y=2"),
        ("content-length", "3"),
        ("proxy", "evil"),
        ("own_name", "1"),
        ("accept", "caf\u{e9}"),
    ];
    let mut mapped = with_headers(&lines);
    let mut sourced = lent(lines);
    for _ in 0..2 {
        let all = |environ: &Environ| -> Vec<(String, Vec<u8>)> {
            let vars = environ.vars();
            vars.iter()
                .map(|(key, value)| (key.to_string(), value.as_bytes().to_vec()))
                .collect()
        };
        assert_eq!(all(&sourced), all(&mapped));
        assert_eq!(sourced.header("X-A").unwrap(), "1, 2");
        assert_eq!(sourced.content_length(), Some(3));
        assert_eq!(sourced.host(), mapped.host());
        mapped.keep_underscored_headers();
        sourced.keep_underscored_headers();
    }
    assert_eq!(sourced.headers(), mapped.headers());
    // From here on the map counts.
    sourced.headers_mut().remove("x-a");
    assert_eq!(sourced.header("x-a"), None);
    let (parts, _) = sourced.into_parts();
    assert_eq!(parts.headers["host"], "a.example:81");
}

#[test]
fn into_parts_gives_the_request_as_sent() {
    let request = Request::post("/a/b?q")
        .version(Version::HTTP_10)
        .header("x-a", "1");
    let mut environ = Environ::from_request(request.body("text").unwrap());
    assert!(environ.mount("/a"));
    environ.set_var(const { VarName::new("REMOTE_USER") }, "ada");
    let (parts, mut input) = environ.into_parts();
    assert_eq!(parts.method, Method::POST);
    assert_eq!(parts.uri, "/a/b?q");
    assert_eq!(parts.version, Version::HTTP_10);
    assert_eq!(parts.headers.len(), 1);
    assert_eq!(support::run(input.bytes(10)).unwrap(), "text");
    let _: HeaderMap = parts.headers;
}

#[test]
fn debug_shows_no_header() {
    let environ = with_headers(&[("authorization", "secret")]);
    assert!(!format!("{environ:?}").contains("secret"));
}

#[test]
fn e5_an_absolute_form_target_is_given_whole() {
    for (target, path, query) in [
        ("http://a.example/x?y", "/x", "y"),
        ("http://a.example:81/%2F", "//", ""),
        ("http://a.example/", "/", ""),
        ("http://a.example?y", "/", "y"),
        ("https://u:p@a.example//x/../", "//x/../", ""),
    ] {
        let environ = environ(target);
        assert_eq!(environ.request_uri(), target);
        assert_eq!(environ.path_info(), path, "{target}");
        assert_eq!(environ.query_string(), query, "{target}");
    }
    // With neither path nor query the parser adds the slash (RFC 9110 section 4.2.3: the same).
    assert_eq!(
        environ("http://a.example").request_uri(),
        "http://a.example/"
    );
    // HTTP/2 has the authority beside the target.
    let request = Request::get("http://a.example/x?y").version(Version::HTTP_2);
    let environ = Environ::from_request(request.body(()).unwrap());
    assert_eq!(environ.request_uri(), "/x?y");
}

#[test]
fn e10_by_opt_in_a_mixed_name_is_seen() {
    let mut environ = with_headers(&[("x-a_b", "1"), ("x_c-d", "evil"), ("x-c-d", "good")]);
    assert_eq!(environ.get("HTTP_X_A_B"), None);
    environ.keep_underscored_headers();
    assert_eq!(var(&environ, "HTTP_X_A_B").as_deref(), Some("1"));
    assert_eq!(var(&environ, "HTTP_X_C_D").as_deref(), Some("good"));
    let vars = environ.vars();
    let keys: Vec<_> = vars
        .iter()
        .filter(|(key, _)| key.starts_with("HTTP_X"))
        .collect();
    assert_eq!(keys.len(), 2, "{keys:?}");
}

#[test]
fn e12_an_ipv6_server_name_is_in_brackets() {
    let mut environ = environ("/");
    environ.set_connection(Connection::new().with_local_addr("[2001:db8::1]:81".parse().unwrap()));
    assert_eq!(environ.server_name(), "[2001:db8::1]");
    assert_eq!(environ.server_port(), 81);
}

#[test]
fn e9_empty_lines_are_lines_too() {
    for (lines, expected) in [
        (&[""][..], ""),
        (&["", ""], ", "),
        (&["", "", "a"], ", , a"),
        (&["a", "", "b"], "a, , b"),
        (&["\u{e9}", ""], "\u{e9}, "),
    ] {
        let lines: Vec<_> = lines.iter().map(|line| ("x-list", *line)).collect();
        let mapped = with_headers(&lines);
        let sourced = lent(lines);
        for environ in [mapped, sourced] {
            assert_eq!(environ.header("X-List").unwrap(), expected);
            assert_eq!(environ.get("HTTP_X_LIST").unwrap(), expected);
        }
    }
}

#[test]
fn e10_keys_of_every_length_and_script_are_looked_up() {
    for length in [1, 63, 64, 65, 500] {
        let name = "a".repeat(length);
        let request = Request::get("/").header(&name, "1").body(()).unwrap();
        let mut environ = Environ::from_request(request);
        environ.keep_underscored_headers();
        let key = format!("HTTP_{}", "A".repeat(length));
        assert_eq!(environ.get(&key).unwrap(), "1", "{length}");
        // Each is cut or folded into another's name by who is careless.
        for wrong in [
            "HTTP_".to_owned(),
            key.to_ascii_lowercase(),
            format!("{key}_"),
            format!("{key}\u{e9}"),
            format!("HTTP_\u{212a}{}", "A".repeat(length)),
            format!("HTTP_{}\n", "A".repeat(length)),
        ] {
            assert!(environ.get(&wrong).is_none(), "{wrong}");
        }
    }
}

#[test]
fn a_value_compares_with_text_and_bytes_of_any_kind() {
    let environ = environ("/ab");
    let value = environ.path_info();
    assert_eq!(value, "/ab");
    assert_eq!(value, *"/ab");
    assert_eq!(value, String::from("/ab"));
    assert_eq!(value, *b"/ab");
    assert_eq!(value, b"/ab");
    assert_eq!(value, b"/ab"[..]);
    assert_eq!(value, &b"/ab"[..]);
    assert_ne!(value, "/a");
    assert_eq!((value.len(), value.is_empty()), (3, false));
    assert_eq!(AsRef::<[u8]>::as_ref(&value), value.as_bytes());
}
