//! Dispatch: by prefix, host and method, and to one app after another.

use gateway_core::{App, Environ, HttpError, TryIntoResponse, view};
use gateway_util::Mount;
use gateway_util::{Cascade, Hosts, HttpErrorFields, Methods, MiddlewareExt};
use http::Method;

use super::TEXT;

pub(super) fn app() -> impl App {
    Mount::new()
        .at("/prefixes", prefixes())
        .at("/hosts", hosts())
        .at("/methods", methods())
        .at("/override", method_override())
        .at("/head", head())
        .at("/cascade", cascade())
}

/// Where an app is mounted, and the rest of the path.
async fn whereami(environ: Environ) -> impl TryIntoResponse {
    let (script_name, path_info) = (environ.script_name(), environ.path_info());
    let text = format!("SCRIPT_NAME {script_name}\nPATH_INFO {path_info}\n");
    (text, [TEXT])
}

/// The longest prefix of whole segments is used: `/shopping` goes to the fallback.
fn prefixes() -> impl App {
    Mount::new()
        .at("/shop", view(whereami))
        .at("/shop/cart", view(whereami))
        .fallback(view(async |_| ("no shop here\n", 404, [TEXT])))
}

/// By host. A page cannot choose its `Host`, so this trusts a proxy that names another one.
fn hosts() -> impl App {
    Hosts::new()
        .at("example.org", view(async |_| "the site\n"))
        .at("*.example.org", view(async |_| "a part of the site\n"))
        .fallback(view(async |_| ("nobody's site\n", 421)))
        .proxy_fix()
        .x_host(1)
}

/// By method. HEAD, OPTIONS, `Allow` and the 405 are automatic.
fn methods() -> impl App {
    Methods::new()
        .get(view(async |_| "got\n"))
        .post(view(async |_| ("made\n", 201)))
}

/// A POST becomes the method that it names, because HTML forms know no other methods.
fn method_override() -> impl App {
    Methods::new()
        .post(view(async |_| ("made\n", 201)))
        .delete(view(async |_| "deleted\n"))
        .method_override()
        .header()
        .query()
}

/// GET for an app that does not know HEAD. The gateway sends no body.
fn head() -> impl App {
    let strict = view(
        async |environ: Environ| match environ.request_method().as_str() {
            "GET" => Ok("thirteen byte"),
            _ => Err(HttpError::method_not_allowed().allow([Method::GET, Method::HEAD])),
        },
    );
    strict.head_as_get()
}

/// The next app, if one answers 404 or 405.
fn cascade() -> impl App {
    let old = Mount::new().at("/old", view(async |_| "from the old app\n"));
    let new = view(async |_| "from the new app\n");
    Cascade::new().then(old).then(new)
}
