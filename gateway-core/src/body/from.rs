//! `From` conversions into `Body` for text and bytes in memory.

use std::borrow::Cow;

use bytes::Bytes;

use super::{Body, Repr};

impl From<()> for Body {
    fn from((): ()) -> Self {
        Self::empty()
    }
}

impl From<Bytes> for Body {
    #[inline]
    fn from(bytes: Bytes) -> Self {
        Self(Repr::Full(bytes))
    }
}

macro_rules! bytes_in_memory {
    ($($type:ty => $bytes:expr;)*) => {$(
        impl From<$type> for Body {
            #[inline]
            fn from(value: $type) -> Self {
                Self::from($bytes(value))
            }
        }
    )*};
}

bytes_in_memory! {
    &'static str => |text: &'static str| Bytes::from_static(text.as_bytes());
    &'static [u8] => Bytes::from_static;
    String => Bytes::from;
    Vec<u8> => Bytes::from;
    Box<[u8]> => Bytes::from;
}

impl From<Cow<'static, str>> for Body {
    fn from(text: Cow<'static, str>) -> Self {
        match text {
            Cow::Borrowed(text) => Self::from(text),
            Cow::Owned(text) => Self::from(text),
        }
    }
}

impl<const N: usize> From<&'static [u8; N]> for Body {
    fn from(bytes: &'static [u8; N]) -> Self {
        Self::from(&bytes[..])
    }
}
