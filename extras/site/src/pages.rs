//! `Pages`: the templates, compiled once.

use gateway_util::Failure;
use http::{HeaderMap, StatusCode};
use minijinja::{Environment, Value, context};

use crate::error::SiteError;

/// The templates. In one whose name ends in `.html`, every value is escaped.
const TEMPLATES: [(&str, &str); 7] = [
    ("base.html", include_str!("../templates/base.html")),
    ("posts.html", include_str!("../templates/posts.html")),
    ("post.html", include_str!("../templates/post.html")),
    ("card.html", include_str!("../templates/card.html")),
    ("account.html", include_str!("../templates/account.html")),
    ("api.html", include_str!("../templates/api.html")),
    ("error.html", include_str!("../templates/error.html")),
];

/// The pages of the site.
pub(crate) struct Pages(Environment<'static>);

impl Pages {
    /// Compiles the templates.
    ///
    /// # Errors
    ///
    /// If one is malformed.
    pub(crate) fn new() -> Result<Self, minijinja::Error> {
        let mut environment = Environment::new();
        for (name, source) in TEMPLATES {
            environment.add_template(name, source)?;
        }
        Ok(Self(environment))
    }

    /// A page.
    ///
    /// # Errors
    ///
    /// If the template fails.
    pub(crate) fn render(&self, name: &str, values: Value) -> Result<String, SiteError> {
        Ok(self.0.get_template(name)?.render(values)?)
    }

    /// The page of an error that a view has raised. The text is the public one; the cause is logged.
    ///
    /// # Errors
    ///
    /// If the template fails.
    pub(crate) fn error(
        &self,
        failure: &Failure<'_>,
    ) -> Result<(String, StatusCode, HeaderMap), SiteError> {
        let error = failure.http_error();
        let page = self.render(
            "error.html",
            context! {
                here => failure.raw_script_name(),
                status => error.status().as_u16(),
                name => error.name(),
                description => error.description(),
            },
        );
        // The headers of the error, such as Allow or Retry-After, stay.
        Ok((page?, error.status(), error.headers().clone()))
    }
}
