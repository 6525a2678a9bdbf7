//! Request headers, lent to the environ and given back.

use std::cell::RefCell;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::HeaderMap as NativeHeaders;
use gateway_core::HeaderSource;
use http::HeaderMap;

use crate::convert;

/// How many empty loans a worker keeps for its next requests.
const KEPT: usize = 64;

/// actix's header map in the hands of an environ.
#[derive(Debug, Default)]
struct Loan {
    headers: NativeHeaders,
}

impl HeaderSource for Loan {
    fn get(&self, name: &str, nth: usize) -> Option<&[u8]> {
        // A scan: looking a name up by its text allocates where http does not know the name.
        self.headers
            .iter()
            .filter(|(known, _)| known.as_str() == name)
            .nth(nth)
            .map(|(_, value)| value.as_bytes())
    }

    fn for_each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in &self.headers {
            visit(name.as_str(), value.as_bytes());
        }
    }

    fn to_map(&self) -> HeaderMap {
        convert::request_headers(&self.headers)
    }
}

/// What is lent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Lending {
    /// The request's own headers. The request must have no second handle, which a middleware
    /// between the router and the app may hold: actix panics then.
    Own,
    /// A copy of them.
    Copy,
}

/// The loans of one worker that wait for their next request.
#[derive(Debug, Default)]
pub(crate) struct Lender {
    idle: RefCell<Vec<Arc<Loan>>>,
}

/// A request whose headers are lent out. They are back in their place when it ends, or when it is
/// dropped: middlewares around the app still see them, and actix keeps the map for later requests.
pub(crate) struct Lease<'a> {
    request: Option<ServiceRequest>,
    loan: Arc<Loan>,
    lending: Lending,
    lender: &'a Lender,
}

impl Lender {
    pub(crate) fn lend(&self, mut request: ServiceRequest, lending: Lending) -> Lease<'_> {
        let headers = match lending {
            Lending::Own => std::mem::take(request.headers_mut()),
            Lending::Copy => request.headers().clone(),
        };
        let mut loan = self.idle.borrow_mut().pop().unwrap_or_default();
        match Arc::get_mut(&mut loan) {
            Some(idle) => idle.headers = headers,
            None => loan = Arc::new(Loan { headers }),
        }
        Lease {
            request: Some(request),
            loan,
            lending,
            lender: self,
        }
    }
}

impl Lease<'_> {
    /// The headers for the environ.
    pub(crate) fn source(&self) -> Arc<dyn HeaderSource> {
        self.loan.clone()
    }

    /// The request with its headers.
    #[expect(
        clippy::expect_used,
        reason = "only `end` empties it, and it owns the lease"
    )]
    pub(crate) fn end(mut self) -> HttpRequest {
        self.give_back();
        let request = self.request.take();
        let request = request.expect("a lease has its request until it ends");
        request.into_parts().0
    }

    fn give_back(&mut self) {
        let Some(request) = &mut self.request else {
            return;
        };
        let headers = match Arc::get_mut(&mut self.loan) {
            Some(loan) => std::mem::take(&mut loan.headers),
            // The environ lives on, in the body or another task.
            None if self.lending == Lending::Own => self.loan.headers.clone(),
            None => return,
        };
        if self.lending == Lending::Own {
            *request.headers_mut() = headers;
        }
        let mut idle = self.lender.idle.borrow_mut();
        if Arc::strong_count(&self.loan) == 1 && idle.len() < KEPT {
            idle.push(self.loan.clone());
        }
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        self.give_back();
    }
}
