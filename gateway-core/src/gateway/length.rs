//! `Length`: compares the bytes of a body with the length that was declared. A longer body is
//! truncated, which is logged. A shorter one fails at its end (B5).

use std::error::Error as StdError;
use std::fmt;

use bytes::Bytes;

use crate::log;

/// Holds a body to its length: the one that the head declares, else the one that the body knows.
///
/// A longer body is truncated, which is logged once. A shorter one is an error.
#[derive(Debug, Clone, Copy)]
pub(super) struct Length {
    /// `None` if the length is unknown.
    whole: Option<u64>,
    sent: u64,
    is_cut_logged: bool,
}

impl Length {
    /// The length of a body for which the head declares `declared`, and the body itself knows
    /// `known`.
    ///
    /// # Errors
    ///
    /// When the body is known to be shorter than declared.
    #[inline]
    pub(super) fn new(declared: Option<u64>, known: Option<u64>) -> Result<Self, TooShort> {
        let mut length = Self::known(declared.or(known));
        if let (Some(declared), Some(known)) = (declared, known) {
            if known < declared {
                return Err(TooShort {
                    declared,
                    sent: known,
                });
            }
            // Logged now, because the host may stop polling at the declared length.
            if known > declared {
                length.log_cut();
            }
        }
        Ok(length)
    }

    /// The length of a body that is held only to what it knows itself.
    pub(super) fn known(known: Option<u64>) -> Self {
        Self {
            whole: known,
            sent: 0,
            is_cut_logged: false,
        }
    }

    /// How many bytes are still to be sent, if the length is known.
    #[inline]
    pub(super) fn left(&self) -> Option<u64> {
        Some(self.whole?.saturating_sub(self.sent))
    }

    /// Counts a chunk, and truncates it at the length.
    #[inline]
    pub(super) fn admit(&mut self, mut data: Bytes) -> Bytes {
        if let Some(left) = self.left()
            && data.len() as u64 > left
        {
            self.log_cut();
            data.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        }
        self.sent += data.len() as u64;
        data
    }

    /// The body has ended.
    ///
    /// # Errors
    ///
    /// When bytes are missing.
    pub(super) fn end(&self) -> Result<(), TooShort> {
        match self.whole {
            Some(declared) if self.sent < declared => Err(TooShort {
                declared,
                sent: self.sent,
            }),
            _ => Ok(()),
        }
    }

    /// Logs, once, that the body is longer than its length.
    #[cold]
    pub(super) fn log_cut(&mut self) {
        if std::mem::replace(&mut self.is_cut_logged, true) {
            return;
        }
        let declared = self.whole.unwrap_or(0);
        log::warn(
            "B5",
            &format_args!(
                "the body is longer than the declared {declared} bytes; the rest is dropped"
            ),
        );
    }
}

/// A body of fewer bytes than were declared (B5).
#[derive(Debug)]
pub(super) struct TooShort {
    declared: u64,
    sent: u64,
}

impl fmt::Display for TooShort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the body has {} bytes, but {} were declared",
            self.sent, self.declared
        )
    }
}

impl StdError for TooShort {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b5_a_longer_body_is_cut_and_a_shorter_one_is_an_error() {
        let mut length = Length::new(Some(3), None).unwrap();
        assert_eq!(length.admit(Bytes::from_static(b"ab")), "ab");
        assert!(length.end().is_err());
        assert_eq!(length.admit(Bytes::from_static(b"cd")), "c");
        assert_eq!(length.left(), Some(0));
        assert!(length.end().is_ok());
        assert!(Length::new(Some(3), Some(2)).is_err());
        assert_eq!(Length::new(Some(3), Some(4)).unwrap().left(), Some(3));
        assert_eq!(Length::new(None, Some(4)).unwrap().left(), Some(4));
        assert_eq!(Length::new(None, None).unwrap().left(), None);
    }
}
