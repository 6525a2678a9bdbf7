//! Reads the `Host`, `Transfer-Encoding` and `TE` fields of a request, before the app is called.

use http::{HeaderMap, header};

use super::{Environ, HeadSource};

/// The lines of `Host` and `Transfer-Encoding`, and what `TE` asks for, found in one pass over the
/// head.
#[derive(Default)]
pub(crate) struct FramingFields<'a> {
    pub(crate) host: Lines<'a>,
    pub(crate) transfer_encoding: Lines<'a>,
    /// A line of `TE` asks for trailers.
    pub(crate) asks_for_trailers: bool,
}

/// The first line of a field, and whether there are more.
#[derive(Default)]
pub(crate) struct Lines<'a> {
    pub(crate) first: Option<&'a [u8]>,
    pub(crate) is_repeated: bool,
}

impl<'a> Lines<'a> {
    #[inline]
    fn add(&mut self, line: &'a [u8]) {
        self.is_repeated |= self.first.is_some();
        self.first = self.first.or(Some(line));
    }
}

impl Environ {
    /// Reads the head; `asks_for_trailers` judges a line of `TE`.
    #[inline]
    pub(crate) fn framing_fields(
        &self,
        asks_for_trailers: impl Fn(&[u8]) -> bool,
    ) -> FramingFields<'_> {
        match self.lent_headers() {
            Some(source) => of_source(source, asks_for_trailers),
            None => of_map(self.headers(), asks_for_trailers),
        }
    }
}

#[inline]
fn of_map(headers: &HeaderMap, asks_for_trailers: impl Fn(&[u8]) -> bool) -> FramingFields<'_> {
    let mut fields = FramingFields::default();
    for (name, value) in headers {
        match *name {
            header::HOST => fields.host.add(value.as_bytes()),
            header::TRANSFER_ENCODING => fields.transfer_encoding.add(value.as_bytes()),
            header::TE => fields.asks_for_trailers |= asks_for_trailers(value.as_bytes()),
            _ => {}
        }
    }
    fields
}

#[inline]
fn of_source(
    source: &dyn HeadSource,
    asks_for_trailers: impl Fn(&[u8]) -> bool,
) -> FramingFields<'_> {
    let mut fields = FramingFields::default();
    source.lines("host", &mut |line| fields.host.add(line));
    source.lines("transfer-encoding", &mut |line| {
        fields.transfer_encoding.add(line);
    });
    source.lines("te", &mut |line| {
        fields.asks_for_trailers |= asks_for_trailers(line);
    });
    fields
}
