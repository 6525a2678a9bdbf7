//! The reader of a CGI program's head, for the project's fuzz targets: no other way reaches it without a
//! process. It is not for others, and may change with any version.

use bytes::BytesMut;
use http::HeaderMap;

use crate::codec::cgi_head::decode;

/// The status, the fields and the length of a head, if these bytes begin with a whole one.
#[must_use]
pub fn cgi_head(bytes: &[u8], limit: usize) -> Option<(u16, HeaderMap, usize)> {
    let mut buffer = BytesMut::from(bytes);
    let head = decode(&mut buffer, limit).ok().flatten()?;
    Some((
        head.status.as_u16(),
        head.headers,
        bytes.len() - buffer.len(),
    ))
}
