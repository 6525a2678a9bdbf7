//! The request as Sentry's events have it.

use gateway_core::Environ;
use sentry_core::protocol::Request;
use sentry_core::utils::is_sensitive_header;

/// The name of the request's transaction.
pub(super) fn name(environ: &Environ) -> String {
    let target = environ.request_uri();
    let path = target.split('?').next().unwrap_or_default();
    format!("{} {path}", environ.request_method())
}

/// What is known of the request. What may name a person, or hold a secret, only if it is asked for.
pub(super) fn of(environ: &Environ, has_pii: bool) -> Request {
    let scheme = environ.scheme().as_str();
    let host = environ.host();
    let host = host.as_deref().unwrap_or("localhost");
    let path = [environ.raw_script_name(), environ.raw_path_info()].concat();
    let query = environ.query_string();
    let headers = environ
        .headers()
        .keys()
        .filter(|name| has_pii || !is_sensitive_header(name.as_str()))
        .filter_map(|name| Some((name.to_string(), environ.header(name.as_str())?.to_string())));
    let mut env = vec![
        ("SERVER_NAME", environ.server_name().into_owned()),
        ("SERVER_PORT", environ.server_port().to_string()),
        ("SCRIPT_NAME", environ.script_name().to_string()),
    ];
    if let Some(addr) = environ.remote_addr().filter(|_| has_pii) {
        env.push(("REMOTE_ADDR", addr.to_string()));
    }
    Request {
        url: format!("{scheme}://{host}{path}").parse().ok(),
        method: Some(environ.request_method().to_string()),
        query_string: (has_pii && !query.is_empty()).then(|| query.to_owned()),
        headers: headers.collect(),
        env: env
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        ..Request::default()
    }
}
