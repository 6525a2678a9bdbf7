//! `Head`: the head of a request in one of three forms: as `http` types, lent by the adapter, or
//! without a request. The third is that of an environ whose memory waits for its next request.

use std::sync::LazyLock;

use http::{Extensions, HeaderMap, Method, Request, Uri, Version, request};

use super::lent_head::LentHead;

/// The head of a request.
///
/// It is `own` if that is there, else the one that a host `lent`, else that of `GET /`. So every
/// combination has a meaning, and no accessor can fail. What was made of a lent head (its map, its
/// URI) is dropped together with it, so an empty head has nothing of an earlier request (L5).
#[derive(Default)]
pub(super) struct Head {
    own: Option<request::Parts>,
    lent: Option<LentHead>,
}

/// The head of `GET / HTTP/1.1` without headers.
static IDLE: LazyLock<request::Parts> = LazyLock::new(idle);

fn idle() -> request::Parts {
    Request::new(()).into_parts().0
}

impl Head {
    #[inline]
    pub(super) fn set_own(&mut self, parts: request::Parts) {
        self.lent = None;
        self.own = Some(parts);
    }

    #[inline]
    pub(super) fn set_lent(&mut self, head: LentHead) {
        self.own = None;
        self.lent = Some(head);
    }

    /// Forgets the request and returns its header map, emptied, for another use. Nothing of the
    /// request may stay: its URI and headers are slices of the host's read buffer, and would keep
    /// that buffer in memory.
    #[inline]
    pub(super) fn clear(&mut self) -> HeaderMap {
        let headers = match (self.own.take(), &mut self.lent) {
            (Some(own), _) => own.headers,
            (None, Some(lent)) => lent.take_map(),
            (None, None) => return HeaderMap::new(),
        };
        // Asked first, because the destructor of nothing costs a call.
        if self.lent.is_some() {
            self.lent = None;
        }
        headers
    }

    /// The head that a host lent, if it was not made the environ's own.
    #[inline]
    pub(super) fn lent(&self) -> Option<&LentHead> {
        match &self.own {
            Some(_) => None,
            None => self.lent.as_ref(),
        }
    }

    #[inline]
    pub(super) fn parts(&self) -> &request::Parts {
        self.own.as_ref().unwrap_or_else(|| &IDLE)
    }

    /// Makes the head the environ's own, so that it can be changed.
    #[inline]
    pub(super) fn own_mut(&mut self) -> &mut request::Parts {
        if self.own.is_none() {
            self.own = self.lent.take().map(LentHead::into_parts);
        }
        self.own.get_or_insert_with(idle)
    }

    pub(super) fn into_parts(self) -> request::Parts {
        match (self.own, self.lent) {
            (Some(own), _) => own,
            (None, Some(lent)) => lent.into_parts(),
            (None, None) => idle(),
        }
    }

    #[inline]
    pub(super) fn method(&self) -> &Method {
        match self.lent() {
            Some(lent) => &lent.method,
            None => &self.parts().method,
        }
    }

    pub(super) fn set_method(&mut self, method: Method) {
        match (&self.own, &mut self.lent) {
            (None, Some(lent)) => lent.method = method,
            _ => self.own_mut().method = method,
        }
    }

    #[inline]
    pub(super) fn version(&self) -> Version {
        match self.lent() {
            Some(lent) => lent.version,
            None => self.parts().version,
        }
    }

    #[inline]
    pub(super) fn extensions(&self) -> &Extensions {
        match self.lent() {
            Some(lent) => &lent.extensions,
            None => &self.parts().extensions,
        }
    }

    pub(super) fn extensions_mut(&mut self) -> &mut Extensions {
        match (&mut self.own, &mut self.lent) {
            (None, Some(lent)) => &mut lent.extensions,
            (own, _) => &mut own.get_or_insert_with(idle).extensions,
        }
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        match self.lent() {
            Some(lent) => lent.headers(),
            None => &self.parts().headers,
        }
    }

    pub(super) fn uri(&self) -> &Uri {
        match self.lent() {
            Some(lent) => lent.uri(),
            None => &self.parts().uri,
        }
    }
}
