//! As much of a browser as the admin needs: cookies, forms and their tokens.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use gateway_conformance::wire::{WireRequest, WireResponse, http1};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

pub(crate) struct Browser {
    connection: http1::Http1Connection,
    cookies: BTreeMap<String, String>,
    /// Of the last page with a form.
    token: String,
}

impl Browser {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        Self {
            connection: http1::Http1Connection::open(address).await.unwrap(),
            cookies: BTreeMap::new(),
            token: String::new(),
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> WireResponse {
        let response = self.ask(WireRequest::get(path)).await;
        let text = response.text();
        if let Some((_, rest)) = text.split_once("name=\"csrfmiddlewaretoken\" value=\"") {
            rest.split('"').next().unwrap().clone_into(&mut self.token);
        }
        response
    }

    /// The text of a page.
    pub(crate) async fn page(&mut self, path: &str) -> String {
        let response = self.get(path).await;
        assert_eq!(response.status, 200, "{path}: {}", response.text());
        response.text()
    }

    /// Looks at a form, and sends it.
    pub(crate) async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> WireResponse {
        self.page(path).await;
        self.send(path, fields).await
    }

    /// Sends a form of the last page.
    pub(crate) async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> WireResponse {
        let token = self.token.clone();
        let fields = fields
            .iter()
            .copied()
            .chain([("csrfmiddlewaretoken", &*token)]);
        let body: Vec<String> = fields
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
            .collect();
        let request = WireRequest::post(path)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body.join("&"));
        self.ask(request).await
    }

    /// Where an answer sends a browser to.
    pub(crate) async fn sent_to(&mut self, path: &str, fields: &[(&str, &str)]) -> String {
        let response = self.submit(path, fields).await;
        assert_eq!(response.status, 302, "{path}: {}", response.text());
        response.header("location").unwrap().to_owned()
    }

    pub(crate) async fn ask(&mut self, mut request: WireRequest) -> WireResponse {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            request = request.header("Cookie", cookies.join("; "));
        }
        let response = self.connection.request(&request).await.unwrap();
        assert!(response.is_complete());
        for cookie in response.header_all("set-cookie") {
            let (pair, attributes) = cookie.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }
}
