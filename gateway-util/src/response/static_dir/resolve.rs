//! From the path of a request to a file, and never to one outside.

use std::path::{Component, Path, PathBuf};

use percent_encoding::percent_decode_str;
use tokio::fs;

use super::StaticDir;

/// What a path leads to.
pub(super) enum Resolved {
    /// A file, by its real path.
    File(PathBuf),
    /// A directory with an index, named without a slash at its end.
    WithoutSlash,
}

/// Looks up a raw PATH_INFO: raw, because a slash that was encoded is not a separator.
pub(super) async fn resolve(dir: &StaticDir, raw_path: &str) -> Option<Resolved> {
    let relative = relative_path(raw_path, dir.serves_hidden)?;
    let path = real_path(&dir.root, &relative).await?;
    let metadata = fs::metadata(&path).await.ok()?;
    if !metadata.is_dir() {
        // `file.txt/` is no file.
        return (!raw_path.ends_with('/')).then_some(Resolved::File(path));
    }
    let index = real_path(&dir.root, &relative.join(dir.index.as_ref()?)).await?;
    if !fs::metadata(&index).await.ok()?.is_file() {
        return None;
    }
    if raw_path.ends_with('/') {
        Some(Resolved::File(index))
    } else {
        Some(Resolved::WithoutSlash)
    }
}

/// The path with its links followed, if it ends below the root.
async fn real_path(root: &Path, relative: &Path) -> Option<PathBuf> {
    let path = fs::canonicalize(root.join(relative)).await.ok()?;
    path.starts_with(root).then_some(path)
}

/// A path of plain names, or none.
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
        // One plain name and nothing else: no `..`, no `.`, no drive, nothing empty.
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
