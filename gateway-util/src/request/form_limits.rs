//! Bounds on forms.

/// What a form may be; beyond it the answer is 413.
///
/// # Examples
///
/// ```
/// use gateway_util::FormLimits;
///
/// let uploads = FormLimits::default().body(1 << 30).in_memory(1 << 20);
/// # let _ = uploads;
/// ```
#[derive(Debug, Clone)]
#[must_use = "limits do nothing until a form is read with them"]
pub struct FormLimits {
    pub(super) body: u64,
    pub(super) text: u64,
    pub(super) parts: usize,
    pub(super) in_memory: u64,
}

impl FormLimits {
    /// The bytes of the whole body; 16 MiB by default. Files count, whether they are in memory or
    /// on disk.
    pub fn body(mut self, bytes: u64) -> Self {
        self.body = bytes;
        self
    }

    /// The bytes of all fields that are not files, which are held in memory; 500 000 by default.
    pub fn text(mut self, bytes: u64) -> Self {
        self.text = bytes;
        self
    }

    /// How many fields and files; 1 000 by default.
    pub fn parts(mut self, count: usize) -> Self {
        self.parts = count;
        self
    }

    /// How many bytes all files together hold in memory before the next goes to disk; 256 KiB by
    /// default.
    pub fn in_memory(mut self, bytes: u64) -> Self {
        self.in_memory = bytes;
        self
    }
}

impl Default for FormLimits {
    fn default() -> Self {
        Self {
            body: 16 << 20,
            text: 500_000,
            parts: 1_000,
            in_memory: 256 << 10,
        }
    }
}
