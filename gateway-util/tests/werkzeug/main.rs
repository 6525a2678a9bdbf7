//! Werkzeug's tests by their names, in our terms: a module for each of its files.
//!
//! The behaviour is theirs, the code is not. Where we answer otherwise on purpose, the test says so;
//! `tests/differential` asks both over sockets. These stand elsewhere, with more around them:
//!
//! | Werkzeug | here |
//! |---|---|
//! | `middleware/test_dispatcher.py`: `test_dispatcher` | `tests/middleware_dispatch.rs` |
//! | `middleware/test_proxy_fix.py`: `test_proxy_fix` | `tests/middleware_proxy_fix.rs` |
//! | `test_wsgi.py`: `test_closing_iterator` | `tests/middleware_dispatch.rs` |
//! | `test_exceptions.py`: `test_method_not_allowed_methods`, `test_unauthorized_www_authenticate`, `test_retry_after_mixin` | `tests/errors.rs` |
//! | `test_wrappers.py`: `test_etag_response`, `test_etag_response_412`, `test_range_request_basic`, `test_range_request_out_of_bound`, `test_response_304_no_content_length` | `tests/conditions.rs` |
//! | `test_http.py`: `test_authorization_header` | `tests/requests.rs` |
//!
//! # What has no meaning here
//!
//! - `test_aborter_custom`: there is no table of errors to extend. An error of one's own is a type
//!   with a handler (`ErrorHandlers::error`).
//! - `test_response_headers_passthrough`, `test_disabled_auto_content_length`,
//!   `test_etag_response_freezing`, `test_response_freeze`: about classes that are derived from, and
//!   about when a lazy object is made real. A `Response` is a value.
//! - `test_stream_wrapping`, `test_file_closing`, `test_file_closing_with`, `test_shallow_mode` and
//!   the other tests of requests in `test_wrappers.py`: about Python's request object;
//!   `tests/requests.rs` and `tests/multipart.rs` are ours.
//! - `test_authenticate`, `test_authenticate_quoted_qop`, `test_www_authenticate_eq`,
//!   `test_www_authenticate_token_padding`, `test_authorization_to_header`, `test_csp`,
//!   `test_csp_header`, `test_response_coop`, `test_response_coep`,
//!   `test_response_access_control`, `test_set_header`, `test_list_header`, `test_dict_header`,
//!   `test_dump_header`, `test_dump_options_header`, `test_parse_options_header*`,
//!   `test_content_range_parsing`, `test_content_range_invalid_int`: field values that have no type
//!   of their own here; they are given as text, and read by the crates that use them.
//! - `test_x_sendfile`: that the server in front of this one sends a file by its path is between the
//!   two of them: the field is one like any other.
//! - `test_text_mode_fails`, `test_object_without_mimetype`, `test_object_attachment_requires_name`:
//!   mistakes that do not compile here.
//! - `test_root_path`, `test_max_age_callable`: private, for Flask.
//! - `test_cookie_domain_encoding`, `test_cookie_domain_resolving`: a domain is given in its ASCII
//!   form (`tests/differential` has the case), as is the host in `test_urlfication`.
//! - `test_cookie_maxsize`: a warning about clients of Python's own.
//! - `test_limited_stream*`, `test_get_host*`, `test_get_current_url*`, `test_responder`,
//!   `test_path_info_and_script_name_fetching`: `gateway-core`'s, whose clauses I1 to I4, E2 to E5
//!   and E12 have cases in the conformance table.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "../common/mod.rs"]
mod common;

mod exceptions;
mod http;
mod http_cookies;
mod http_range;
#[cfg(feature = "files")]
mod send_file;
mod wrappers;
mod wrappers_bodies;
mod wsgi;
