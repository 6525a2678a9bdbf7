//! Apps that show the helpers of `gateway-util`, one each, for the page at `/util`.

mod answers;
mod dispatch;
mod errors;
mod files;
mod middlewares;
mod requests;
mod wrapped;

use gateway_core::{App, view};
use gateway_util::Mount;
use gateway_util::redirect;

use crate::page;
use crate::routes::Routes;
use crate::stack::Stack;

const TEXT: (&str, &str) = ("Content-Type", "text/plain; charset=utf-8");

/// All of them, to be mounted at `/util`, because the page's links are relative to that. Each
/// accepts every method.
pub(crate) fn app(stack: Option<Stack>) -> impl App {
    let page = Routes::new()
        .get("", page::util(stack))
        .get("/", view(async |_| redirect("../util").permanent()));
    Mount::new()
        .at("/errors", errors::app())
        .at("/answers", answers::app())
        .at("/files", files::app())
        .at("/requests", requests::app())
        .at("/dispatch", dispatch::app())
        .at("/middlewares", middlewares::app())
        .at("/wrapped", wrapped::app())
        .fallback(page)
}
