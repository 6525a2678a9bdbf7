use std::collections::BTreeMap;
use std::sync::Arc;

use futures_executor::block_on;
use gateway_core::{Environ, Gateway, HeadSource, Input, LentHead, view};
use http::{HeaderMap, Method, Request, Version};

/// Headers in a host's own type.
struct Lines(HeaderMap);

impl HeadSource for Lines {
    fn target(&self) -> &str {
        "/"
    }

    fn lines<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        self.0.get_all(name).iter().for_each(|value| visit(value.as_bytes()));
    }

    fn for_each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        self.0.iter().for_each(|(name, value)| visit(name.as_str(), value.as_bytes()));
    }
}

/// The bytes are header lines of a request (E8 to E12, I1, I2).
pub fn request_head(data: &[u8]) {
    let headers = crate::headers(data);
    let gateway = Gateway::new(view(async |_| "reached"));
    let mut request = Request::new(());
    *request.headers_mut() = headers.clone();
    let (parts, ()) = request.into_parts();
    let mut own = gateway.environ(parts, Input::empty());
    let head = LentHead::new(Method::GET, Version::HTTP_11, Arc::new(Lines(headers)));
    let mut lent = gateway.lend(head.expect("a target"), Input::empty());
    for _ in 0..2 {
        assert_eq!(vars(&own), vars(&lent));
        assert_eq!(own.content_length(), lent.content_length());
        assert!(!own.server_name().is_empty() && own.server_port() != 0);
        own.keep_underscored_headers();
        lent.keep_underscored_headers();
    }
    assert_eq!(own.get("HTTP_PROXY"), None);
    let is_refused = gateway.refuses(&own);
    assert_eq!(gateway.refuses(&lent), is_refused);
    let response = block_on(gateway.handle(own));
    let status = response.status().as_u16();
    if is_refused {
        assert!([400, 501].contains(&status), "{status}");
        assert_eq!(response.headers()["connection"], "close");
    } else {
        assert_eq!(status, 200);
    }
}

fn vars(environ: &Environ) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for (key, value) in environ.vars() {
        assert_eq!(environ.get(&key), Some(value.clone()), "{key}");
        let before = all.insert(key.into_owned(), value.as_bytes().to_vec());
        assert!(before.is_none(), "twice");
    }
    all
}
