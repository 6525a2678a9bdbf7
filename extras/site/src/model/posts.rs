//! `Post`: what somebody has written, and the picture with it.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use serde::Serialize;
use utoipa::ToSchema;

use super::accounts::Account;
use crate::error::SiteError;

/// How many posts a page has.
pub(crate) const PAGE: usize = 10;
/// The limit on the text of a post, in characters.
pub(crate) const LONGEST_TEXT: usize = 2000;
/// The limit on the description of a picture, in characters.
const LONGEST_DESCRIPTION: usize = 200;

/// A post, as pages and the API show it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Post {
    pub(crate) id: i64,
    /// The name of who wrote it.
    pub(crate) author: String,
    pub(crate) text: String,
    /// The name of its picture, below `/pictures/`.
    pub(crate) picture: Option<String>,
    /// What the picture shows, in words.
    pub(crate) description: String,
    /// When it was written (RFC 3339).
    pub(crate) created: String,
}

/// A text and a description that keep to the limits.
#[derive(Debug)]
pub(crate) struct NewPost {
    pub(crate) text: String,
    pub(crate) description: String,
}

impl NewPost {
    /// Checks what a client has sent. The page has the limits, too, but only browsers keep to that.
    ///
    /// # Errors
    ///
    /// Which limit is broken.
    pub(crate) fn checked(text: &str, description: &str) -> Result<Self, SiteError> {
        let (text, description) = (text.trim(), description.trim());
        if text.is_empty() {
            return Err(SiteError::Invalid("Write something first."));
        }
        if text.chars().count() > LONGEST_TEXT {
            return Err(SiteError::Invalid("A post has at most 2000 characters."));
        }
        if description.chars().count() > LONGEST_DESCRIPTION {
            return Err(SiteError::Invalid(
                "A description has at most 200 characters.",
            ));
        }
        Ok(Self {
            text: text.to_owned(),
            description: description.to_owned(),
        })
    }
}

/// The columns of a [`Post`], in its order.
const SELECT: &str = "SELECT post.id, account.name, text, picture, description, post.created \
                      FROM post JOIN account ON account.id = post.author";

impl Post {
    /// Adds a post.
    pub(crate) fn add(
        database: &Connection,
        author: &Account,
        new: &NewPost,
        picture: Option<&str>,
    ) -> Result<Self, SiteError> {
        database.execute(
            "INSERT INTO post (author, text, picture, description, created) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![author.id, new.text, picture, new.description, now()],
        )?;
        Self::find(database, database.last_insert_rowid())
    }

    /// The post of an id.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub(crate) fn find(database: &Connection, id: i64) -> Result<Self, SiteError> {
        let sql = format!("{SELECT} WHERE post.id = ?1");
        Ok(database.query_row(&sql, [id], Self::read)?)
    }

    /// The newest posts, or those before an id: at most a page, and whether there are older ones.
    ///
    /// A page that begins at a post stays what it is when others are written. One that skips a number of
    /// posts would show some twice.
    pub(crate) fn page(
        database: &Connection,
        before: Option<i64>,
        count: usize,
    ) -> Result<(Vec<Self>, bool), SiteError> {
        let sql = format!("{SELECT} WHERE post.id < ?1 ORDER BY post.id DESC LIMIT ?2");
        let mut query = database.prepare_cached(&sql)?;
        // One more than the page has, to know of the next page.
        let limit = i64::try_from(count + 1).unwrap_or(i64::MAX);
        let found = query.query_map([before.unwrap_or(i64::MAX), limit], Self::read)?;
        let mut posts: Vec<Self> = found.collect::<Result<_, _>>()?;
        let is_more = posts.len() > count;
        posts.truncate(count);
        Ok((posts, is_more))
    }

    /// Deletes a post of this author, and gives the name of its picture.
    ///
    /// # Errors
    ///
    /// If there is none, or it is somebody else's.
    pub(crate) fn delete(
        database: &Connection,
        author: &Account,
        id: i64,
    ) -> Result<Option<String>, SiteError> {
        let (owner, picture) = database.query_row(
            "SELECT author, picture FROM post WHERE id = ?1",
            [id],
            |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)),
        )?;
        if owner != author.id {
            return Err(SiteError::NotYours);
        }
        database.execute("DELETE FROM post WHERE id = ?1", [id])?;
        Ok(picture)
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let created: i64 = row.get(5)?;
        let created = Timestamp::from_second(created).unwrap_or(Timestamp::UNIX_EPOCH);
        Ok(Self {
            id: row.get(0)?,
            author: row.get(1)?,
            text: row.get(2)?,
            picture: row.get(3)?,
            description: row.get(4)?,
            created: created.to_string(),
        })
    }
}

/// Seconds since 1970.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs().cast_signed())
}
