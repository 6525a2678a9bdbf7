//! The pages for people: at `/showcase` every form that a view can return and the laboratory, at
//! `/util` the helpers. Each card shows its code.

mod code;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use gateway_core::{BoxError, Environ, Error, ResultExt};
use minijinja::context;
use minijinja::value::Serde;
use serde::{Deserialize, Serialize};

const TEMPLATE: &str = include_str!("../templates/page.html");

/// The contents of a page.
struct Page {
    title: &'static str,
    intro: &'static str,
    /// The path and the title of the other page.
    other: (&'static str, &'static str),
    cards: &'static str,
}

const SHOWCASE: Page = Page {
    title: "The gateway's showcase",
    intro: "Every form a view can return, and a laboratory for the clauses of SPEC.md.",
    other: ("./util", "Helpers and middlewares"),
    cards: include_str!("../templates/showcase.json"),
};

const UTIL: Page = Page {
    title: "Helpers and middlewares",
    intro: "What gateway-util has for errors, responses, files, requests and composition.",
    other: ("./showcase", "The showcase"),
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
    /// The functions to show, if they are not the one that the id names.
    #[serde(skip_serializing)]
    functions: Option<Vec<String>>,
    #[serde(skip_deserializing)]
    code: Option<String>,
}

/// The view of the showcase. The page never changes, so it is rendered once.
pub(crate) async fn showcase(_: Environ) -> Result<&'static str, Error> {
    static TEXT: LazyLock<Result<String, String>> = LazyLock::new(|| SHOWCASE.text());
    TEXT.as_deref().map_err(String::as_str).or_error()
}

/// The view of the helpers.
pub(crate) async fn util(_: Environ) -> Result<&'static str, Error> {
    static TEXT: LazyLock<Result<String, String>> = LazyLock::new(|| UTIL.text());
    TEXT.as_deref().map_err(String::as_str).or_error()
}

impl Page {
    fn text(&self) -> Result<String, String> {
        self.render().map_err(|error| error.to_string())
    }

    fn render(&self) -> Result<String, BoxError> {
        let values = context! {
            title => self.title,
            intro => self.intro,
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
    fn the_page_shows_the_code_escaped() {
        let page = SHOWCASE.render().unwrap();
        assert!(page.contains("async fn index(_: Environ) -&gt; &amp;&#x27;static str"));
        let page = UTIL.render().unwrap();
        assert!(page.contains("fn cascade() -&gt; impl App"));
    }
}
