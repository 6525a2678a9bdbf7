//! Apps that report the environ that they saw.

use std::collections::BTreeMap;

use gateway_core::{Body, Environ, Error, Json, StartResponse, TryIntoResponse};

/// The whole CGI view, and two values without a CGI name: `raw_path_info`, `raw_script_name`. Bytes
/// are escaped, so that nothing is lost.
pub(crate) fn environ_report(environ: &Environ) -> Json<BTreeMap<String, String>> {
    let mut report: BTreeMap<String, String> = environ
        .vars()
        .into_iter()
        .map(|(key, value)| {
            (
                key.into_owned(),
                value.as_bytes().escape_ascii().to_string(),
            )
        })
        .collect();
    report.insert("raw_path_info".into(), environ.raw_path_info().into());
    report.insert("raw_script_name".into(), environ.raw_script_name().into());
    Json(report)
}

/// An app that responds with [`environ_report`].
pub(super) async fn report(environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.send(environ_report(&environ).try_into_response()?)
}
