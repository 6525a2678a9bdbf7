//! `Database`: a small pool of connections to SQLite, for async views.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

use crate::error::SiteError;

const SCHEMA: &str = include_str!("schema.sql");
/// SQLite reads with several connections at a time and writes with one.
const CONNECTIONS: usize = 4;
/// How long a writer waits for another.
const PATIENCE: Duration = Duration::from_secs(5);

/// The database. A query blocks its thread, so each runs on one where that is allowed.
pub(crate) struct Database {
    idle: Arc<Mutex<Vec<Connection>>>,
    places: Arc<Semaphore>,
}

impl Database {
    /// Opens a file, and makes the tables in a new one.
    pub(crate) fn open(file: &Path) -> rusqlite::Result<Self> {
        let mut idle = Vec::new();
        for _ in 0..CONNECTIONS {
            idle.push(connect(file)?);
        }
        Ok(Self {
            idle: Arc::new(Mutex::new(idle)),
            places: Arc::new(Semaphore::new(CONNECTIONS)),
        })
    }

    /// Runs a function that only reads, and sees one state of the database. Several run at a time.
    ///
    /// # Errors
    ///
    /// Those of the function, and if it panics.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, SiteError>
    where
        F: FnOnce(&Connection) -> Result<T, SiteError> + Send + 'static,
        T: Send + 'static,
    {
        self.run(TransactionBehavior::Deferred, work).await
    }

    /// Runs a function that writes: it happens whole, or if it fails not at all. One runs at a time.
    ///
    /// If the caller is dropped, as when a client leaves, the function still runs to its end.
    ///
    /// # Errors
    ///
    /// Those of the function, and if it panics.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, SiteError>
    where
        F: FnOnce(&Connection) -> Result<T, SiteError> + Send + 'static,
        T: Send + 'static,
    {
        self.run(TransactionBehavior::Immediate, work).await
    }

    async fn run<T, F>(&self, behavior: TransactionBehavior, work: F) -> Result<T, SiteError>
    where
        F: FnOnce(&Connection) -> Result<T, SiteError> + Send + 'static,
        T: Send + 'static,
    {
        let place = self.places.clone().acquire_owned().await;
        let place = place.map_err(|error| SiteError::Fault(error.into()))?;
        let idle = self.idle.clone();
        let done = spawn_blocking(move || {
            let mut lent = Lent::new(idle, place);
            let transaction = lent.connection()?.transaction_with_behavior(behavior)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        });
        done.await
            .unwrap_or_else(|panicked| Err(SiteError::Fault(panicked.into())))
    }
}

fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open(file)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "foreign_keys", "on")?;
    connection.pragma_update(None, "synchronous", "normal")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version == 0 {
        transaction.execute_batch(SCHEMA)?;
    }
    transaction.commit()?;
    Ok(connection)
}

/// A connection out of the pool. It goes back when this is dropped, also by a panic.
struct Lent {
    connection: Option<Connection>,
    idle: Arc<Mutex<Vec<Connection>>>,
    /// Dropped after the connection has gone back: fields are dropped after `drop`.
    _place: OwnedSemaphorePermit,
}

impl Lent {
    fn new(idle: Arc<Mutex<Vec<Connection>>>, place: OwnedSemaphorePermit) -> Self {
        let connection = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Self {
            connection,
            idle,
            _place: place,
        }
    }

    fn connection(&mut self) -> Result<&mut Connection, SiteError> {
        let none = || SiteError::Fault("a place in the pool without a connection".into());
        self.connection.as_mut().ok_or_else(none)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.extend(self.connection.take());
    }
}
