//! The pages of the book and README, as text, blocks and code spans.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The root of the tree.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A page, by the name of its file.
pub(crate) struct Page {
    name: String,
    text: String,
}

/// A block between fences.
pub(crate) struct Block<'a> {
    pub(crate) language: &'a str,
    pub(crate) text: &'a str,
}

/// README, and each chapter.
pub(crate) fn pages() -> io::Result<Vec<Page>> {
    let mut files = vec![root().join("README.md")];
    for entry in fs::read_dir(root().join("book/src"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
    }
    let mut pages = Vec::new();
    for file in files {
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name != "SUMMARY.md" {
            pages.push(Page {
                name,
                text: fs::read_to_string(file)?,
            });
        }
    }
    Ok(pages)
}

impl Page {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn blocks(&self) -> impl Iterator<Item = Block<'_>> {
        let mut fences = self.text.split("```").skip(1);
        std::iter::from_fn(move || {
            let block = fences.next()?;
            // What follows the block.
            fences.next();
            let (language, text) = block.split_once('\n')?;
            Some(Block { language, text })
        })
    }
}
