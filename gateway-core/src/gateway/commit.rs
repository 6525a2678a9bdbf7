//! Commits a response: takes the head, which nobody can change from then on, and makes the
//! `Response<Outgoing>` for the host, from the app's body or from an error page.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use super::app_body::AppBody;
use super::call::Ready;
use super::committed_body::CommittedBody;
use super::error_page::{ErrorPage, discard};
use super::length::Length;
use super::outgoing::Outgoing;
use super::request_kind::RequestKind;
use super::switch;
use super::tunnel::Tunnel;
use super::upgrade::Upgrade;
use crate::error::Error;
use crate::exchange::{Committed, Owner};
use crate::headers;
use crate::http_error::HttpError;
use crate::log;
use crate::observer::Ended;

/// Commits the head that the app started and makes the response. If that cannot be sent, commits
/// the page of an error instead.
#[inline]
pub(super) fn commit(mut owner: Owner, ready: Ready, kind: RequestKind) -> Response<Outgoing> {
    // Filled in place, because it is large to move.
    let mut response = Response::new(Outgoing::nothing());
    match commit_head(&mut response, &mut owner, &ready, kind) {
        Ok((committed, length)) => respond(&mut response, owner, committed, ready, length, kind),
        Err(error) => {
            drop(ready);
            response = commit_error(owner, error, kind);
        }
    }
    response
}

#[inline]
fn commit_head(
    response: &mut Response<Outgoing>,
    owner: &mut Owner,
    ready: &Ready,
    kind: RequestKind,
) -> Result<(Committed, Length), Error> {
    let committed = owner.commit(response)?;
    let status = response.status();
    switch::check(status, ready, owner.exchange(), kind)?;
    let length = declared_length(committed.declared, ready, status, kind)?;
    Ok((committed, length))
}

/// Commits the page of an error (B1).
#[cold]
pub(super) fn commit_error(
    mut owner: Owner,
    error: Error,
    kind: RequestKind,
) -> Response<Outgoing> {
    let ErrorPage { error, clause } = ErrorPage::of(error, &owner);
    owner.broke(clause);
    let response = commit_page(owner, &error, kind, Ended::Completed);
    discard(error);
    response
}

/// Commits the page of a request that an adapter, or its user's function, refuses.
pub(super) fn commit_refusal(
    owner: Owner,
    error: HttpError,
    kind: RequestKind,
) -> Response<Outgoing> {
    let ErrorPage { error, .. } = ErrorPage::of(error.into(), &owner);
    let response = commit_page(owner, &error, kind, Ended::Refused);
    discard(error);
    response
}

/// Commits the page of a request whose head is malformed. It closes the connection, because nobody
/// can tell where the next request begins (E17).
pub(super) fn commit_malformed(
    owner: Owner,
    error: &HttpError,
    kind: RequestKind,
) -> Response<Outgoing> {
    owner.exchange().close_connection();
    commit_page(owner, error, kind, Ended::Refused)
}

fn commit_page(
    mut owner: Owner,
    error: &HttpError,
    kind: RequestKind,
    ended: Ended,
) -> Response<Outgoing> {
    if error.closes_connection() {
        owner.exchange().close_connection();
    }
    let mut response = Response::new(Outgoing::nothing());
    let committed = owner.commit_page(&mut response);
    let (status, ready, length) = page(response.headers_mut(), &mut owner, error, kind);
    *response.status_mut() = status;
    owner.ends(ended);
    respond(&mut response, owner, committed, ready, length, kind);
    response
}

/// The error's page, or that of a 500 if the error's head must not be sent.
fn page(
    headers: &mut HeaderMap,
    owner: &mut Owner,
    error: &HttpError,
    kind: RequestKind,
) -> (StatusCode, Ready, Length) {
    let (status, page) = error.page_into(headers);
    let ready = Ready::buffered(page);
    match headers::check(headers) {
        // B5: the error may have its own response, with a Content-Length that its body does not
        // have.
        Ok(declared) => match declared_length(declared, &ready, status, kind) {
            Ok(length) => return (status, ready, length),
            Err(error) => {
                owner.in_scope(&mut || log::error("B5", "the response of an HTTP error", &error));
                owner.broke(Some("B5"));
            }
        },
        Err(refused) => {
            let (clause, what) = (refused.clause(), "the headers of an HTTP error");
            owner.in_scope(&mut || log::error(clause, what, &refused));
            owner.broke(Some(clause));
        }
    }
    headers.clear();
    let (status, page) = HttpError::internal_server_error().page_into(headers);
    let length = Length::known(Some(page.len() as u64));
    (status, Ready::buffered(page), length)
}

/// The length that the body is held to. If no body is sent, any length is accepted.
///
/// # Errors
///
/// When the body is known to be shorter than declared (B5).
#[inline]
fn declared_length(
    declared: Option<u64>,
    ready: &Ready,
    status: StatusCode,
    kind: RequestKind,
) -> Result<Length, Error> {
    let known = ready.known_len();
    if kind.is_bodyless(status) {
        return Ok(Length::known(declared.or(known)));
    }
    Ok(Length::new(declared, known)?)
}

/// Completes the response of a committed head with its body.
#[inline]
fn respond(
    response: &mut Response<Outgoing>,
    mut owner: Owner,
    committed: Committed,
    ready: Ready,
    mut length: Length,
    kind: RequestKind,
) {
    let ready = match ready {
        Ready::Switch(body) => return respond_with_switch(response, owner, committed, body, kind),
        ready => ready,
    };
    let status = response.status();
    owner.committed(status, committed.is_observed);
    if committed.closes_connection {
        kind.close_connection(response);
    }
    if kind.is_bodyless(status) {
        // L1: the body that the app returned is closed unread.
        drop(ready);
        owner.completes();
        *response.body_mut() = bodyless(status, response.headers_mut(), length);
        return;
    }
    *response.body_mut() = match ready {
        Ready::Full(bytes) => {
            let bytes = length.admit(bytes);
            owner.sent(bytes.len() as u64);
            owner.completes();
            Outgoing::full(bytes)
        }
        Ready::Empty(stream) => {
            drop(stream);
            // B4: not every host sends it by itself on HTTP/2.
            response
                .headers_mut()
                .insert(header::CONTENT_LENGTH, HeaderValue::from(0));
            owner.completes();
            Outgoing::full(Bytes::new())
        }
        Ready::Stream(body) => commit_stream(response.headers(), owner, body, length, kind),
        // Above.
        Ready::Switch(_) => Outgoing::nothing(),
    };
}

#[cold]
fn respond_with_switch(
    response: &mut Response<Outgoing>,
    mut owner: Owner,
    committed: Committed,
    body: AppBody,
    kind: RequestKind,
) {
    switch::write_head(response, &body, kind);
    owner.committed(response.status(), committed.is_observed);
    let upgrade = Upgrade::new(Tunnel::new(body, owner));
    *response.body_mut() = Outgoing::upgrade(upgrade);
}

#[inline(never)]
fn commit_stream(
    headers: &HeaderMap,
    mut owner: Owner,
    mut body: Box<CommittedBody>,
    mut length: Length,
    kind: RequestKind,
) -> Outgoing {
    // B5: the host would not poll a body that must have no bytes.
    if length.left() == Some(0) && body.has_data() {
        length.log_cut();
        owner.completes();
        return Outgoing::full(Bytes::new());
    }
    body.commit(length, kind.trailers(headers));
    Outgoing::stream(body.held_by(owner))
}

/// The head of a response without a body (B6, B7).
#[inline(never)]
fn bodyless(status: StatusCode, headers: &mut HeaderMap, length: Length) -> Outgoing {
    match status {
        // RFC 9110 section 8.6: a 204 has no Content-Length. On a 304 it may name the length of a
        // 200, but HTTP/2 clients count it against the body that is not there.
        StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED => {
            headers.remove(header::CONTENT_LENGTH);
            Outgoing::nothing()
        }
        // RFC 9110 section 15.3.6: a 205 says that it is empty.
        StatusCode::RESET_CONTENT => {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(0));
            Outgoing::announcing(0)
        }
        // HEAD: the length that GET would have, if it is known.
        _ => {
            if let Some(length) = length.left() {
                headers
                    .entry(header::CONTENT_LENGTH)
                    .or_insert_with(|| HeaderValue::from(length));
                return Outgoing::announcing(length);
            }
            Outgoing::nothing()
        }
    }
}
