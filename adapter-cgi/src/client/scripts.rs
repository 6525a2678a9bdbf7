//! Which script of a FastCGI server answers a request.

use std::path::{Path, PathBuf};

use gateway_core::{Environ, HttpError};

use super::variables::{Variable, set};

/// Where the scripts are, for the FastCGI server.
#[derive(Debug, Clone)]
pub(super) enum Scripts {
    /// The server knows by itself.
    None,
    /// One script answers everything.
    One(PathBuf),
    /// The scripts below a directory, and the one that answers what names none.
    Below { root: PathBuf, index: String },
}

impl Scripts {
    /// Adds what tells the server of its script.
    ///
    /// # Errors
    ///
    /// 404 for a path that is no text, or would lead out of the directory.
    pub(super) fn tell(
        &self,
        environ: &Environ,
        variables: &mut Vec<Variable>,
    ) -> Result<(), HttpError> {
        match self {
            Self::None => Ok(()),
            Self::One(script) => {
                set_path(variables, "SCRIPT_FILENAME", script);
                if let Some(root) = script.parent() {
                    set_path(variables, "DOCUMENT_ROOT", root);
                }
                Ok(())
            }
            Self::Below { root, index } => {
                let path = environ.path_info();
                let path = path.to_str().ok_or_else(HttpError::not_found)?;
                if path.split('/').any(|segment| matches!(segment, "." | "..")) {
                    return Err(HttpError::not_found());
                }
                let index = format!("/{index}");
                let (script, rest) = split(path).unwrap_or((&index, path));
                let mut script_name = environ.script_name().into_bytes().into_owned();
                script_name.extend_from_slice(script.as_bytes());
                set(variables, "SCRIPT_NAME", script_name);
                set(variables, "PATH_INFO", rest.as_bytes().to_vec());
                let file = root.join(script.trim_start_matches('/'));
                set_path(variables, "SCRIPT_FILENAME", &file);
                set_path(variables, "DOCUMENT_ROOT", root);
                Ok(())
            }
        }
    }
}

/// The script that a path names, and what is behind it.
fn split(path: &str) -> Option<(&str, &str)> {
    let (at, _) = path
        .match_indices(".php")
        .find(|(at, _)| matches!(path.as_bytes().get(at + 4), None | Some(b'/')))?;
    path.split_at_checked(at + 4)
        .filter(|(script, _)| !script.ends_with("/.php"))
}

fn set_path(variables: &mut Vec<Variable>, name: &str, path: &Path) {
    set(
        variables,
        name,
        path.as_os_str().as_encoded_bytes().to_vec(),
    );
}

#[cfg(test)]
mod tests {
    use gateway_core::Environ;
    use http::Request;

    use super::Scripts;

    fn told(target: &str) -> Result<Vec<String>, u16> {
        let mut environ = Environ::from_request(Request::get(target).body(()).unwrap());
        environ.mount("/blog");
        let scripts = Scripts::Below {
            root: "/srv/www".into(),
            index: "index.php".into(),
        };
        let mut variables = Vec::new();
        scripts
            .tell(&environ, &mut variables)
            .map_err(|error| error.status().as_u16())?;
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ok(variables
            .into_iter()
            .map(|(_, value)| text(value))
            .collect())
    }

    #[test]
    fn a_path_names_its_script_or_the_index() {
        for (target, script, rest, file) in [
            ("/blog/a.php", "/blog/a.php", "", "/srv/www/a.php"),
            (
                "/blog/x/a.php/y/b.php",
                "/blog/x/a.php",
                "/y/b.php",
                "/srv/www/x/a.php",
            ),
            ("/blog/", "/blog/index.php", "/", "/srv/www/index.php"),
            ("/blog", "/blog/index.php", "", "/srv/www/index.php"),
            (
                "/blog/a.phpx",
                "/blog/index.php",
                "/a.phpx",
                "/srv/www/index.php",
            ),
            ("/a/b%20c", "/index.php", "/a/b c", "/srv/www/index.php"),
        ] {
            let expected = [script, rest, file, "/srv/www"].map(str::to_owned).to_vec();
            assert_eq!(told(target), Ok(expected), "{target}");
        }
    }

    #[test]
    fn no_path_leads_out_of_the_directory() {
        for target in [
            "/blog/../etc/a.php",
            "/blog/%2e%2e/a.php",
            "/blog/./a.php",
            "/%ff.php",
        ] {
            assert_eq!(told(target), Err(404), "{target}");
        }
    }
}
