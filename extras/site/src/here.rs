//! `Here`: where the site is mounted.

use gateway_core::{Environ, Error};

/// Where the site is mounted, as a prefix of links: empty, or such as `/postcards`.
///
/// SCRIPT_NAME says where the app is that reads it. That is longer inside the mount at `/api`, whose page
/// also has links to the rest of the site. So the outermost app remembers it.
#[derive(Clone)]
pub(crate) struct Here(String);

impl Here {
    /// Remembers the place: a function for `on_request`.
    pub(crate) async fn remember(mut environ: Environ) -> Result<Environ, Error> {
        let here = Self(environ.raw_script_name().to_owned());
        environ.extensions_mut().insert(here);
        Ok(environ)
    }

    /// The place.
    pub(crate) fn of(environ: &Environ) -> &str {
        let here = environ.extensions().get::<Self>();
        here.map_or_else(|| environ.raw_script_name(), |Self(here)| here)
    }
}
