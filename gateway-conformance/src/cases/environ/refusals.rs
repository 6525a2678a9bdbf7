//! Cases of E12 and E14: requests that must not reach the app, and rare ones that must.

use gateway_core::{Body, Environ, Error, StartResponse};

use crate::capability::Capability;
use crate::case::Case;
use crate::cases::reports::report;
use crate::check::{Failure, Look as _, Seen, ensure};
use crate::client::Client;
use crate::facts::Run;
use crate::via::Via;
use crate::wire::{WireRequest, WireResponse};

/// The ways in which the driver itself refuses. HTTP/2 has cases of its own.
pub(super) const FIRST: &[Via] = &[Via::Http1, Via::InProcess];

pub(super) type Requests = fn(&Client) -> Vec<WireRequest>;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = over_http1();
    cases.extend(over_http2());
    cases.extend(served());
    cases
}

/// Notes that the app was called, which must not happen.
pub(super) async fn called(environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    Run::of(&environ).note("called");
    report(environ, start_response).await
}

/// Two cases. The first demands the status, the end of the connection and that the app is not
/// called, whoever answers. A host that cannot close the connection leaves it open. The second
/// demands that the gateway answers, with its page. A host that answers by itself is excused from
/// the second.
pub(super) fn refused(
    names: [&'static str; 2],
    clauses: &'static [&'static str],
    via: &'static [Via],
    status: u16,
    requests: Requests,
) -> [Case; 2] {
    let refused = Case::new(names[0], clauses)
        .only(via)
        .partly_needs(Capability::CloseConnection)
        .app(called)
        .sees(move |client: Client| async move {
            for request in requests(&client) {
                let what = shown(&request);
                answer(&client, &request, status)
                    .await
                    .map_err(|failure| failure.at(&what))?;
            }
            client.facts_are(&[]).await
        });
    let page = Case::new(names[1], clauses)
        .only(via)
        .partly_needs(Capability::CloseConnection)
        .app(called)
        .sees(move |client: Client| async move {
            for request in requests(&client) {
                let what = shown(&request);
                let page = async {
                    let response = answer(&client, &request, status).await?;
                    is_page(&client, response, status)
                };
                page.await.map_err(|failure| failure.at(&what))?;
            }
            Ok(())
        });
    [refused, page]
}

/// The head of the request, for a message.
fn shown(request: &WireRequest) -> String {
    let head: Vec<u8> = request.to_http1("HOST").into_iter().take(120).collect();
    head.escape_ascii().to_string()
}

/// The response with this status. Over HTTP/1 the connection ends after it, unless the host cannot end
/// one.
async fn answer(
    client: &Client,
    request: &WireRequest,
    status: u16,
) -> Result<WireResponse, Failure> {
    if client.via() != Via::Http1 {
        return client.send(request.clone()).await?.status(status)?.whole();
    }
    let mut connection = client.http1().await?;
    let response = connection.request(request).await?;
    let response = response.status(status)?.whole()?;
    if !client.lacks(Capability::CloseConnection) {
        let options = response.header_all("connection").join(",");
        let keeps = options.to_ascii_lowercase().contains("keep-alive");
        ensure(!keeps, format!("it closes, and says {options:?}"))?;
        ensure(connection.closed().await, "the connection stays open")?;
    }
    Ok(response)
}

fn is_page(client: &Client, response: WireResponse, status: u16) -> Seen {
    let response = match client.via() {
        Via::Http2 => response.no("connection")?,
        Via::Http1 if client.lacks(Capability::CloseConnection) => response,
        _ => response.field("connection", "close")?,
    };
    let response = response.field("content-type", "text/html; charset=utf-8")?;
    let text = response.text();
    ensure(
        text.contains(&status.to_string()),
        format!("the page does not name the status: {text:?}"),
    )
}

fn over_http1() -> Vec<Case> {
    let rows = [
        refused(
            [
                "e12_no_host_is_refused",
                "e12_no_host_gets_the_gateways_page",
            ],
            &["E12", "E17"],
            &[Via::Http1],
            400,
            |client| vec![client.request("GET", "/").without_host()],
        ),
        refused(
            [
                "e12_two_hosts_are_refused",
                "e12_two_hosts_get_the_gateways_page",
            ],
            &["E12", "E17"],
            FIRST,
            400,
            |client| {
                let hosts = |first, second| {
                    let request = client.request("GET", "/").header("host", first);
                    request.header("host", second)
                };
                vec![
                    hosts("a.example", "b.example"),
                    hosts("a.example", "a.example"),
                ]
            },
        ),
        refused(
            [
                "e12_a_malformed_host_is_refused",
                "e12_a_malformed_host_gets_the_gateways_page",
            ],
            &["E12", "E17"],
            FIRST,
            400,
            |client| {
                let hosts = ["a/b", "u@a", "a, b", "a:b", "::1", "a]b", "a:80:81", "%zz"];
                let request = |host| client.request("GET", "/").header("host", host);
                hosts.into_iter().map(request).collect()
            },
        ),
        refused(
            [
                "e12_a_host_over_255_bytes_is_refused",
                "e12_a_host_over_255_bytes_gets_the_gateways_page",
            ],
            &["E12", "E17"],
            FIRST,
            400,
            |client| vec![client.request("GET", "/").header("host", "a".repeat(256))],
        ),
        refused(
            [
                "e14_an_asterisk_outside_of_options_is_refused",
                "e14_an_asterisk_outside_of_options_gets_the_gateways_page",
            ],
            &["E14", "E17"],
            FIRST,
            400,
            |client| vec![client.request_to("GET", "*")],
        ),
        refused(
            [
                "e14_an_authority_outside_of_connect_is_refused",
                "e14_an_authority_outside_of_connect_gets_the_gateways_page",
            ],
            &["E14", "E17"],
            FIRST,
            400,
            |client| vec![client.request_to("GET", "a.example:80")],
        ),
        refused(
            [
                "e14_connect_is_refused",
                "e14_connect_gets_the_gateways_page",
            ],
            &["E14", "E17"],
            FIRST,
            501,
            |client| vec![client.request_to("CONNECT", "a.example:443")],
        ),
    ];
    rows.into_iter().flatten().collect()
}

fn over_http2() -> Vec<Case> {
    let rows = [
        refused(
            [
                "e12_user_information_in_an_authority_is_refused",
                "e12_user_information_in_an_authority_gets_the_gateways_page",
            ],
            &["E12", "E17"],
            &[Via::Http2],
            400,
            |client| vec![client.request("GET", "/").authority("u@a.example")],
        ),
        refused(
            [
                "e12_two_hosts_over_http2_are_refused",
                "e12_two_hosts_over_http2_get_the_gateways_page",
            ],
            &["E12", "E17"],
            &[Via::Http2],
            400,
            |client| {
                let request = client.request("GET", "/").without_host();
                let request = request.header("host", "a.example");
                vec![request.header("host", "b.example")]
            },
        ),
    ];
    rows.into_iter().flatten().collect()
}

fn served() -> Vec<Case> {
    vec![
        Case::new("e12_an_empty_host_is_served", &["E12"])
            .only(FIRST)
            .app(report)
            .sees(async |client: Client| {
                let vars = client
                    .environ(client.request("GET", "/").header("host", ""))
                    .await?;
                let name = vars.get("SERVER_NAME").unwrap_or_default();
                ensure(!name.is_empty(), "SERVER_NAME is empty")
            }),
        Case::new("e12_a_request_in_process_needs_no_host", &["E12"])
            .only(&[Via::InProcess])
            .app(report)
            .sees(async |client: Client| {
                let vars = client
                    .environ(client.request("GET", "/").without_host())
                    .await?;
                vars.has_no("HTTP_HOST")?;
                Ok(())
            }),
        Case::new("e12_http_1_0_needs_no_host", &["E12"])
            .needs(Capability::Http10)
            .needs(Capability::RequestWithoutHost)
            .only(FIRST)
            .app(report)
            .sees(async |client: Client| {
                let request = client.request("GET", "/").http10().without_host();
                client.environ(request).await?.has_no("HTTP_HOST")?;
                Ok(())
            }),
        Case::new("e12_http2_needs_neither_authority_nor_host", &["E12"])
            .needs(Capability::RequestWithoutHost)
            .only(&[Via::Http2])
            .app(report)
            .sees(async |client: Client| {
                let request = client.request("GET", "/").without_host();
                client.environ(request).await?.has_no("HTTP_HOST")?;
                Ok(())
            }),
        Case::new("e12_the_authority_comes_before_the_host_field", &["E12"])
            .only(&[Via::Http2])
            .app(report)
            .sees(async |client: Client| {
                let request = client.request("GET", "/").authority("b.example:82");
                client
                    .environ(request.header("host", "a.example:81"))
                    .await?
                    .is("HTTP_HOST", "b.example:82")?
                    .is("SERVER_NAME", "b.example")?;
                Ok(())
            }),
    ]
}
