//! The pictures of the posts.

use std::sync::Arc;
use std::time::Duration;

use gateway_core::{Environ, Response};
use gateway_util::{CacheControl, SendFile};

use crate::error::SiteError;
use crate::routes;
use crate::state::State;

/// A picture never changes: another one has another name.
const FRESH: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// `GET /pictures/{name}`: with its length, conditions and ranges.
pub(crate) async fn show(state: Arc<State>, environ: Environ) -> Result<Response, SiteError> {
    let (path, media_type) = state.pictures.find(routes::text(&environ, "name")?)?;
    let cache_control = CacheControl::new().public().immutable().max_age(FRESH);
    let file = SendFile::new(path)
        .mimetype(media_type)
        .cache_control(cache_control);
    Ok(file.respond(&environ).await?)
}
