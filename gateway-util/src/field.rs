//! Parsers for the grammar that HTTP's fields share (RFC 9110 section 5.6): tokens, quoted strings,
//! parameters, lists, weights and dates.
//!
//! These parsers read every field that this crate reads. They borrow from the field, copy
//! only values with escapes, and look at each byte a bounded number of times. [`steps`] counts that
//! for the tests.

#[cfg(feature = "dates")]
mod date;
mod extended;
mod list;
mod media_type;
mod parameters;
mod quality;
mod quoted;
mod steps;
mod token;

#[cfg(feature = "dates")]
pub(crate) use date::HttpDate;
#[cfg(feature = "multipart")]
pub(crate) use extended::decode as decode_extended;
pub(crate) use list::elements;
pub(crate) use media_type::MediaType;
pub(crate) use parameters::Parameters;
#[cfg(feature = "multipart")]
pub(crate) use parameters::{Malformed, Parameter, form_string};
pub(crate) use quality::weight;
pub(crate) use quoted::quote;
#[cfg(test)]
pub(crate) use steps::assert_linear;
pub(crate) use steps::count;
pub(crate) use token::{find, is_token, trim, trim_start};
