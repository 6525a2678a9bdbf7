use std::sync::Arc;

use gateway_core::{Environ, Gateway, HeadSource, HttpError, Input, LentHead};
use http::{Method, Request, Uri, Version};

/// A target that a host lends.
struct Target(String);

impl HeadSource for Target {
    fn target(&self) -> &str {
        &self.0
    }

    fn lines<'a>(&'a self, _: &str, _: &mut dyn FnMut(&'a [u8])) {}

    fn for_each(&self, _: &mut dyn FnMut(&str, &[u8])) {}
}

/// The first line is a target, the second a prefix where an app is mounted (E2 to E7).
pub fn path(data: &[u8]) {
    let (target, prefix) = crate::cut(data, b'\n');
    let (Ok(target), Ok(prefix)) = (std::str::from_utf8(target), std::str::from_utf8(prefix)) else {
        return;
    };
    let uri = target.parse::<Uri>();
    if let Ok(uri) = &uri {
        let mut request = Request::new(());
        *request.uri_mut() = uri.clone();
        let mut environ = Environ::from_request(request);
        let raw = check(&environ);
        let is_mounted = environ.mount(prefix);
        assert_eq!(check(&environ), raw);
        if is_mounted {
            let prefix = prefix.trim_end_matches('/').as_bytes();
            let script_name = environ.script_name();
            assert!(script_name.as_bytes() == prefix || script_name.as_bytes() == [b"/", prefix].concat());
        } else {
            assert!(environ.script_name().is_empty());
        }
        check_lent(target, prefix, &environ);
    } else if target.starts_with('/') {
        let source = Arc::new(Target(target.to_owned()));
        assert!(LentHead::new(Method::GET, Version::HTTP_11, source).is_err());
    }
}

/// What holds wherever an app is mounted; gives the whole path.
fn check(environ: &Environ) -> String {
    let (script_name, path_info) = (environ.raw_script_name(), environ.raw_path_info());
    assert!(path_info.is_empty() || path_info.starts_with('/'), "{path_info:?}");
    assert!(!script_name.ends_with('/'), "{script_name:?}");
    assert_eq!(environ.script_name().as_bytes(), decoded(script_name));
    assert_eq!(environ.path_info().as_bytes(), decoded(path_info));
    format!("{script_name}{path_info}")
}

/// Decodes once (E4).
fn decoded(raw: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = raw.as_bytes();
    while let [first, after @ ..] = rest {
        let code = match rest {
            [b'%', high, low, ..] => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                digit(high).zip(digit(low)).map(|(high, low)| (high * 16 + low) as u8)
            }
            _ => None,
        };
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &rest[3..] } else { after };
    }
    bytes
}

/// A head that is lent gives the same environ.
fn check_lent(target: &str, prefix: &str, expected: &Environ) {
    let source = Arc::new(Target(target.to_owned()));
    let Ok(head) = LentHead::new(Method::GET, Version::HTTP_11, source) else {
        panic!("{target:?} is a URI, and is refused as a lent one");
    };
    let mut environ = Gateway::new(HttpError::not_found()).lend(head, Input::empty());
    environ.mount(prefix);
    assert_eq!(environ.raw_script_name(), expected.raw_script_name());
    assert_eq!(environ.raw_path_info(), expected.raw_path_info());
    assert_eq!(environ.query_string(), expected.query_string());
    assert_eq!(environ.request_uri(), expected.request_uri());
}
