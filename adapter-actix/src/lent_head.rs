//! Lends actix's request head to the environ, and takes it back.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::dev::ServiceRequest;
use actix_web::http::Uri;
use actix_web::http::header::{self, HeaderMap as NativeHeaders, HeaderName, HeaderValue};
use gateway_core::HeadSource;
use http::HeaderMap;

use crate::request;

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
    uri: Option<Uri>,
}

impl Loan {
    fn all(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        let lines = self.lines.iter().map(|(name, value)| (name, value));
        self.headers.iter().chain(lines)
    }
}

impl HeadSource for Loan {
    fn target(&self) -> &str {
        let target = self.uri.as_ref().and_then(Uri::path_and_query);
        target.map_or("", |target| target.as_str())
    }

    fn lines<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        // The names that every request is asked for need no parsing.
        let known = match name {
            "host" => Some(header::HOST),
            "te" => Some(header::TE),
            "transfer-encoding" => Some(header::TRANSFER_ENCODING),
            "content-length" => Some(header::CONTENT_LENGTH),
            "content-type" => Some(header::CONTENT_TYPE),
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
    /// The request's own headers. The request must have no second handle. A middleware
    /// between the router and the app may hold one, and actix panics then.
    Own,
    /// A copy of them: there may be another handle, or code that reads the request meanwhile.
    Copy,
}

/// The loans of one worker that are free for later requests.
#[derive(Debug, Default)]
pub(crate) struct Lender {
    idle: RefCell<Vec<Arc<Loan>>>,
}

/// A request whose headers are lent. They return to it when it ends, or when it is
/// dropped: middlewares around the app still see them, and actix keeps the map for later requests.
pub(crate) struct Lease {
    request: Option<ServiceRequest>,
    loan: Arc<Loan>,
    lending: Lending,
    lender: Rc<Lender>,
}

impl Lender {
    #[inline]
    pub(crate) fn lend(self: &Rc<Self>, mut request: ServiceRequest, lending: Lending) -> Lease {
        let mut loan = self.idle.borrow_mut().pop().unwrap_or_default();
        if Arc::get_mut(&mut loan).is_none() {
            loan = Arc::default();
        }
        if let Some(loan) = Arc::get_mut(&mut loan) {
            match lending {
                Lending::Own => std::mem::swap(&mut loan.headers, request.headers_mut()),
                Lending::Copy => {
                    let lines = request.headers().iter();
                    let lines = lines.map(|(name, value)| (name.clone(), value.clone()));
                    loan.lines.extend(lines);
                }
            }
            let uri = &request.head().uri;
            loan.uri = Some(uri.clone());
        }
        Lease {
            request: Some(request),
            loan,
            lending,
            lender: self.clone(),
        }
    }
}

impl Lease {
    /// The head for the environ.
    pub(crate) fn source(&self) -> Arc<dyn HeadSource> {
        self.loan.clone()
    }

    /// The request, without its headers if they are lent.
    #[expect(
        clippy::expect_used,
        reason = "only `end` empties it, and it owns the lease"
    )]
    pub(crate) fn request(&self) -> &ServiceRequest {
        self.request
            .as_ref()
            .expect("a lease has its request until it ends")
    }

    /// The request with its headers.
    #[expect(
        clippy::expect_used,
        reason = "only `end` empties it, and it owns the lease"
    )]
    #[inline]
    pub(crate) fn end(mut self) -> HttpRequest {
        self.give_back();
        let request = self.request.take();
        let request = request.expect("a lease has its request until it ends");
        request.into_parts().0
    }

    #[inline]
    fn give_back(&mut self) {
        let Some(request) = &mut self.request else {
            return;
        };
        let Some(loan) = Arc::get_mut(&mut self.loan) else {
            // The environ still lives, in the body or another task.
            if self.lending == Lending::Own {
                *request.headers_mut() = self.loan.headers.clone();
            }
            return;
        };
        match self.lending {
            Lending::Own => std::mem::swap(request.headers_mut(), &mut loan.headers),
            Lending::Copy => {
                loan.lines.clear();
                loan.lines.shrink_to(KEPT_LINES);
            }
        }
        loan.uri = None;
        let mut idle = self.lender.idle.borrow_mut();
        if idle.len() < KEPT {
            idle.push(self.loan.clone());
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.give_back();
    }
}
