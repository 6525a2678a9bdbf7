//! What can be the body of a request made in process or taken over from a host.

use bytes::Bytes;

use super::{Input, Repr};
use crate::body::Body;

/// What can be an [`Input`]: nothing (`()`), text, bytes, a [`Body`].
///
/// Other bodies become one through [`Input::new`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an input",
    note = "an input is `()`, text, bytes, a `Body` or an `Input`; any `http_body::Body` becomes one with `Input::new`"
)]
pub trait IntoInput {
    /// Makes the input.
    fn into_input(self) -> Input;
}

impl IntoInput for Input {
    fn into_input(self) -> Input {
        self
    }
}

impl IntoInput for Body {
    fn into_input(self) -> Input {
        Input::new(self)
    }
}

impl IntoInput for () {
    fn into_input(self) -> Input {
        Input::empty()
    }
}

impl IntoInput for Bytes {
    fn into_input(self) -> Input {
        Input {
            repr: Repr::Full(self),
            ..Input::default()
        }
    }
}

macro_rules! bytes_in_hand {
    ($($type:ty),*) => {$(
        impl IntoInput for $type {
            fn into_input(self) -> Input {
                Bytes::from(self).into_input()
            }
        }
    )*};
}

bytes_in_hand!(&'static str, &'static [u8], String, Vec<u8>);
