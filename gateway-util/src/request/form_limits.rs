//! `FormLimits`: the limits on a form.

/// The limits on a form. Beyond one of them the response is a 413.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::Environ;
/// use gateway_util::{EnvironExt, FormLimits};
///
/// let request = http::Request::post("/").header("content-type", "application/x-www-form-urlencoded");
/// let mut environ = Environ::from_request(request.body("a=1&b=2&c=3")?);
/// let refused = environ.form(FormLimits::default().parts(2)).await.unwrap_err();
/// assert_eq!(refused.status(), 413);
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[doc(alias = "MAX_CONTENT_LENGTH")]
#[doc(alias = "MAX_FORM_MEMORY_SIZE")]
#[doc(alias = "MAX_FORM_PARTS")]
#[derive(Debug, Clone)]
#[must_use = "limits do nothing until a form is read with them"]
pub struct FormLimits {
    pub(super) body: u64,
    pub(super) text: u64,
    pub(super) parts: usize,
    pub(super) in_memory: u64,
    pub(super) part_head: usize,
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

    /// How many bytes all files together hold in memory before the next one goes to disk; 256 KiB
    /// by default. One file on disk holds all files of a form, so a form takes one descriptor,
    /// however many files it has.
    pub fn in_memory(mut self, bytes: u64) -> Self {
        self.in_memory = bytes;
        self
    }

    /// The bytes of the head of a part of a multipart form, and of the text before the first
    /// part; 16 KiB by default.
    pub fn part_head(mut self, bytes: usize) -> Self {
        self.part_head = bytes;
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
            part_head: 16 << 10,
        }
    }
}
