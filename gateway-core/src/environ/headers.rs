//! Look-ups in the request headers, which are an `http` map or still in the server's own type.

use std::borrow::Cow;

use http::header::{self, AsHeaderName};
use http::{HeaderMap, HeaderName};

use super::{EnvValue, Environ, HeadSource};

impl Environ {
    /// CONTENT_TYPE, absent where the client sent none (E8).
    #[must_use]
    pub fn content_type(&self) -> Option<EnvValue<'_>> {
        self.header("content-type")
    }

    /// CONTENT_LENGTH as a number. It is absent if the client sent none (E8), sent anything but one
    /// number, or sent the body in a transfer coding, which overrides it (I2).
    ///
    /// A number beyond `u64` is `u64::MAX`, so that it is over every limit.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        // RFC 9112 section 6.3: a list, or several lines, of one number are that number.
        let mut length = None;
        let mut is_valid = true;
        self.each_line(header::CONTENT_LENGTH, &mut |line| {
            for item in line.split(|byte| *byte == b',') {
                let number = decimal(item);
                is_valid &= number.is_some() && length.is_none_or(|known| Some(known) == number);
                length = length.or(number);
            }
        });
        let length = length.filter(|_| is_valid)?;
        self.first_line(header::TRANSFER_ENCODING)
            .is_none()
            .then_some(length)
    }

    /// A request header by name, in any case: its value, or its values joined with `", "` where the
    /// client sent several lines (`Cookie`: `"; "`) (E9).
    ///
    /// The `Host` header is read with [`host`](Self::host): a request over HTTP/2 may have no such
    /// line, or one that is ignored (E12).
    #[must_use]
    #[inline]
    pub fn header(&self, name: &str) -> Option<EnvValue<'_>> {
        if name.eq_ignore_ascii_case("host") && self.authority().is_some() {
            return self.host().map(EnvValue::text);
        }
        if self.lent_headers().is_none() {
            // Most requests have one line, and nothing must be joined.
            let mut lines = self.headers().get_all(name).iter();
            let first = lines.next()?;
            if lines.next().is_none() {
                return Some(EnvValue::borrowed(first.as_bytes()));
            }
        }
        let mut first = None;
        let mut joined = Vec::new();
        self.each_line(name, &mut |line| match first {
            None => first = Some(line),
            Some(first) => join(name, &mut joined, first, line),
        });
        match (first, joined.is_empty()) {
            (Some(first), true) => Some(EnvValue::borrowed(first)),
            (Some(_), false) => Some(Cow::<[u8]>::Owned(joined).into()),
            (None, _) => None,
        }
    }

    /// Visits the lines of a header in one look-up, because a client may send very many.
    #[inline]
    fn each_line<'a>(
        &'a self,
        name: impl AsHeaderName + AsRef<str>,
        visit: &mut dyn FnMut(&'a [u8]),
    ) {
        let Some(source) = self.lent_headers() else {
            let values = self.headers().get_all(name);
            return values.iter().for_each(|value| visit(value.as_bytes()));
        };
        source.lines(name.as_ref(), visit);
    }

    /// The first line of a header.
    pub(crate) fn first_line(&self, name: HeaderName) -> Option<&[u8]> {
        let mut first = None;
        self.each_line(name, &mut |line| first = first.or(Some(line)));
        first
    }

    /// The host's own headers, until somebody has asked for the map.
    #[inline]
    pub(super) fn lent_headers(&self) -> Option<&dyn HeadSource> {
        self.inner().head.lent()?.source()
    }

    pub(crate) fn each_header_name(&self, visit: &mut dyn FnMut(&str)) {
        match self.lent_headers() {
            Some(source) => source.for_each(&mut |name, _| visit(name)),
            None => self.headers().keys().for_each(|name| visit(name.as_str())),
        }
    }

    /// Visits every line of the host's own headers, and none where the headers are a map: for the lint.
    #[cfg(feature = "lint")]
    pub(crate) fn each_lent_header(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        if let Some(source) = self.lent_headers() {
            source.for_each(visit);
        }
    }

    /// All request headers. If the host keeps them in its own type, the first call makes the map.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.inner().head.headers()
    }

    /// All request headers, to be changed: for middlewares.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.inner_mut().head.own_mut().headers
    }
}

/// Joins one more line of a header to those before it (E9).
#[cold]
fn join(name: &str, joined: &mut Vec<u8>, first: &[u8], line: &[u8]) {
    if joined.is_empty() {
        joined.extend_from_slice(first);
    }
    let separator: &[u8] = if name.eq_ignore_ascii_case("cookie") {
        b"; "
    } else {
        b", "
    };
    joined.extend_from_slice(separator);
    joined.extend_from_slice(line);
}

/// RFC 9110 section 8.6: only digits, so no sign.
fn decimal(item: &[u8]) -> Option<u64> {
    let digits = item.trim_ascii();
    (!digits.is_empty() && digits.iter().all(u8::is_ascii_digit)).then(|| {
        digits.iter().fold(0, |number: u64, digit| {
            number
                .saturating_mul(10)
                .saturating_add(u64::from(digit - b'0'))
        })
    })
}
