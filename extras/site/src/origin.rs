//! `OwnOrigin`: refuses requests that the page of another site has made a browser send.

use gateway_core::{App, Body, Environ, Error, HttpError, StartResponse};
use http::Method;

/// A middleware that lets a request that changes something pass only if no page of another site has sent
/// it: the first defence against forged requests (CSRF), and the only one of the forms for signing in and
/// up. The forms of those who are signed in also have a token.
///
/// Browsers say where a request comes from, in `Sec-Fetch-Site` or else in `Origin`, and a page cannot
/// change that. A client that says neither is no browser, and nobody's cookies can be abused with it.
pub(crate) struct OwnOrigin<A>(pub(crate) A);

impl<A: App> App for OwnOrigin<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let method = environ.request_method();
        let is_safe = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        if !is_safe && !is_own(&environ) {
            return Err(HttpError::forbidden()
                .with_description("The page of another site has sent this request.")
                .into());
        }
        self.0.call(environ, start_response).await
    }

    gateway_core::forward_lifespan!(0);
}

fn is_own(environ: &Environ) -> bool {
    if let Some(site) = environ.header("sec-fetch-site") {
        // `none`: the user has sent it, such as by a reload.
        return matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let Some(origin) = environ.header("origin") else {
        return true;
    };
    let own = environ
        .host()
        .map(|host| format!("{}://{host}", environ.scheme().as_str()));
    own.is_some_and(|own| origin == own)
}
