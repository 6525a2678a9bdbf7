//! `app`: the apps of all cases as one app, which a server mounts to be tested.

use std::collections::HashMap;

use gateway_core::{App, Body, BoxApp, Environ, Error, HttpError, StartResponse, TryIntoResponse};

use crate::cases::{cases, reports::environ_report};
use crate::facts;

/// The app that a server mounts to be tested.
///
/// The app of a case is at `/NAME/`, below the mount point of this one. It sees the
/// environ as the server made it. The client learns from `/_facts/` what the apps noted. It is
/// for tests only: its apps panic, fail or respond without end when a request asks for that.
pub fn app() -> impl App + Clone {
    let apps = cases()
        .into_iter()
        .map(|case| (case.name(), case.into_app()));
    std::sync::Arc::new(SuiteApp(apps.collect()))
}

struct SuiteApp(HashMap<&'static str, BoxApp>);

impl App for SuiteApp {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let path = environ.raw_path_info().trim_start_matches('/');
        let (name, rest) = path.split_once('/').unwrap_or((path, ""));
        if environ.request_uri() == "*" {
            // E14: there is no path that names a case.
            return start_response.send(environ_report(&environ).try_into_response()?);
        }
        if name == "_facts" {
            let facts = facts::answer(rest).await.ok_or_else(HttpError::not_found)?;
            let answer = (facts, [("content-type", "application/json")]);
            return start_response.send(answer.try_into_response()?);
        }
        match self.0.get(name) {
            Some(app) => app.call(environ, start_response).await,
            None => Err(HttpError::not_found().into()),
        }
    }
}
