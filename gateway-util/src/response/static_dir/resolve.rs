//! Finds the file for a request's path, and never one outside the directory.

use std::path::{Component, Path, PathBuf};

use percent_encoding::percent_decode_str;
use tokio::fs;

use super::StaticDir;

/// What a path leads to.
pub(super) enum Resolved {
    /// A file.
    File(Found),
    /// A directory with an index, requested without a slash at its end.
    WithoutSlash,
}

/// A file that may be served.
pub(super) struct Found {
    /// The path with all links followed.
    pub(super) path: PathBuf,
    /// The requested path, from the root.
    pub(super) relative: PathBuf,
}

/// Looks up a raw PATH_INFO, because an encoded slash is not a separator.
pub(super) async fn resolve(dir: &StaticDir, raw_path: &str) -> Option<Resolved> {
    let relative = relative_path(raw_path, dir.serves_hidden)?;
    let path = real_path(dir, &relative).await?;
    let metadata = fs::metadata(&path).await.ok()?;
    if !metadata.is_dir() {
        // `file.txt/` is not a file.
        let is_file = !raw_path.ends_with('/');
        return is_file.then_some(Resolved::File(Found { path, relative }));
    }
    let index = file(dir, relative.join(dir.index.as_ref()?)).await?;
    if raw_path.ends_with('/') {
        Some(Resolved::File(index))
    } else {
        Some(Resolved::WithoutSlash)
    }
}

/// A regular file by its path from the root, which is plain.
pub(super) async fn file(dir: &StaticDir, relative: PathBuf) -> Option<Found> {
    let path = real_path(dir, &relative).await?;
    let is_file = fs::metadata(&path).await.ok()?.is_file();
    is_file.then_some(Found { path, relative })
}

/// The path with its links followed, if it ends below the root or may end elsewhere, and if no link
/// leads to a hidden name.
async fn real_path(dir: &StaticDir, relative: &Path) -> Option<PathBuf> {
    let path = fs::canonicalize(dir.root.join(relative)).await.ok()?;
    // The deployer named the directories above the root, and elsewhere.
    let is_shown = match path.strip_prefix(&dir.root) {
        Ok(below) => dir.serves_hidden || !below.components().any(is_hidden),
        Err(_) => {
            dir.follows_links_out
                && (dir.serves_hidden || !path.components().next_back().is_some_and(is_hidden))
        }
    };
    is_shown.then_some(path)
}

fn is_hidden(component: Component<'_>) -> bool {
    component.as_os_str().as_encoded_bytes().starts_with(b".")
}

/// A path of plain names, or `None`.
fn relative_path(raw_path: &str, with_hidden: bool) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    let raw_path = raw_path.strip_prefix('/').unwrap_or(raw_path);
    if raw_path.is_empty() {
        return Some(path);
    }
    let raw_path = raw_path.strip_suffix('/').unwrap_or(raw_path);
    for segment in raw_path.split('/') {
        let segment = percent_decode_str(segment).decode_utf8().ok()?;
        if segment.contains(['/', '\\', '\0']) || (segment.starts_with('.') && !with_hidden) {
            return None;
        }
        // Exactly one plain name: no `..`, no `.`, no drive, nothing empty.
        let mut components = Path::new(&*segment).components();
        match (components.next(), components.next()) {
            (Some(Component::Normal(name)), None) if *name == *segment => path.push(name),
            _ => return None,
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_make_a_path() {
        for (raw, expected) in [
            ("", Some("")),
            ("/", Some("")),
            ("/a", Some("a")),
            ("/a/", Some("a")),
            ("/a%20b/c", Some("a b/c")),
            ("/%252e%252e/a", Some("%2e%2e/a")),
            ("/..", None),
            ("/../a", None),
            ("/a/../../b", None),
            ("/%2e%2e/a", None),
            ("/.%2E/a", None),
            ("/./a", None),
            ("/a%2Fb", None),
            ("/..%2Fa", None),
            ("/%2Fetc/passwd", None),
            ("//etc/passwd", None),
            ("/a//b", None),
            ("//", None),
            ("/a%5Cb", None),
            ("/..%5Ca", None),
            ("/a\\b", None),
            ("/a%00", None),
            ("/%FF", None),
            ("/.env", None),
            ("/a/.git/config", None),
        ] {
            assert_eq!(
                relative_path(raw, false).as_deref(),
                expected.map(Path::new),
                "{raw}"
            );
        }
        assert!(relative_path("/.well-known/a", true).is_some());
        assert!(relative_path("/..", true).is_none());
        assert!(relative_path("/.", true).is_none());
    }
}
