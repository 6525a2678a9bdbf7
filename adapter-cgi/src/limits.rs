//! The bounds of what a front end sends.

/// The bounds of the variables of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// The bytes of all names and values, as they are encoded.
    pub(crate) head_bytes: usize,
    /// The number of variables.
    pub(crate) variables: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes: 128 * 1024,
            variables: 1000,
        }
    }
}
