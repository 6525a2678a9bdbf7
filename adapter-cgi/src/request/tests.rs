use bytes::Bytes;
use gateway_core::{Environ, Gateway, Input, Scheme, view};
use http::Version;
use proptest::prelude::*;

use super::{Head, Origin};
use crate::front_end::FrontEnd;
use crate::variables::Variables;

fn variables(pairs: &[(&str, &str)]) -> Variables {
    let bytes = |text: &str| Bytes::copy_from_slice(text.as_bytes());
    let pairs = pairs
        .iter()
        .map(|(name, value)| (bytes(name), bytes(value)));
    [("REQUEST_METHOD", "GET"), ("SERVER_PROTOCOL", "HTTP/1.1")]
        .map(|(name, value)| (bytes(name), bytes(value)))
        .into_iter()
        .chain(pairs)
        .collect()
}

fn environ_of(front_end: FrontEnd, pairs: &[(&str, &str)]) -> Environ {
    let head = Head::read(&variables(pairs), front_end, Origin::Protocol).unwrap();
    let gateway = Gateway::new(view(async |_| ""));
    head.into_environ(&gateway, None, Input::empty())
}

fn paths(front_end: FrontEnd, pairs: &[(&str, &str)]) -> (String, String) {
    let environ = environ_of(front_end, pairs);
    (
        environ.script_name().to_string(),
        environ.path_info().to_string(),
    )
}

fn pair(script_name: &str, path_info: &str) -> (String, String) {
    (script_name.to_owned(), path_info.to_owned())
}

#[test]
fn e5_the_target_is_what_the_client_sent() {
    let environ = environ_of(
        FrontEnd::Generic,
        &[
            ("REQUEST_URI", "/a//b%2Fc/../?x=%20"),
            ("SCRIPT_NAME", ""),
            ("PATH_INFO", "/a/b/c"),
            ("QUERY_STRING", "x= "),
        ],
    );
    assert_eq!(environ.request_uri(), "/a//b%2Fc/../?x=%20");
    assert_eq!(environ.path_info(), "/a//b/c/../");
    assert_eq!(environ.query_string(), "x=%20");
}

#[test]
fn e3_a_target_is_made_where_the_front_end_says_none() {
    for (script_name, path_info, query, target, halves) in [
        (
            "/cgi-bin/x",
            "/a b/%",
            "q=1",
            "/cgi-bin/x/a%20b/%25?q=1",
            pair("/cgi-bin/x", "/a b/%"),
        ),
        ("/x", "", "", "/x", pair("/x", "")),
        ("", "", "", "/", pair("", "/")),
        ("/", "/a", "", "/a", pair("", "/a")),
        ("/x/", "/a", "", "/x/a", pair("/x", "/a")),
        ("", "a", "", "/a", pair("", "/a")),
    ] {
        let sent = [
            ("SCRIPT_NAME", script_name),
            ("PATH_INFO", path_info),
            ("QUERY_STRING", query),
        ];
        let environ = environ_of(FrontEnd::Generic, &sent);
        assert_eq!(environ.request_uri(), target);
        assert_eq!(paths(FrontEnd::Generic, &sent), halves, "{target}");
    }
}

#[test]
fn e2_script_name_is_a_mount_point_where_the_front_end_means_one() {
    let whole = &[("REQUEST_URI", "/app/x?y"), ("SCRIPT_NAME", "/app/x")][..];
    let empty = &[
        ("REQUEST_URI", "/app/x?y"),
        ("SCRIPT_NAME", "/app/x"),
        ("PATH_INFO", ""),
    ][..];
    let split = &[
        ("REQUEST_URI", "/app/x?y"),
        ("SCRIPT_NAME", "/app"),
        ("PATH_INFO", "/x"),
    ][..];
    let at_the_root = pair("", "/app/x");
    let at_itself = pair("/app/x", "");
    for (front_end, of_whole, of_empty) in [
        (FrontEnd::Generic, &at_itself, &at_itself),
        (FrontEnd::Apache, &at_itself, &at_itself),
        (FrontEnd::Lighttpd, &at_itself, &at_itself),
        (FrontEnd::Nginx, &at_the_root, &at_itself),
        (FrontEnd::Caddy, &at_the_root, &at_the_root),
        (FrontEnd::ApacheProxy, &at_the_root, &at_the_root),
    ] {
        assert_eq!(&paths(front_end, whole), of_whole, "{front_end:?}");
        assert_eq!(&paths(front_end, empty), of_empty, "{front_end:?}");
        assert_eq!(paths(front_end, split), pair("/app", "/x"), "{front_end:?}");
    }
    // A rewritten request: the app sees the client's path.
    let rewritten = [
        ("REQUEST_URI", "/x"),
        ("SCRIPT_NAME", "/cgi-bin/app"),
        ("PATH_INFO", "/x"),
    ];
    assert_eq!(paths(FrontEnd::Apache, &rewritten), pair("", "/x"));
}

#[test]
fn e3_what_the_operator_says_of_the_mount_point_counts_first() {
    let sent = variables(&[("REQUEST_URI", "/app/x"), ("SCRIPT_NAME", "/app/x")]);
    let head = Head::read(&sent, FrontEnd::Generic, Origin::Protocol).unwrap();
    let gateway = Gateway::new(view(async |_| ""));
    let environ = head.into_environ(&gateway, Some("/app/"), Input::empty());
    assert_eq!(environ.script_name(), "/app");
    assert_eq!(environ.path_info(), "/x");
}

#[test]
fn e8_what_is_empty_was_not_sent() {
    let environ = environ_of(
        FrontEnd::Nginx,
        &[
            ("REQUEST_URI", "/"),
            ("CONTENT_LENGTH", ""),
            ("CONTENT_TYPE", ""),
            ("REMOTE_USER", ""),
            ("HTTP_CONTENT_TYPE", "a/b"),
            ("HTTP_CONTENT_LENGTH", "7"),
        ],
    );
    for key in [
        "CONTENT_LENGTH",
        "CONTENT_TYPE",
        "REMOTE_USER",
        "HTTP_CONTENT_TYPE",
    ] {
        assert_eq!(environ.get(key), None, "{key}");
    }
    let scgi = |method: &str, length: &str| {
        let sent = [
            ("REQUEST_METHOD", method),
            ("REQUEST_URI", "/"),
            ("CONTENT_LENGTH", length),
        ];
        let sent = sent.map(|(name, value)| {
            (
                Bytes::copy_from_slice(name.as_bytes()),
                Bytes::copy_from_slice(value.as_bytes()),
            )
        });
        let head = Head::read(
            &sent.into_iter().collect(),
            FrontEnd::Generic,
            Origin::AlwaysWithLength,
        );
        let gateway = Gateway::new(view(async |_| ""));
        let environ = head.unwrap().into_environ(&gateway, None, Input::empty());
        environ.content_length()
    };
    assert_eq!(scgi("GET", "0"), None);
    assert_eq!(scgi("POST", "0"), Some(0));
    assert_eq!(scgi("GET", "3"), Some(3));
}

#[test]
fn e11_proxy_is_neither_a_header_nor_a_variable() {
    let environ = environ_of(
        FrontEnd::Apache,
        &[
            ("REQUEST_URI", "/"),
            ("HTTP_PROXY", "http://a.example"),
            ("HTTP_X_PROXY", "kept"),
        ],
    );
    assert!(!environ.headers().contains_key("proxy"));
    assert_eq!(environ.get("HTTP_PROXY"), None);
    assert!(environ.vars().iter().all(|(key, _)| key != "HTTP_PROXY"));
    assert_eq!(environ.get("HTTP_X_PROXY").unwrap(), "kept");
}

#[test]
fn e9_a_variable_for_each_line_is_a_line() {
    let sent = [
        ("REQUEST_URI", "/"),
        ("HTTP_X_USER", "set"),
        ("HTTP_X_USER", "sent"),
    ];
    let environ = environ_of(FrontEnd::Nginx, &sent);
    assert_eq!(environ.headers().get_all("x-user").iter().count(), 2);
    assert_eq!(environ.get("HTTP_X_USER").unwrap(), "set, sent");
}

#[test]
fn e13_e16_the_connection_is_the_clients() {
    let environ = environ_of(
        FrontEnd::Nginx,
        &[
            ("REQUEST_URI", "/"),
            ("HTTPS", "on"),
            ("REMOTE_ADDR", "2001:db8::1"),
            ("REMOTE_PORT", "4711"),
            ("SERVER_ADDR", "192.0.2.1"),
            ("SERVER_PORT", "8443"),
        ],
    );
    assert_eq!(environ.scheme(), Scheme::Https);
    assert_eq!(environ.get("REMOTE_ADDR").unwrap(), "2001:db8::1");
    assert_eq!(environ.remote_port(), Some(4711));
    assert_eq!(environ.server_name(), "192.0.2.1");
    assert_eq!(environ.server_port(), 8443);
    assert!(environ.connection().requires_host());

    let unix = environ_of(
        FrontEnd::Nginx,
        &[
            ("REQUEST_URI", "/"),
            ("HTTPS", "off"),
            ("REMOTE_ADDR", "unix:"),
            ("SERVER_PORT", ""),
        ],
    );
    assert_eq!(unix.scheme(), Scheme::Http);
    assert_eq!(unix.remote_addr(), None);
    let versions = [
        "HTTP/1.0", "HTTP/1.1", "HTTP/2.0", "HTTP/3.0", "INCLUDED", "",
    ];
    let versions = versions.map(|version| {
        super::version(
            &[(Bytes::from("SERVER_PROTOCOL"), Bytes::from(version))]
                .into_iter()
                .collect(),
        )
    });
    assert_eq!(
        versions,
        [
            Version::HTTP_10,
            Version::HTTP_11,
            Version::HTTP_2,
            Version::HTTP_3,
            Version::HTTP_10,
            Version::HTTP_10
        ]
    );
}

#[test]
fn redirected_variables_are_apaches_only() {
    let sent = [
        ("REQUEST_URI", "/"),
        ("REDIRECT_HTTP_AUTHORIZATION", "Basic YTpi"),
        ("REDIRECT_REMOTE_USER", "ada"),
    ];
    let apache = environ_of(FrontEnd::Apache, &sent);
    assert_eq!(apache.get("HTTP_AUTHORIZATION").unwrap(), "Basic YTpi");
    assert_eq!(apache.get("REMOTE_USER").unwrap(), "ada");
    let nginx = environ_of(FrontEnd::Nginx, &sent);
    assert_eq!(nginx.get("HTTP_AUTHORIZATION"), None);
    assert_eq!(nginx.get("REMOTE_USER"), None);
}

#[test]
fn a_process_environment_is_not_shown() {
    let sent = variables(&[
        ("REQUEST_URI", "/"),
        ("PATH", "/bin"),
        ("REMOTE_USER", "ada"),
    ]);
    let head = Head::read(&sent, FrontEnd::Generic, Origin::Process).unwrap();
    let environ = head.into_environ(&Gateway::new(view(async |_| "")), None, Input::empty());
    assert_eq!(environ.get("PATH"), None);
    assert_eq!(environ.get("REMOTE_USER").unwrap(), "ada");
}

#[test]
fn e17_what_no_environ_can_hold_is_refused() {
    for wrong in [
        &[("REQUEST_URI", "/a b")][..],
        &[("REQUEST_URI", "/"), ("CONTENT_LENGTH", "-1")],
        &[
            ("REQUEST_URI", "/"),
            ("CONTENT_LENGTH", "99999999999999999999999"),
        ],
        &[("REQUEST_URI", "/"), ("HTTP_X Y", "1")],
        &[("REQUEST_URI", "/"), ("HTTP_X", "a\nb")],
    ] {
        let read = Head::read(&variables(wrong), FrontEnd::Generic, Origin::Protocol);
        let gateway = Gateway::new(view(async |_| ""));
        assert_eq!(
            read.unwrap_err().answer(&gateway).status(),
            400,
            "{wrong:?}"
        );
    }
    let nothing = Head::read(&Variables::default(), FrontEnd::Generic, Origin::Protocol);
    assert!(nothing.is_err());
}

proptest! {
    /// Whatever a front end says, there is an environ whose two halves are the path, or a refusal.
    #[test]
    fn e3_the_halves_are_the_path(
        target in "[/a%.?2F]{0,12}",
        script_name in "[/aF.]{0,6}",
        path_info in proptest::option::of("[/aF.]{0,6}"),
        front_end in 0usize..6,
    ) {
        let front_end = [
            FrontEnd::Generic, FrontEnd::Nginx, FrontEnd::Apache,
            FrontEnd::ApacheProxy, FrontEnd::Lighttpd, FrontEnd::Caddy,
        ][front_end];
        let mut sent = vec![("REQUEST_URI", &*target), ("SCRIPT_NAME", &*script_name)];
        if let Some(path_info) = &path_info {
            sent.push(("PATH_INFO", path_info));
        }
        if let Ok(head) = Head::read(&variables(&sent), front_end, Origin::Protocol) {
            let environ = head.into_environ(&Gateway::new(view(async |_| "")), None, Input::empty());
            let halves = format!("{}{}", environ.raw_script_name(), environ.raw_path_info());
            let uri = environ.uri().path().to_owned();
            prop_assert_eq!(&halves, if uri == "*" { "" } else { &uri });
            prop_assert!(!environ.raw_script_name().ends_with('/'));
        }
    }
}
