//! `Secret`: a random value that only its holder knows.

use std::fmt;
use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::error::SiteError;

/// 256 random bits in hex: the value of a session's cookie, or a token of the API.
///
/// The server keeps its digest. Whoever reads the database cannot use what is there.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// A new one.
    pub(crate) fn random() -> Result<Self, SiteError> {
        Ok(Self(random_hex::<32>()?))
    }

    /// The one that a client sent.
    pub(crate) fn sent(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The value, for its holder.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What the database keeps of it.
    pub(crate) fn digest(&self) -> Vec<u8> {
        Sha256::digest(self.0.as_bytes()).to_vec()
    }

    /// A value for forms that only the holder's own pages know, and from which the secret cannot be
    /// computed.
    pub(crate) fn form_token(&self) -> String {
        hex(&Sha256::new()
            .chain_update("form:")
            .chain_update(&self.0)
            .finalize())
    }
}

/// Random bytes, in hex.
pub(crate) fn random_hex<const N: usize>() -> Result<String, SiteError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| SiteError::Fault(error.into()))?;
    Ok(hex(&bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// It must not get into a log.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
