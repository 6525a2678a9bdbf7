//! `IntoInput`: the types that can be the body of a request that does not come from a connection,
//! such as one of a test.

use bytes::Bytes;

use super::{Input, Reading};
use crate::body::Body;

/// What can be an [`Input`]: nothing (`()`), text, bytes, a [`Body`]. Borrowed text and bytes are copied.
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
        Input(Some(Reading::full(self)))
    }
}

macro_rules! bytes_in_memory {
    ($($type:ty),*) => {$(
        impl IntoInput for $type {
            fn into_input(self) -> Input {
                Bytes::from(self).into_input()
            }
        }
    )*};
}

bytes_in_memory!(String, Vec<u8>);

macro_rules! copied_bytes {
    ($($type:ty),*) => {$(
        impl IntoInput for $type {
            fn into_input(self) -> Input {
                Bytes::copy_from_slice(self.as_ref()).into_input()
            }
        }
    )*};
}

copied_bytes!(&str, &String, &[u8]);
