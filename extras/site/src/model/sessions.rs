//! `Session`: what a secret stands for until it expires.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::accounts::Account;
use super::posts::now;
use super::secret::Secret;
use crate::error::SiteError;

/// How long a session lasts.
pub(crate) const LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Where a secret may be sent: a cookie is no token of the API, which other sites could not send.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Browser,
    Api,
}

/// The sessions, as rows of the database.
pub(crate) struct Session;

impl Session {
    /// Begins a session of an account, and forgets those that have expired.
    pub(crate) fn begin(
        database: &Connection,
        account: &Account,
        kind: Kind,
    ) -> Result<Secret, SiteError> {
        let secret = Secret::random()?;
        database.execute("DELETE FROM session WHERE expires <= ?1", [now()])?;
        database.execute(
            "INSERT INTO session (digest, account, kind, expires) VALUES (?1, ?2, ?3, ?4)",
            params![
                secret.digest(),
                account.id,
                kind.name(),
                now() + LIFETIME.as_secs().cast_signed()
            ],
        )?;
        Ok(secret)
    }

    /// The account of a secret; `None` if it is unknown, of another kind, or has expired.
    pub(crate) fn account(
        database: &Connection,
        secret: &Secret,
        kind: Kind,
    ) -> Result<Option<Account>, SiteError> {
        let found = database.query_row(
            "SELECT account.id, account.name FROM session JOIN account ON account.id = session.account \
             WHERE digest = ?1 AND kind = ?2 AND expires > ?3",
            params![secret.digest(), kind.name(), now()],
            |row| {
                Ok(Account {
                    id: row.get(0)?,
                    name: row.get(1)?,
                })
            },
        );
        Ok(found.optional()?)
    }

    /// Ends a session. One that is not there has ended already.
    pub(crate) fn end(database: &Connection, secret: &Secret) -> Result<(), SiteError> {
        database.execute("DELETE FROM session WHERE digest = ?1", [secret.digest()])?;
        Ok(())
    }
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Api => "api",
        }
    }
}
