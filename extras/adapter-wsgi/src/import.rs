//! Finding a callable by its name.

use std::error::Error as StdError;
use std::fmt;
use std::path::Path;

use pyo3::exceptions::PyModuleNotFoundError;
use pyo3::prelude::*;

use crate::python_error::PythonError;

/// Why a callable could not be imported.
///
/// # Examples
///
/// ```
/// use adapter_wsgi::Wsgi;
///
/// let said = |name| Wsgi::import(name).map_err(|error| error.to_string()).err();
/// assert_eq!(said("no_such_module:app").as_deref(), Some("there is no module `no_such_module`"));
/// assert_eq!(said("json:no").as_deref(), Some("the module `json` has no `no`"));
/// assert_eq!(said("json:loads"), None);
/// ```
#[derive(Debug)]
pub struct ImportError(Kind);

#[derive(Debug)]
enum Kind {
    Malformed(String),
    NoModule(String),
    NoAttribute { module: String, attribute: String },
    NotCallable(String),
    Raised { module: String, error: PythonError },
}

impl ImportError {
    /// True if the module was found, and raised an exception while it was imported. The exception,
    /// with its traceback, is the [source](StdError::source).
    #[must_use]
    pub fn is_raised(&self) -> bool {
        matches!(self.0, Kind::Raised { .. })
    }
}

/// Lets Python look for modules in a folder, before all others: `sys.path`.
///
/// # Errors
///
/// What Python raises: where somebody replaced `sys.path` by something else.
pub fn look_in(folder: impl AsRef<Path>) -> PyResult<()> {
    Python::attach(|py| {
        let path = py.import("sys")?.getattr("path")?;
        // Text: a `pathlib.Path` is not looked into.
        path.call_method1("insert", (0, folder.as_ref().as_os_str()))?;
        Ok(())
    })
}

/// Imports `package.module:attribute`.
pub(crate) fn import(name: &str) -> Result<Py<PyAny>, ImportError> {
    let (module, attribute) = name
        .split_once(':')
        .filter(|(module, attribute)| is_dotted(module) && is_dotted(attribute))
        .ok_or_else(|| ImportError(Kind::Malformed(name.to_owned())))?;
    Python::attach(|py| {
        let imported = py
            .import(module)
            .map_err(|error| import_failed(py, module, &error))?;
        let mut found = imported.into_any();
        for part in attribute.split('.') {
            found = found.getattr(part).map_err(|_| {
                ImportError(Kind::NoAttribute {
                    module: module.to_owned(),
                    attribute: attribute.to_owned(),
                })
            })?;
        }
        if !found.is_callable() {
            return Err(ImportError(Kind::NotCallable(name.to_owned())));
        }
        Ok(found.unbind())
    })
}

fn is_dotted(name: &str) -> bool {
    name.split('.').all(|part| {
        !part.is_empty() && !part.contains(|c: char| !(c.is_alphanumeric() || c == '_'))
    })
}

/// A module that is not there is told from one that does not find another.
fn import_failed(py: Python<'_>, module: &str, error: &PyErr) -> ImportError {
    let missing = error
        .is_instance_of::<PyModuleNotFoundError>(py)
        .then(|| {
            error
                .value(py)
                .getattr("name")
                .ok()?
                .extract::<String>()
                .ok()
        })
        .flatten();
    let is_this = missing
        .is_some_and(|missing| module == missing || module.starts_with(&format!("{missing}.")));
    ImportError(match is_this {
        true => Kind::NoModule(module.to_owned()),
        false => Kind::Raised {
            module: module.to_owned(),
            error: PythonError::new(py, error),
        },
    })
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Malformed(name) => {
                write!(
                    f,
                    "expected MODULE:CALLABLE, such as shop.wsgi:app, not `{name}`"
                )
            }
            Kind::NoModule(module) => write!(f, "there is no module `{module}`"),
            Kind::NoAttribute { module, attribute } => {
                write!(f, "the module `{module}` has no `{attribute}`")
            }
            Kind::NotCallable(name) => write!(f, "`{name}` is not callable"),
            Kind::Raised { module, .. } => write!(f, "the module `{module}` failed"),
        }
    }
}

impl StdError for ImportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0 {
            Kind::Raised { error, .. } => Some(error),
            _ => None,
        }
    }
}
