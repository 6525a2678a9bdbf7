//! `Pictures`: the files that were uploaded.

use std::io;
use std::path::PathBuf;

use tokio::fs;

use super::secret::random_hex;
use crate::error::SiteError;

/// The limit on a picture, in bytes.
pub(crate) const LONGEST_PICTURE: u64 = 2 * 1024 * 1024;

/// The formats that are taken: the extension, the media type, and how a file of it begins.
const FORMATS: [(&str, &str, &[u8]); 3] = [
    ("png", "image/png", b"\x89PNG\r\n\x1a\n"),
    ("jpg", "image/jpeg", b"\xff\xd8\xff"),
    ("gif", "image/gif", b"GIF8"),
];

/// A directory of pictures. The server chooses their names.
pub(crate) struct Pictures(PathBuf);

impl Pictures {
    /// The pictures in a directory.
    pub(crate) fn new(directory: PathBuf) -> Self {
        Self(directory)
    }

    /// Writes a picture, and gives its name.
    ///
    /// What the client says of its name and its type is not believed: the first bytes tell the format.
    ///
    /// # Errors
    ///
    /// If it is no picture of a format that is taken, or cannot be written.
    pub(crate) async fn add(&self, bytes: &[u8]) -> Result<String, SiteError> {
        let format = FORMATS.iter().find(|(.., magic)| bytes.starts_with(magic));
        let Some((extension, ..)) = format else {
            return Err(SiteError::Invalid("A picture is a PNG, JPEG or GIF file."));
        };
        let name = format!("{}.{extension}", random_hex::<16>()?);
        fs::write(self.0.join(&name), bytes).await?;
        Ok(name)
    }

    /// The file of a name, and its media type.
    ///
    /// # Errors
    ///
    /// If it is no name that [`add`](Self::add) could have given. So it cannot lead out of the directory.
    pub(crate) fn find(&self, name: &str) -> Result<(PathBuf, &'static str), SiteError> {
        let (stem, extension) = name.split_once('.').ok_or(SiteError::NotFound)?;
        let is_ours = stem.len() == 32 && stem.bytes().all(|byte| byte.is_ascii_hexdigit());
        let format = FORMATS.iter().find(|(known, ..)| *known == extension);
        match format {
            Some((_, media_type, _)) if is_ours => Ok((self.0.join(name), media_type)),
            _ => Err(SiteError::NotFound),
        }
    }

    /// Deletes a picture. One that is not there is deleted already.
    ///
    /// # Errors
    ///
    /// If the disk fails.
    pub(crate) async fn delete(&self, name: &str) -> Result<(), SiteError> {
        let (path, _) = self.find(name)?;
        match fs::remove_file(path).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}
