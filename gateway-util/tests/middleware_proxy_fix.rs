//! What a proxy says, and what is believed of it.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use gateway_core::{App, AppExt, BoxApp, Connection, Environ, view};
use gateway_util::{BeforeProxyFix, Hosts, MiddlewareExt, ProxyFix};
use http::Request;

/// Tells what an app builds URLs and log lines from.
fn seen() -> impl App {
    view(async |environ: Environ| {
        let addr = environ
            .remote_addr()
            .map_or("-".into(), |ip| ip.to_string());
        format!(
            "{addr} {}://{}{}|{} {}:{}",
            environ.scheme(),
            environ.host().unwrap_or_default(),
            environ.script_name(),
            environ.path_info(),
            environ.server_name(),
            environ.server_port(),
        )
    })
}

async fn ask(app: impl App, headers: &[(&str, &str)]) -> String {
    ask_for("/x", app, headers).await
}

async fn ask_for(target: &str, app: impl App, headers: &[(&str, &str)]) -> String {
    let mut request = Request::get(target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut environ = Environ::from_request(request.body(()).unwrap());
    let connection = Connection::new().with_peer_addr("192.168.0.2:4711".parse().unwrap());
    environ.set_connection(connection.with_local_addr("10.0.0.1:8000".parse().unwrap()));
    let response = app.respond(environ).await.unwrap();
    let bytes = response.into_body().bytes().await.unwrap();
    String::from_utf8(bytes.into()).unwrap()
}

type Row = (
    fn(ProxyFix<BoxApp>) -> ProxyFix<BoxApp>,
    &'static [(&'static str, &'static str)],
    &'static str,
);

const ALL: [(&str, &str); 6] = [
    ("host", "internal"),
    ("x-forwarded-for", "192.168.0.1"),
    ("x-forwarded-proto", "https"),
    ("x-forwarded-host", "public"),
    ("x-forwarded-port", "80"),
    ("x-forwarded-prefix", "/example"),
];

/// Werkzeug's `test_proxy_fix`: hop counts, what is changed, and what is left alone.
#[tokio::test]
async fn test_proxy_fix() {
    let rows: &[Row] = &[
        (
            |fix| fix,
            &ALL,
            "192.168.0.2 http://internal|/x internal:8000",
        ),
        (
            |fix| fix.x_for(1).x_proto(1),
            &ALL,
            "192.168.0.1 https://internal|/x internal:8000",
        ),
        (
            |fix| fix.x_for(1).x_proto(1).x_host(1).x_port(1).x_prefix(1),
            &ALL,
            "192.168.0.1 https://public:80/example|/x public:80",
        ),
        // Nothing was sent.
        (
            |fix| {
                fix.x_for(1)
                    .x_proto(1)
                    .x_host(1)
                    .x_port(1)
                    .x_prefix(1)
                    .forwarded(1)
            },
            &[("host", "internal")],
            "192.168.0.2 http://internal|/x internal:8000",
        ),
        // Several lines are one list, and the trusted value is counted from the right.
        (
            |fix| fix.x_for(1),
            &[
                ("host", "h"),
                ("x-forwarded-for", "6.6.6.6"),
                ("x-forwarded-for", "5.5.5.5, 4.4.4.4"),
            ],
            "4.4.4.4 http://h|/x h:8000",
        ),
        (
            |fix| fix.x_for(2),
            &[
                ("host", "h"),
                ("x-forwarded-for", "6.6.6.6, 5.5.5.5"),
                ("x-forwarded-for", "4.4.4.4"),
            ],
            "5.5.5.5 http://h|/x h:8000",
        ),
        // Fewer than trusted.
        (
            |fix| fix.x_for(2),
            &[("host", "h"), ("x-forwarded-for", "6.6.6.6")],
            "192.168.0.2 http://h|/x h:8000",
        ),
        // A host with a port, and a port on top of it.
        (
            |fix| fix.x_host(1),
            &[("host", "h"), ("x-forwarded-host", "public:8443")],
            "192.168.0.2 http://public:8443|/x public:8443",
        ),
        (
            |fix| fix.x_host(1).x_port(1),
            &[
                ("host", "h"),
                ("x-forwarded-host", "public:8443"),
                ("x-forwarded-port", "443"),
            ],
            "192.168.0.2 http://public:443|/x public:443",
        ),
        (
            |fix| fix.x_port(1),
            &[("host", "internal:1"), ("x-forwarded-port", "443")],
            "192.168.0.2 http://internal:443|/x internal:443",
        ),
        (
            |fix| fix.x_host(1).x_port(1),
            &[
                ("host", "h"),
                ("x-forwarded-host", "[2001:db8::1]"),
                ("x-forwarded-port", "443"),
            ],
            "192.168.0.2 http://[2001:db8::1]:443|/x [2001:db8::1]:443",
        ),
        (
            |fix| fix.forwarded(1),
            &[
                ("host", "h"),
                (
                    "forwarded",
                    "for=6.6.6.6;proto=http, For=\"[2001:db8::1]:80\";Proto=HTTPS;host=\"public:444\"",
                ),
            ],
            "2001:db8::1 https://public:444|/x public:444",
        ),
        // Forwarded wins.
        (
            |fix| fix.forwarded(1).x_for(1),
            &[
                ("host", "h"),
                ("forwarded", "for=5.5.5.5"),
                ("x-forwarded-for", "4.4.4.4"),
            ],
            "5.5.5.5 http://h|/x h:8000",
        ),
    ];
    for (trust, headers, expected) in rows {
        let app = trust(ProxyFix::new(seen().boxed()));
        assert_eq!(ask(app, headers).await, *expected, "{headers:?}");
    }
}

#[tokio::test]
async fn e13_what_is_no_value_is_not_believed() {
    let fix = || {
        seen()
            .proxy_fix()
            .x_for(1)
            .x_proto(1)
            .x_host(1)
            .x_port(1)
            .x_prefix(1)
            .forwarded(1)
    };
    let plain = "192.168.0.2 http://internal|/x internal:8000";
    for (name, value) in [
        ("x-forwarded-proto", "javascript"),
        ("x-forwarded-proto", "https, ftp"),
        ("x-forwarded-proto", ""),
        ("x-forwarded-host", "evil.example/path"),
        ("x-forwarded-host", "u@evil.example"),
        ("x-forwarded-host", "evil.example:99999"),
        ("x-forwarded-host", "a b"),
        ("x-forwarded-host", ","),
        ("x-forwarded-port", "+80"),
        ("x-forwarded-port", "80a"),
        ("x-forwarded-port", "70000"),
        ("x-forwarded-prefix", "//evil.example"),
        ("x-forwarded-prefix", "example"),
        ("x-forwarded-prefix", "/a?b"),
        ("x-forwarded-prefix", "/"),
        ("forwarded", "proto=ftp;host=\"a/b\""),
        ("forwarded", "by=203.0.113.43"),
    ] {
        let headers = [("host", "internal"), (name, value)];
        assert_eq!(ask(fix(), &headers).await, plain, "{name}: {value}");
    }
    // The trusted hop says nothing that could be an address: then there is none, and not the proxy's.
    for (name, value) in [
        ("x-forwarded-for", "unknown"),
        ("x-forwarded-for", "1.2.3.4, "),
        ("x-forwarded-for", "1.2.3.4, 1.2.3"),
        ("forwarded", "for=_hidden"),
        ("forwarded", "for=1.2.3.4, for=unknown"),
        ("forwarded", "for=1.2.3.4;for=5.6.7.8"),
        ("forwarded", "for=\"1.2.3.4"),
        ("forwarded", "for"),
    ] {
        let headers = [("host", "internal"), (name, value)];
        assert_eq!(
            ask(fix(), &headers).await,
            "- http://internal|/x internal:8000",
            "{name}: {value}"
        );
    }
}

#[tokio::test]
async fn e13_a_thousand_hops_move_nothing_on_the_right() {
    let many = "6.6.6.6, ".repeat(1000) + "192.0.2.7";
    let app = seen().proxy_fix().x_for(1);
    assert_eq!(
        ask(app, &[("host", "h"), ("x-forwarded-for", &many)]).await,
        "192.0.2.7 http://h|/x h:8000"
    );
    let many = "for=\"6.6.6.6, ".repeat(1000) + "for=192.0.2.7";
    let app = seen().proxy_fix().forwarded(1);
    assert_eq!(
        ask(app, &[("host", "h"), ("forwarded", &many)]).await,
        "192.0.2.7 http://h|/x h:8000"
    );
    let app = seen().proxy_fix().x_for(2000).forwarded(2000);
    let headers = [
        ("host", "h"),
        ("forwarded", &*many),
        ("x-forwarded-for", "6.6.6.6,".repeat(1000).leak()),
    ];
    assert_eq!(ask(app, &headers).await, "192.168.0.2 http://h|/x h:8000");
}

#[tokio::test]
async fn e10_an_underscore_is_no_dash() {
    let app = seen().proxy_fix().x_for(1).x_host(1);
    let headers = [
        ("host", "h"),
        ("x_forwarded_for", "6.6.6.6"),
        ("x_forwarded_host", "evil"),
    ];
    assert_eq!(ask(app, &headers).await, "192.168.0.2 http://h|/x h:8000");
}

#[tokio::test]
async fn e12_the_authority_is_replaced_too() {
    let app = seen().proxy_fix().x_host(1);
    let headers = [("host", "internal"), ("x-forwarded-host", "public")];
    let text = ask_for("http://internal/x", app, &headers).await;
    assert_eq!(text, "192.168.0.2 http://public|/x public:8000");
    // And dispatch by host follows.
    let hosts = Hosts::new()
        .at("public", view(async |_| "public"))
        .proxy_fix()
        .x_host(1);
    assert_eq!(ask(hosts, &headers).await, "public");
}

#[tokio::test]
async fn e3_a_prefix_stands_before_path_and_script_name() {
    let whole = || {
        view(async |environ: Environ| {
            let uri = environ.request_uri().into_owned();
            format!("{}|{} {uri}", environ.script_name(), environ.path_info())
        })
    };
    let headers = [("x-forwarded-prefix", "/pre%20fix/")];
    let fixed = whole().proxy_fix().x_prefix(1);
    assert_eq!(
        ask_for("/a%2Fb?q", fixed, &headers).await,
        "/pre fix|/a/b /pre%20fix/a%2Fb?q"
    );
    let inside = gateway_util::Mount::new().at("/m", whole().proxy_fix().x_prefix(1));
    assert_eq!(
        ask_for("/m/x", inside, &headers).await,
        "/pre fix/m|/x /pre%20fix/m/x"
    );
    // E14.
    let request = Request::options("*")
        .header("x-forwarded-prefix", "/p")
        .body(())
        .unwrap();
    let response = whole()
        .proxy_fix()
        .x_prefix(1)
        .respond(Environ::from_request(request))
        .await;
    assert_eq!(response.unwrap().into_body().bytes().await.unwrap(), "| *");
}

#[tokio::test]
async fn what_was_there_before_is_kept() {
    let before = view(async |environ: Environ| {
        environ.extensions().get::<BeforeProxyFix>().map(|before| {
            format!(
                "{:?} {:?} {}",
                before.connection.peer_addr(),
                before.host,
                before.uri
            )
        })
    });
    let app = before.proxy_fix().x_for(1).x_host(1);
    let headers = [
        ("host", "internal"),
        ("x-forwarded-host", "public"),
        ("x-forwarded-for", "1.2.3.4"),
    ];
    assert_eq!(
        ask(app, &headers).await,
        "Some(192.168.0.2:4711) Some(\"internal\") /x"
    );
}
