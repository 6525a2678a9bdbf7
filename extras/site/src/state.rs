//! `State`: what the views share.

use std::fs;
use std::path::Path;

use gateway_core::BoxError;

use crate::model::{Database, News, Pictures};
use crate::pages::Pages;

/// What the views share: each gets an `Arc` of it.
pub struct State {
    pub(crate) database: Database,
    pub(crate) pictures: Pictures,
    pub(crate) news: News,
    pub(crate) pages: Pages,
}

impl State {
    /// Opens the database and the pictures below a directory, which is made if it is missing.
    ///
    /// # Errors
    ///
    /// When the directory or the database cannot be made or opened.
    pub fn open(directory: &Path) -> Result<Self, BoxError> {
        let pictures = directory.join("pictures");
        fs::create_dir_all(&pictures)?;
        Ok(Self {
            database: Database::open(&directory.join("site.db"))?,
            pictures: Pictures::new(pictures),
            news: News::new(),
            pages: Pages::new()?,
        })
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}
