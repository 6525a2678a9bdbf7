//! Where the two differ on purpose, and why.

/// A part of an answer.
#[derive(Debug)]
pub(super) enum Part {
    /// Everything, for answers that have little in common.
    All,
    Body,
    Header(&'static str),
}

use Part::{All, Body, Header};

/// A name that cases give, the parts that differ, and why.
type Reason = (&'static str, &'static [Part], &'static str);

pub(super) const REASONS: &[Reason] = &[
    (
        "typeless-options",
        &[Header("content-type")],
        "RFC 9110 section 9.3.7: an answer to OPTIONS with nothing in it has no type",
    ),
    (
        "typeless-204",
        &[Header("content-type")],
        "RFC 9110 section 8.3: where there is no content there is no type (N5)",
    ),
    (
        "unknown-client",
        &[Body],
        "a forwarded address that is none is not believed (E13, E16)",
    ),
    (
        "expires-of-max-age",
        &[Header("set-cookie")],
        "Werkzeug derives Expires from Max-Age, which every client knows and prefers (RFC 6265)",
    ),
    (
        "quoted-realm",
        &[Header("www-authenticate")],
        "RFC 9110 section 11.5: a realm is sent as a quoted string",
    ),
    (
        "sized-reader",
        &[Header("content-length")],
        "a reader of known length is announced (B4)",
    ),
    (
        "lean-304",
        &[Header("accept-ranges")],
        "RFC 9110 section 15.4.5: a 304 has the fields that caches need",
    ),
    (
        "dated-304",
        &[Header("last-modified")],
        "the same section: without a tag, the date is of use",
    ),
    (
        "strong-if-match",
        &[All],
        "RFC 9110 section 13.1.1: If-Match compares strongly, and `*` is any state there is",
    ),
    (
        "page-of-412",
        &[Body, Header("etag"), Header("accept-ranges")],
        "a 412 is the page of that error, not the body that was not wanted",
    ),
    (
        "if-unmodified-since",
        &[All],
        "Werkzeug does not look at If-Unmodified-Since",
    ),
    (
        "long-suffix",
        &[All],
        "RFC 9110 section 14.1.2: a suffix longer than all there is means all there is",
    ),
    (
        "ignored-range",
        &[All],
        "RFC 9110 section 14.2: an unknown unit is ignored, and malformed or several ranges may be",
    ),
    (
        "exact-if-range",
        &[All],
        "RFC 9110 section 13.1.5: If-Range wants a strong tag or exactly the same date",
    ),
    (
        "range-of-head",
        &[All],
        "RFC 9110 section 14.2: ranges are defined for GET only",
    ),
    (
        "conditions-first",
        &[All],
        "RFC 9110 section 13.2.2: a Range is looked at when the conditions let the request pass",
    ),
    (
        "file-tag",
        &[Header("etag")],
        "how the tag of a file is made is each one's own matter; ours does not name its path",
    ),
    (
        "no-inline-name",
        &[Header("content-disposition")],
        "what is not a download needs no name but its URL",
    ),
    (
        "file-slash",
        &[All],
        "a file is no directory: no second URL with a slash behind its name",
    ),
    (
        "quoted-file-name",
        &[Header("content-disposition")],
        "file names are always quoted, and letters are not replaced by others that look like them",
    ),
    (
        "not-utf-8",
        &[Body],
        "the URL standard: what is not UTF-8 becomes U+FFFD; Werkzeug leaves it percent-encoded",
    ),
    (
        "typed-query",
        &[All],
        "a number that is none is a 400; with Flask it is as if it had not been sent",
    ),
    (
        "strict-forms",
        &[All],
        "what is no form is a 415 or a 400; with Flask it is an empty form",
    ),
    (
        "json-type",
        &[Body],
        "the page of a 415 does not name the types of one helper",
    ),
    (
        "file-name",
        &[Body],
        "the directories of a file's name are the client's matter",
    ),
    (
        "nameless-cookie",
        &[Body],
        "RFC 6265 section 5.2: what has no `=` is no cookie",
    ),
    (
        "no-accept",
        &[All],
        "RFC 9110 section 12.5.1: a client that sends no Accept takes anything",
    ),
    (
        "bad-credentials",
        &[All],
        "credentials that cannot be read are a 400, not as if they had not been sent",
    ),
];
