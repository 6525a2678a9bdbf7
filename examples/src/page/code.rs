//! The code on the pages, extracted from the sources of the running program.

const VIEWS: &[&str] = &[include_str!("../views.rs")];
const LAB: &[&str] = &[
    include_str!("../lab/request.rs"),
    include_str!("../lab/stream.rs"),
    include_str!("../lab/start.rs"),
    include_str!("../lab/failure.rs"),
    include_str!("../lab/framing.rs"),
    include_str!("../lab/socket.rs"),
    include_str!("../chat.rs"),
];
const UTIL: &[&str] = &[
    include_str!("../util/errors.rs"),
    include_str!("../util/answers.rs"),
    include_str!("../util/files.rs"),
    include_str!("../util/requests.rs"),
    include_str!("../util/dispatch.rs"),
    include_str!("../util/middlewares.rs"),
    include_str!("../util/wrapped.rs"),
];

/// The code of a card: the function of the same name, or those that the card names.
pub(super) fn of(id: &str, functions: Option<&[String]>) -> Option<String> {
    let (files, name) = if let Some(name) = id.strip_prefix("lab_") {
        (LAB, name)
    } else if let Some(name) = id.strip_prefix("util_") {
        (UTIL, name)
    } else {
        (VIEWS, id)
    };
    let names = match functions {
        Some(functions) => functions.iter().map(String::as_str).collect(),
        None => vec![name],
    };
    let found: Option<Vec<&str>> = names
        .into_iter()
        .map(|name| files.iter().find_map(|file| function(file, name)))
        .collect();
    Some(found?.join("\n\n"))
}

/// Extracts a function from a file that rustfmt has formatted: from the line with its name to the
/// first closing brace of the same depth.
fn function<'a>(file: &'a str, name: &str) -> Option<&'a str> {
    let is_async = format!("async fn {name}(");
    let start = file
        .find(&is_async)
        .or_else(|| file.find(&format!("\nfn {name}(")).map(|line| line + 1))?;
    let text = file.get(start..)?;
    let end = text.find("\n}\n")? + 2;
    text.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_one_whole_function() {
        assert_eq!(
            of("index", None).as_deref(),
            Some("async fn index(_: Environ) -> &'static str {\n    \"Hello, World!\"\n}")
        );
        let names = ["another_app".to_owned(), "wsgi".to_owned()];
        let both = of("wsgi", Some(&names)).unwrap();
        assert!(both.starts_with("async fn another_app("), "{both}");
        assert!(both.contains("\n}\n\nasync fn wsgi("), "{both}");
        assert_eq!(of("no_such_card", None), None);
    }

    #[test]
    fn an_app_is_shown_like_a_view() {
        let gone = of("util_gone", None).unwrap();
        assert!(gone.starts_with("fn gone() -> impl App {\n"), "{gone}");
        assert!(gone.ends_with("\n}"), "{gone}");
    }
}
