use gateway_core::{App, Body, Environ, Response, TryIntoResponse, view};
use gateway_testing::Client;
use gateway_util::Mount;
use http::Method;

use super::echo;

/// `/go/STATUS?LOCATION` redirects there; everything else is echoed.
fn site() -> impl App {
    let go = view(async |environ: Environ| {
        let status: u16 = environ.path_info().to_string()[1..].parse().unwrap();
        let location = environ.query_string().to_owned();
        ("", status, [("location", location)])
    });
    Mount::new().at("/a/go", go).fallback(echo())
}

async fn landed(method: Method, status: u16) -> String {
    let client = Client::new(site());
    let path = format!("/a/go/{status}?/landed");
    let request = client.request(method, &path).text("body");
    request.follow_redirects().send().await.text().await
}

#[tokio::test]
async fn redirects_are_shown_unless_asked_to_be_followed() {
    let client = Client::new(site());
    let response = client.get("/a/go/302?/landed").send().await;
    let response = response
        .assert_status(302)
        .assert_header("location", "/landed");
    assert!(response.history().is_empty());
}

#[tokio::test]
async fn a_301_302_or_303_is_followed_with_get_and_no_body() {
    for status in [301, 302, 303] {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
            assert_eq!(landed(method, status).await, "GET /landed - - ", "{status}");
        }
    }
}

#[tokio::test]
async fn head_stays_head() {
    let shows_method = view(
        async |environ: Environ| -> Result<Response, gateway_core::Error> {
            if environ.path_info() == "/landed" {
                let method = environ.request_method().to_string();
                return ("", [("x-method", method)]).try_into_response();
            }
            let status: u16 = environ.query_string().parse().unwrap();
            ("", status, [("location", "/landed")]).try_into_response()
        },
    );
    let client = Client::new(shows_method);
    for status in [301, 302, 303, 307, 308] {
        let request = client.head(&format!("/?{status}")).follow_redirects();
        request.send().await.assert_header("x-method", "HEAD");
    }
}

#[tokio::test]
async fn a_307_or_308_is_followed_with_the_same_method_and_body() {
    for status in [307, 308] {
        for method in ["POST", "PUT", "GET"] {
            let text = landed(Method::from_bytes(method.as_bytes()).unwrap(), status).await;
            let expected = format!("{method} /landed text/plain; charset=utf-8 4 body");
            assert_eq!(text, expected, "{status}");
        }
    }
}

#[tokio::test]
async fn other_statuses_and_a_missing_location_are_no_redirects() {
    let client = Client::new(site());
    for status in [200, 201, 300, 304] {
        let request = client.get(&format!("/a/go/{status}?/landed"));
        request
            .follow_redirects()
            .send()
            .await
            .assert_status(status);
    }
    let client = Client::new(view(async |_| ("", 302)));
    client
        .get("/")
        .follow_redirects()
        .send()
        .await
        .assert_status(302);
}

#[tokio::test]
async fn locations_are_resolved_against_the_request() {
    let go = view(async |environ: Environ| {
        let location = environ.header("x-location").unwrap().to_string();
        ("", 302, [("location", location)])
    });
    let client = Client::new(Mount::new().at("/a/go/302", go).fallback(echo()));
    for (location, target) in [
        ("/x?y=1", "/x?y=1"),
        ("x", "/a/go/x"),
        ("./x/", "/a/go/x/"),
        ("../x", "/a/x"),
        ("../../../x/.", "/x/"),
        ("../..", "/"),
        ("//localhost/x", "/x"),
        ("http://localhost/x/./y", "/x/y"),
        ("http://LOCALHOST:80", "/"),
        ("http://localhost?q", "/?q"),
        ("/x#part", "/x"),
        ("/%7Ea/%2F//b", "/%7Ea/%2F//b"),
    ] {
        let request = client.get("/a/go/302?old").header("x-location", location);
        let mut response = request.follow_redirects().send().await;
        let text = response.text().await;
        assert_eq!(text, format!("GET {target} - - "), "{location}");
        assert_eq!(response.history().len(), 1);
        assert_eq!(response.history()[0].1, target);
    }
}

#[tokio::test]
async fn cookies_set_by_a_redirect_are_sent_to_where_it_leads() {
    let app = view(
        async |environ: Environ| -> Result<Response, gateway_core::Error> {
            if environ.path_info() == "/home" {
                return environ
                    .header("cookie")
                    .map(|cookie| cookie.to_string())
                    .try_into_response();
            }
            let headers = [("location", "/home"), ("set-cookie", "user=ada; Path=/")];
            ("", 303, headers).try_into_response()
        },
    );
    let client = Client::new(app);
    let request = client.post("/login").form(&[("user", "ada")]);
    let response = request.follow_redirects().send().await;
    response.assert_text("user=ada").await;
}

#[tokio::test]
#[should_panic(expected = "more than 20 redirects, the last ones to /loop, /loop, /loop")]
async fn a_loop_fails() {
    let app = view(async |_| ("", 302, [("location", "/loop")]));
    let _ = Client::new(app).get("/").follow_redirects().send().await;
}

#[tokio::test]
#[should_panic(
    expected = "GET / redirects to https://localhost, and the app is at http://localhost"
)]
async fn a_redirect_to_another_origin_fails() {
    let app = view(async |_| ("", 302, [("location", "https://localhost/")]));
    let _ = Client::new(app).get("/").follow_redirects().send().await;
}

#[tokio::test]
#[should_panic(expected = "asks for the request body again, which was a stream")]
async fn a_stream_is_not_sent_twice() {
    let app = view(async |_| ("", 307, [("location", "/x")]));
    let client = Client::new(app);
    let request = client.post("/").stream(Body::from_chunks(["a"]));
    let _ = request.follow_redirects().send().await;
}

#[tokio::test]
async fn e3_redirects_below_a_mount_point_are_followed() {
    let client = Client::new(site()).mounted_at("/m");
    let request = client.get("/a/go/302?/m/x").follow_redirects();
    request.send().await.assert_text("GET /m/x - - ").await;
}

#[tokio::test]
#[should_panic(expected = "/mx is not below /m, where the app is mounted")]
async fn e3_a_redirect_out_of_the_mount_point_fails() {
    let client = Client::new(site()).mounted_at("/m");
    let _ = client.get("/a/go/302?/mx").follow_redirects().send().await;
}
