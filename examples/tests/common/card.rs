//! The cards of a page, as the page has them.

use std::collections::BTreeMap;

use gateway_conformance::wire::WireRequest;
use serde::Deserialize;

/// A card of the page at `/util`.
#[derive(Debug, Deserialize)]
pub(crate) struct Card {
    pub(crate) id: String,
    method: String,
    path: String,
    #[serde(default)]
    request_headers: BTreeMap<String, String>,
    request_body: Option<String>,
}

impl Card {
    /// All of them.
    pub(crate) fn all() -> Vec<Self> {
        serde_json::from_str(include_str!("../../templates/util.json")).unwrap()
    }

    /// What the page sends.
    pub(crate) fn request(&self) -> WireRequest {
        let mut request = WireRequest::new(&*self.method, &self.path);
        for (name, value) in &self.request_headers {
            request = request.header(name, value);
        }
        match &self.request_body {
            Some(body) => request.body(body.clone()),
            None => request,
        }
    }
}
