//! Passwords: hashed with argon2, on threads that may block, few at a time.

use std::sync::LazyLock;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::error::SiteError;

/// How many hashes are computed at a time. Each takes 19 MiB and a core, and anybody can ask for one.
static PLACES: Semaphore = Semaphore::const_new(2);

/// What a password is compared with if there is no account of that name. So the time of the answer does
/// not tell which names exist.
static NOBODY: LazyLock<String> =
    LazyLock::new(|| password_auth::generate_hash("nobody's password"));

/// The hash of a new password, with its salt and parameters.
pub(crate) async fn hash_password(password: String) -> Result<String, SiteError> {
    compute(move || password_auth::generate_hash(password)).await
}

/// True if this is the password of the hash. Without a hash it takes as long, and is false.
pub(crate) async fn is_password(password: String, hash: Option<String>) -> Result<bool, SiteError> {
    compute(move || {
        let known = hash.as_deref().unwrap_or(&NOBODY);
        let is_right = password_auth::verify_password(password, known).is_ok();
        is_right && hash.is_some()
    })
    .await
}

async fn compute<T, F>(work: F) -> Result<T, SiteError>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let place = PLACES.acquire().await;
    let _place = place.map_err(|error| SiteError::Fault(error.into()))?;
    let done = spawn_blocking(work).await;
    done.map_err(|panicked| SiteError::Fault(panicked.into()))
}
