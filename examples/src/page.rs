//! The pages for people: at `/showcase` every form that a view can return and the laboratory, at
//! `/util` the helpers. Each card shows its code.

mod code;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use gateway_core::{App, BoxError, Environ, Error, ResultExt, view_with};
use gateway_util::MiddlewareExt;
use http::HeaderValue;
use http::header::CONTENT_SECURITY_POLICY;
use minijinja::context;
use minijinja::value::Serde;
use serde::{Deserialize, Serialize};

use crate::stack::Stack;

const TEMPLATE: &str = include_str!("../templates/page.html");

/// A page loads and runs only what this server has sent.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; connect-src 'self'; img-src data:; script-src 'self'; style-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The contents of a page.
struct Page {
    title: &'static str,
    /// What this is and why, in paragraphs. Backticks mark code.
    lead: &'static [&'static str],
    /// The path and the title of the other page.
    other: (&'static str, &'static str),
    cards: &'static str,
}

const SHOWCASE: Page = Page {
    title: "A gateway interface for Rust: the showcase",
    lead: &[
        "What WSGI is for Python: a web component is written once, as an app, and runs in hyper, \
         actix-web, axum and every other tower server. There it sends the same bytes: a 204 has no \
         body, an error before the first byte is a 500, and a later one aborts the response.",
        "Below are all forms that a view can return, and a laboratory that keeps and breaks the \
         clauses of the specification. Each card has the Rust code that answers, sends its request \
         to this server, and shows what came back.",
    ],
    other: ("./util", "helpers and middlewares"),
    cards: include_str!("../templates/showcase.json"),
};

const UTIL: Page = Page {
    title: "Helpers and middlewares",
    lead: &[
        "What `gateway-util` has for errors, responses, files, requests and composition, for apps that \
         run on hyper, actix-web and axum alike. Each card has the Rust code that answers, sends its \
         request to this server, and shows what came back.",
    ],
    other: ("./showcase", "the showcase"),
    cards: include_str!("../templates/util.json"),
};

/// A card of a page. The file has all of it except the code.
#[derive(Debug, Deserialize, Serialize)]
struct Card {
    id: String,
    group: String,
    title: String,
    note: String,
    method: String,
    path: String,
    #[serde(default)]
    request_headers: BTreeMap<String, String>,
    request_body: Option<String>,
    /// How the exchange is meant to end, if not as most do: "aborted" or "endless".
    ends: Option<String>,
    /// The functions to show, if they are not the one that the id names.
    #[serde(skip_serializing)]
    functions: Option<Vec<String>>,
    #[serde(skip_deserializing)]
    code: Option<String>,
}

/// The page of the showcase, which names the stack that serves it.
pub(crate) fn showcase(stack: Option<Stack>) -> impl App {
    app(&SHOWCASE, stack)
}

/// The page of the helpers.
pub(crate) fn util(stack: Option<Stack>) -> impl App {
    app(&UTIL, stack)
}

/// The app of a page.
fn app(page: &'static Page, stack: Option<Stack>) -> impl App {
    let rendered = Rendered {
        page,
        stack,
        text: OnceLock::new(),
    };
    view_with(Arc::new(rendered), show).on_response(|_status, headers| {
        headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    })
}

/// A page that never changes, so it is rendered once, when it is first asked for.
struct Rendered {
    page: &'static Page,
    stack: Option<Stack>,
    text: OnceLock<Result<Bytes, String>>,
}

async fn show(rendered: Arc<Rendered>, _: Environ) -> Result<Bytes, Error> {
    let text = rendered.text.get_or_init(|| {
        let text = rendered.page.render(rendered.stack);
        text.map(Bytes::from).map_err(|error| error.to_string())
    });
    text.as_ref().map_err(String::as_str).cloned().or_error()
}

/// A server, as the page names it.
#[derive(Serialize)]
struct Named {
    host: &'static str,
    adapter: &'static str,
    flag: String,
}

impl Named {
    fn of(stack: Stack) -> Self {
        let (host, adapter) = match stack {
            Stack::Hyper => ("hyper", "adapter-hyper"),
            Stack::Actix => ("actix-web", "adapter-actix"),
            Stack::Tower => ("axum", "adapter-tower"),
        };
        Self {
            host,
            adapter,
            flag: stack.to_string(),
        }
    }
}

impl Page {
    fn render(&self, stack: Option<Stack>) -> Result<String, BoxError> {
        let others = |stack| Stack::ALL.into_iter().filter(move |other| *other != stack);
        let server = stack.map(|stack| {
            let named = Named::of(stack);
            let others: Vec<_> = others(stack).map(Named::of).collect();
            context! {
                host => named.host,
                adapter => named.adapter,
                others => Serde(others),
            }
        });
        let values = context! {
            title => self.title,
            lead => self.lead.to_vec(),
            server,
            other_path => self.other.0,
            other_title => self.other.1,
            cards => Serde(self.cards()?),
        };
        Ok(minijinja::Environment::new().render_named_str("page.html", TEMPLATE, values)?)
    }

    fn cards(&self) -> serde_json::Result<Vec<Card>> {
        let mut cards: Vec<Card> = serde_json::from_str(self.cards)?;
        for card in &mut cards {
            card.code = code::of(&card.id, card.functions.as_deref());
        }
        Ok(cards)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages() -> [Vec<Card>; 2] {
        [SHOWCASE, UTIL].map(|page| page.cards().unwrap())
    }

    #[test]
    fn every_card_has_its_code() {
        for card in pages().iter().flatten() {
            // The router answers for an unknown path.
            let expected = card.id != "nope";
            assert_eq!(card.code.is_some(), expected, "{}", card.id);
        }
    }

    #[test]
    fn ids_and_titles_are_there_once() {
        for cards in pages() {
            for (nth, card) in cards.iter().enumerate() {
                let twin = cards[..nth]
                    .iter()
                    .find(|other| other.id == card.id || other.title == card.title);
                assert!(twin.is_none(), "{card:?}");
            }
        }
    }

    #[test]
    fn a_card_is_an_anchor_of_its_own() {
        let others = [
            "cards",
            "filter",
            "send-all",
            "summary",
            "announcer",
            "nothing",
            "clear",
        ];
        for card in pages().iter().flatten() {
            assert!(!others.contains(&&*card.id), "{}", card.id);
            assert!(!card.id.starts_with("group-"), "{}", card.id);
            let ends = card.ends.as_deref();
            assert!(
                matches!(ends, None | Some("aborted" | "endless")),
                "{ends:?}"
            );
        }
    }

    #[test]
    fn the_page_shows_the_code_escaped() {
        let page = SHOWCASE.render(None).unwrap();
        assert!(page.contains("async fn index(_: Environ) -&gt; &amp;&#x27;static str"));
        let page = UTIL.render(None).unwrap();
        assert!(page.contains("fn cascade() -&gt; impl App"));
    }

    #[test]
    fn the_page_names_the_server() {
        let page = SHOWCASE.render(Some(Stack::Tower)).unwrap();
        assert!(
            page.contains("served by <strong>axum</strong>, through <code>adapter-tower</code>")
        );
        assert!(page.contains("<code>--stack actix</code> serves the same from actix-web"));
        assert!(!SHOWCASE.render(None).unwrap().contains("served by"));
    }
}
