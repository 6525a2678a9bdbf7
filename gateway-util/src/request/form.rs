//! `Form`: the fields and files of a submitted form.

#[cfg(feature = "multipart")]
mod collect;

use gateway_core::{Environ, HttpError};
use serde::de::DeserializeOwned;

#[cfg(feature = "multipart")]
use super::{FilePart, Multipart};
use super::{FormLimits, Pairs, media_type};

/// A form: its fields, and its files if it is a multipart form.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{Environ, HttpError};
/// use gateway_util::{EnvironExt, FormLimits};
///
/// async fn sign(mut environ: Environ) -> Result<String, HttpError> {
///     let form = environ.form(FormLimits::default()).await?;
///     Ok(format!("Hello, {}!", form.require("name")?))
/// }
///
/// let request = http::Request::post("/")
///     .header("content-type", "application/x-www-form-urlencoded")
///     .body("name=Ada+L.")?;
/// assert_eq!(sign(Environ::from_request(request)).await?, "Hello, Ada L.!");
/// let request = http::Request::post("/").header("content-type", "text/plain").body("name=Ada")?;
/// assert_eq!(sign(Environ::from_request(request)).await.unwrap_err().status(), 415);
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Default)]
pub struct Form {
    pub(super) fields: Pairs,
    #[cfg(feature = "multipart")]
    pub(super) files: Vec<FilePart>,
}

impl Form {
    pub(super) async fn read(
        environ: &mut Environ,
        limits: &FormLimits,
    ) -> Result<Self, HttpError> {
        if media_type::of(environ, |media_type| media_type::is_urlencoded(&media_type))? {
            let limit = limits.body.min(limits.text);
            media_type::check_length(environ, limit)?;
            let bytes = environ.take_input().bytes(limit).await?;
            // Counted before they are split: each field costs more memory than it has bytes.
            let count = bytes.iter().filter(|byte| **byte == b'&').count() + 1;
            if count > limits.parts {
                return Err(HttpError::payload_too_large());
            }
            return Ok(Self {
                fields: Pairs::from_urlencoded(&bytes),
                #[cfg(feature = "multipart")]
                files: Vec::new(),
            });
        }
        #[cfg(feature = "multipart")]
        {
            let multipart = Multipart::of(environ, limits.clone())?;
            let (fields, files) = collect::collect(multipart, limits).await?;
            Ok(Self { fields, files })
        }
        #[cfg(not(feature = "multipart"))]
        Err(HttpError::unsupported_media_type())
    }

    /// The fields that are not files.
    #[must_use]
    pub fn fields(&self) -> &Pairs {
        &self.fields
    }

    /// The first value of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name)
    }

    /// The first value of a required field.
    ///
    /// # Errors
    ///
    /// 400.
    pub fn require(&self, name: &str) -> Result<&str, HttpError> {
        self.fields.require(name)
    }

    /// The fields as a struct; see [`Pairs::deserialize`].
    ///
    /// # Errors
    ///
    /// 400 for fields that do not fit the struct.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, HttpError> {
        self.fields.deserialize()
    }

    /// The first file of a field.
    #[cfg(feature = "multipart")]
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&FilePart> {
        self.files.iter().find(|file| file.name() == name)
    }

    /// All files, in the order in which they were sent.
    #[cfg(feature = "multipart")]
    #[must_use]
    pub fn files(&self) -> &[FilePart] {
        &self.files
    }

    /// Takes the first file of a field out of the form, to read it or to save it.
    #[cfg(feature = "multipart")]
    pub fn take_file(&mut self, name: &str) -> Option<FilePart> {
        let place = self.files.iter().position(|file| file.name() == name)?;
        Some(self.files.remove(place))
    }

    /// All files, moved out of the form.
    #[cfg(feature = "multipart")]
    #[must_use]
    pub fn into_files(self) -> Vec<FilePart> {
        self.files
    }
}
