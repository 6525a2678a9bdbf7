//! `Framing`: what of a request's head decides whether it may reach the app, found in one pass:
//! method, version, form of the target, Host, Transfer-Encoding, and TE.

use http::{HeaderMap, Method, Uri, Version, header, request};

use super::Environ;
use super::lent_head::{FramingField, HeadSource, LentHead};

/// One pass over so many headers costs less than three look-ups: about 25 instructions for each header,
/// against 490.
const FEW: usize = 19;

/// What says where a request ends, for which host it is, and whether an app may get it.
pub(crate) struct Framing<'a> {
    pub(crate) method: &'a Method,
    pub(crate) version: Version,
    pub(crate) target: TargetForm,
    /// The host in the target, or `:authority`.
    pub(crate) authority: Option<&'a str>,
    pub(crate) requires_host: bool,
    pub(crate) is_extended_connect: bool,
    pub(crate) host: Lines<'a>,
    pub(crate) transfer_encoding: Lines<'a>,
    /// A `TE` line asks for trailers.
    pub(crate) asks_for_trailers: bool,
}

/// The forms of a request target (RFC 9112 section 3.2).
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum TargetForm {
    /// A path, or a whole URI.
    Path,
    /// A host alone, as CONNECT has it.
    Authority,
    /// `*`, as OPTIONS may have it.
    Asterisk,
}

/// The lines of one field.
#[derive(Default)]
pub(crate) struct Lines<'a> {
    pub(crate) first: Option<&'a [u8]>,
    pub(crate) last: Option<&'a [u8]>,
    pub(crate) is_repeated: bool,
}

impl<'a> Lines<'a> {
    #[inline]
    fn add(&mut self, line: &'a [u8]) {
        self.is_repeated |= self.first.is_some();
        self.first = self.first.or(Some(line));
        self.last = Some(line);
    }
}

impl Environ {
    /// What the gateway judges. `asks_for_trailers` judges a line of `TE`.
    #[inline]
    pub(crate) fn framing(&self, asks_for_trailers: impl Fn(&[u8]) -> bool) -> Framing<'_> {
        let inner = self.inner();
        let mut framing = match inner.head.lent() {
            Some(lent) => Framing::of_lent(lent, asks_for_trailers),
            None => Framing::of_parts(inner.head.parts(), asks_for_trailers),
        };
        framing.requires_host = inner.connection.requires_host();
        framing.is_extended_connect = self.is_extended_connect();
        framing
    }
}

impl<'a> Framing<'a> {
    #[inline]
    fn new(method: &'a Method, version: Version) -> Self {
        Self {
            method,
            version,
            target: TargetForm::Path,
            authority: None,
            requires_host: false,
            is_extended_connect: false,
            host: Lines::default(),
            transfer_encoding: Lines::default(),
            asks_for_trailers: false,
        }
    }

    #[inline]
    fn of_parts(parts: &'a request::Parts, asks_for_trailers: impl Fn(&[u8]) -> bool) -> Self {
        let mut framing = Self::new(&parts.method, parts.version);
        framing.set_target(&parts.uri);
        framing.read_map(&parts.headers, asks_for_trailers);
        framing
    }

    #[inline]
    fn of_lent(lent: &'a LentHead, asks_for_trailers: impl Fn(&[u8]) -> bool) -> Self {
        let mut framing = Self::new(&lent.method, lent.version);
        // A target that is lent is a path.
        if lent.target().is_none() {
            framing.set_target(lent.uri());
        }
        match lent.source() {
            Some(source) => framing.read_source(source, asks_for_trailers),
            None => framing.read_map(lent.headers(), asks_for_trailers),
        }
        framing
    }

    #[inline]
    fn set_target(&mut self, uri: &'a Uri) {
        self.authority = uri.authority().map(http::uri::Authority::as_str);
        self.target = if self.authority.is_some() && uri.scheme().is_none() {
            TargetForm::Authority
        } else if uri.path() == "*" {
            TargetForm::Asterisk
        } else {
            TargetForm::Path
        };
    }

    #[inline]
    fn read_map(&mut self, headers: &'a HeaderMap, asks_for_trailers: impl Fn(&[u8]) -> bool) {
        if headers.len() > FEW {
            return self.look_up(headers, asks_for_trailers);
        }
        for (name, value) in headers {
            match *name {
                header::TE => self.asks_for_trailers |= asks_for_trailers(value.as_bytes()),
                header::HOST => self.host.add(value.as_bytes()),
                header::TRANSFER_ENCODING => self.transfer_encoding.add(value.as_bytes()),
                _ => {}
            }
        }
    }

    #[cold]
    fn look_up(&mut self, headers: &'a HeaderMap, asks_for_trailers: impl Fn(&[u8]) -> bool) {
        for line in headers.get_all(header::HOST) {
            self.host.add(line.as_bytes());
        }
        for line in headers.get_all(header::TRANSFER_ENCODING) {
            self.transfer_encoding.add(line.as_bytes());
        }
        for line in headers.get_all(header::TE) {
            self.asks_for_trailers |= asks_for_trailers(line.as_bytes());
        }
    }

    #[inline]
    fn read_source(
        &mut self,
        source: &'a dyn HeadSource,
        asks_for_trailers: impl Fn(&[u8]) -> bool,
    ) {
        source.framing_lines(&mut |field, line| match field {
            FramingField::Host => self.host.add(line),
            FramingField::TransferEncoding => self.transfer_encoding.add(line),
            FramingField::Te => self.asks_for_trailers |= asks_for_trailers(line),
        });
    }
}
