//! `Account`: who has signed up.

use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use super::posts::now;
use crate::error::SiteError;

/// An account, as pages may show it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Account {
    pub(crate) id: i64,
    pub(crate) name: String,
}

/// A name and a password that keep to the limits.
#[derive(Debug)]
pub(crate) struct NewAccount {
    pub(crate) name: String,
    pub(crate) password: String,
}

impl NewAccount {
    /// Checks what a form has sent.
    ///
    /// # Errors
    ///
    /// Which limit is broken.
    pub(crate) fn checked(name: &str, password: &str) -> Result<Self, SiteError> {
        let name = name.trim();
        let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        if !(2..=30).contains(&name.chars().count()) || !name.chars().all(is_plain) {
            return Err(SiteError::Invalid(
                "A name has 2 to 30 letters, digits, dots, hyphens or underscores.",
            ));
        }
        // In bytes, because argon2 hashes all of them.
        if password.chars().count() < 10 || password.len() > 400 {
            return Err(SiteError::Invalid("A password has 10 to 100 characters."));
        }
        Ok(Self {
            name: name.to_owned(),
            password: password.to_owned(),
        })
    }
}

impl Account {
    /// Adds an account.
    ///
    /// # Errors
    ///
    /// If the name is taken, in whichever case.
    pub(crate) fn add(
        database: &Connection,
        name: String,
        password_hash: &str,
    ) -> Result<Self, SiteError> {
        let added = database.execute(
            "INSERT INTO account (name, password, created) VALUES (?1, ?2, ?3)",
            params![name, password_hash, now()],
        );
        match added {
            Ok(_) => Ok(Self {
                id: database.last_insert_rowid(),
                name,
            }),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                Err(SiteError::NameTaken)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The account of a name, and the hash of its password.
    pub(crate) fn find(
        database: &Connection,
        name: &str,
    ) -> Result<Option<(Self, String)>, SiteError> {
        let found = database.query_row(
            "SELECT id, name, password FROM account WHERE name = ?1",
            [name.trim()],
            |row| {
                let account = Self {
                    id: row.get(0)?,
                    name: row.get(1)?,
                };
                Ok((account, row.get(2)?))
            },
        );
        Ok(found.optional()?)
    }
}
