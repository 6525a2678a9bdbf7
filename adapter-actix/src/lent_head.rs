//! Lends actix's request head to the environ, and takes it back.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::dev::{RequestHead, ServiceRequest};
use actix_web::http::Uri;
use actix_web::http::header::{self, HeaderMap as NativeHeaders, HeaderName, HeaderValue};
use gateway_core::{FramingField, HeadSource};
use http::HeaderMap;

use crate::request;
use crate::values::Values;

/// How many empty loans a worker keeps for later requests.
const KEPT: usize = 64;

/// A copy with more lines than this is not kept.
const KEPT_LINES: usize = 96;

/// The head of a request that an environ has borrowed: actix's header map, and the target.
#[derive(Debug, Default)]
struct Loan {
    headers: NativeHeaders,
    /// Used instead of the map if the map is not the request's own. A copy of the map takes ten
    /// times the memory: in HTTP/2 there may be thousands of lines, and a copy per stream.
    lines: Vec<(HeaderName, HeaderValue)>,
    uri: Uri,
}

impl Loan {
    /// Lends the request's own headers and URI, or gives them back.
    #[inline]
    fn swap(&mut self, head: &mut RequestHead) {
        std::mem::swap(&mut self.headers, &mut head.headers);
        std::mem::swap(&mut self.uri, &mut head.uri);
    }

    /// Lends a copy of the headers and the URI.
    fn copy(&mut self, head: &RequestHead) {
        let lines = head.headers.iter();
        let lines = lines.map(|(name, value)| (name.clone(), value.clone()));
        self.lines.extend(lines);
        self.uri = head.uri.clone();
    }

    /// Forgets the copy.
    fn clear(&mut self) {
        self.lines.clear();
        self.lines.shrink_to(KEPT_LINES);
        self.uri = Uri::default();
    }

    /// Visits the lines of one name in the request's own map.
    #[inline]
    fn visit<'a>(&'a self, name: &HeaderName, visit: impl FnMut(&'a [u8])) {
        let lines = self.headers.get_all(name);
        lines.map(HeaderValue::as_bytes).for_each(visit);
    }

    fn all(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        let lines = self.lines.iter().map(|(name, value)| (name, value));
        self.headers.iter().chain(lines)
    }
}

#[inline]
fn framing_field(name: &HeaderName) -> Option<FramingField> {
    match *name {
        header::HOST => Some(FramingField::Host),
        header::TRANSFER_ENCODING => Some(FramingField::TransferEncoding),
        header::TE => Some(FramingField::Te),
        _ => None,
    }
}

impl HeadSource for Loan {
    fn target(&self) -> &str {
        let target = self.uri.path_and_query();
        target.map_or("", |target| target.as_str())
    }

    fn lines<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        // The names that most requests are asked for need no parsing.
        let known = match name {
            "host" => Some(header::HOST),
            "te" => Some(header::TE),
            "transfer-encoding" => Some(header::TRANSFER_ENCODING),
            "content-length" => Some(header::CONTENT_LENGTH),
            "content-type" => Some(header::CONTENT_TYPE),
            "accept" => Some(header::ACCEPT),
            "accept-encoding" => Some(header::ACCEPT_ENCODING),
            "authorization" => Some(header::AUTHORIZATION),
            "cookie" => Some(header::COOKIE),
            "if-none-match" => Some(header::IF_NONE_MATCH),
            "origin" => Some(header::ORIGIN),
            "range" => Some(header::RANGE),
            "user-agent" => Some(header::USER_AGENT),
            _ => None,
        };
        let lines = match known {
            Some(name) => self.headers.get_all(name),
            None => self.headers.get_all(name),
        };
        lines.for_each(|value| visit(value.as_bytes()));
        for (known, value) in &self.lines {
            if known.as_str().eq_ignore_ascii_case(name) {
                visit(value.as_bytes());
            }
        }
    }

    fn framing_lines<'a>(&'a self, visit: &mut dyn FnMut(FramingField, &'a [u8])) {
        self.visit(&header::HOST, |line| visit(FramingField::Host, line));
        self.visit(&header::TRANSFER_ENCODING, |line| {
            visit(FramingField::TransferEncoding, line);
        });
        self.visit(&header::TE, |line| visit(FramingField::Te, line));
        for (name, line) in &self.lines {
            if let Some(field) = framing_field(name) {
                visit(field, line.as_bytes());
            }
        }
    }

    fn for_each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in self.all() {
            visit(name.as_str(), value.as_bytes());
        }
    }

    fn to_map(&self) -> HeaderMap {
        request::header_map(self.all())
    }
}

/// The lent headers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Lending {
    /// The request's own headers and URI. The request must have no second handle. A middleware
    /// between the router and the app may hold one, and actix panics then.
    Own,
    /// A copy of them: there may be another handle, or code that reads the request meanwhile.
    Copy,
}

/// What one worker keeps for later requests: loans that are free, and header values.
#[derive(Debug, Default)]
pub(crate) struct Lender {
    idle: RefCell<Vec<Arc<Loan>>>,
    values: Values,
}

/// A request whose headers and URI are lent. They return to it when it ends, or when it is
/// dropped: middlewares around the app still see them, and actix keeps the map for later requests.
pub(crate) struct Lease {
    /// `None` once the loan has ended.
    lent: Option<Lent>,
    lending: Lending,
    lender: Rc<Lender>,
}

struct Lent {
    /// Without what is lent.
    request: ServiceRequest,
    loan: Arc<Loan>,
}

impl Lender {
    #[inline]
    pub(crate) fn lend(self: &Rc<Self>, mut request: ServiceRequest, lending: Lending) -> Lease {
        let mut loan = self.idle.borrow_mut().pop().unwrap_or_default();
        let free = loop {
            match Arc::get_mut(&mut loan) {
                Some(free) => break free,
                None => loan = Arc::default(),
            }
        };
        match lending {
            Lending::Own => free.swap(request.head_mut()),
            Lending::Copy => free.copy(request.head()),
        }
        Lease {
            lent: Some(Lent { request, loan }),
            lending,
            lender: self.clone(),
        }
    }

    /// Keeps a loan that has ended.
    #[inline]
    fn keep(&self, loan: Arc<Loan>) {
        let mut idle = self.idle.borrow_mut();
        if idle.len() < KEPT {
            idle.push(loan);
        }
    }
}

impl Lease {
    #[expect(
        clippy::expect_used,
        reason = "only `end` empties it, and it owns the lease"
    )]
    #[inline]
    fn lent(&self) -> &Lent {
        self.lent
            .as_ref()
            .expect("a lease has its request until it ends")
    }

    /// The head for the environ.
    #[inline]
    pub(crate) fn source(&self) -> Arc<dyn HeadSource> {
        self.lent().loan.clone()
    }

    /// The target of the request.
    #[inline]
    pub(crate) fn uri(&self) -> &Uri {
        &self.lent().loan.uri
    }

    /// The request, without its headers and its URI if they are lent.
    #[inline]
    pub(crate) fn request(&self) -> &ServiceRequest {
        &self.lent().request
    }

    /// Header values that the worker has sent before.
    #[inline]
    pub(crate) fn values(&self) -> &Values {
        &self.lender.values
    }

    /// The whole request.
    #[expect(
        clippy::expect_used,
        reason = "only `end` empties it, and it owns the lease"
    )]
    #[inline]
    pub(crate) fn end(mut self) -> HttpRequest {
        let request = self.give_back();
        let request = request.expect("a lease has its request until it ends");
        request.into_parts().0
    }

    #[inline]
    fn give_back(&mut self) -> Option<ServiceRequest> {
        let Lent {
            mut request,
            mut loan,
        } = self.lent.take()?;
        match (Arc::get_mut(&mut loan), self.lending) {
            (Some(free), Lending::Own) => free.swap(request.head_mut()),
            (Some(free), Lending::Copy) => free.clear(),
            // The environ still lives, in the body or another task.
            (None, Lending::Own) => {
                let head = request.head_mut();
                head.headers = loan.headers.clone();
                head.uri = loan.uri.clone();
                return Some(request);
            }
            (None, Lending::Copy) => return Some(request),
        }
        self.lender.keep(loan);
        Some(request)
    }
}

impl Drop for Lease {
    #[inline]
    fn drop(&mut self) {
        drop(self.give_back());
    }
}
