//! The page at `/showcase`: every form beside the code that answers it.

use std::sync::LazyLock;

use gateway_core::{BoxError, Environ, Error, ResultExt};
use minijinja::context;
use minijinja::value::Serde;
use serde::{Deserialize, Serialize};

const TEMPLATE: &str = include_str!("../templates/showcase.html");
const FORMS: &str = include_str!("../templates/forms.json");

/// The files that the code on the page is cut out of, so that what is shown is what runs.
const VIEWS: &[&str] = &[include_str!("views.rs")];
const LAB: &[&str] = &[
    include_str!("lab/request.rs"),
    include_str!("lab/stream.rs"),
    include_str!("lab/start.rs"),
    include_str!("lab/failure.rs"),
    include_str!("lab/framing.rs"),
];

/// A card of the page; all but the code is what `forms.json` says.
#[derive(Debug, Deserialize, Serialize)]
struct Form {
    id: String,
    group: String,
    title: String,
    note: String,
    method: String,
    path: String,
    request_body: Option<String>,
    #[serde(skip_deserializing)]
    code: Option<String>,
}

/// The view. The page never changes, so it is rendered once.
pub(crate) async fn page(_: Environ) -> Result<&'static str, Error> {
    static PAGE: LazyLock<Result<String, String>> =
        LazyLock::new(|| render().map_err(|error| error.to_string()));
    PAGE.as_deref().map_err(|error| error.as_str()).or_error()
}

fn render() -> Result<String, BoxError> {
    let forms = Serde(forms()?);
    let values = context! { title => "The gateway's showcase", forms };
    Ok(minijinja::Environment::new().render_named_str("showcase.html", TEMPLATE, values)?)
}

fn forms() -> serde_json::Result<Vec<Form>> {
    let mut forms: Vec<Form> = serde_json::from_str(FORMS)?;
    for form in &mut forms {
        form.code = code(&form.id);
    }
    Ok(forms)
}

/// The code behind a form: the function of the same name, and what it cannot be read without.
fn code(id: &str) -> Option<String> {
    let (files, name) = match id.strip_prefix("lab_") {
        Some(name) => (LAB, name),
        None => (VIEWS, id),
    };
    let names: &[&str] = match name {
        "wsgi" | "tuple2_wsgi" => &["another_app", name],
        "limit" => &["limit", "count"],
        "status_204" | "status_205" | "status_304" => &["status"],
        name => &[name],
    };
    let functions: Option<Vec<&str>> = names
        .iter()
        .map(|name| files.iter().find_map(|file| function(file, name)))
        .collect();
    Some(functions?.join("\n\n"))
}

/// Cuts an async function out of a file that rustfmt has formatted: from the line with its name to
/// the first brace that stands at the same depth.
fn function<'a>(file: &'a str, name: &str) -> Option<&'a str> {
    let start = file.find(&format!("async fn {name}("))?;
    let text = file.get(start..)?;
    let end = text.find("\n}\n")? + 2;
    text.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_has_its_code() {
        for form in forms().unwrap() {
            // The router answers for a path that is nowhere.
            let expected = form.id != "nope";
            assert_eq!(form.code.is_some(), expected, "{}", form.id);
        }
    }

    #[test]
    fn ids_and_titles_are_there_once() {
        let forms = forms().unwrap();
        for (nth, form) in forms.iter().enumerate() {
            let twin = forms[..nth]
                .iter()
                .find(|other| other.id == form.id || other.title == form.title);
            assert!(twin.is_none(), "{form:?}");
        }
    }

    #[test]
    fn code_is_one_whole_function() {
        assert_eq!(
            code("index").as_deref(),
            Some("async fn index(_: Environ) -> &'static str {\n    \"Hello, World!\"\n}")
        );
        let both = code("wsgi").unwrap();
        assert!(both.contains("async fn another_app("), "{both}");
        assert!(both.contains("\n}\n\nasync fn wsgi("), "{both}");
        assert_eq!(code("no_such_form"), None);
    }

    #[test]
    fn the_page_shows_the_code_escaped() {
        let page = render().unwrap();
        assert!(page.contains("async fn index(_: Environ) -&gt; &amp;&#x27;static str"));
    }
}
