use futures_executor::block_on;
use gateway_core::{Environ, HttpError};
use gateway_util::{EnvironExt, FormLimits};
use http::{HeaderValue, Request};

/// The first line is the value of Content-Type (RFC 9110 section 8.3), what follows it a body.
pub fn content_type(data: &[u8]) {
    let (value, body) = crate::cut(data, b'\n');
    let Ok(value) = HeaderValue::from_bytes(value) else {
        return;
    };
    let environ = || {
        let mut request = Request::new(body.to_vec());
        request.headers_mut().insert("content-type", value.clone());
        Environ::from_request(request)
    };
    // All in memory: without a runtime there is no file.
    let limits = || FormLimits::default().in_memory(1 << 20);
    let form = block_on(environ().form(limits()));
    let is_form = !is_refused(form.as_ref().err());
    let is_multipart = !is_refused(environ().multipart(limits()).as_ref().err());
    let json = block_on(environ().json::<Vec<u8>>(1 << 20));
    let is_json = !is_refused(json.as_ref().err());
    // A type is one of them, and a multipart form is a form.
    assert!(!(is_json && is_form) && (is_form || !is_multipart));
    if let Ok(form) = form {
        assert!(form.fields().len() <= body.len());
    }
}

/// True if the type was none that is read. Other refusals are those of the body.
fn is_refused(error: Option<&HttpError>) -> bool {
    let status = error.map_or(200, |error| error.status().as_u16());
    assert!([200, 400, 413, 415].contains(&status), "{status}");
    status == 415
}
