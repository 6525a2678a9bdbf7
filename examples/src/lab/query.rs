//! Reads numbers from the query string.

use std::ops::RangeInclusive;

use gateway_core::{Environ, HttpError};

/// The number that the query string gives for `name`, or `default` if it gives none.
///
/// # Errors
///
/// 400 for a value that is not a number, or out of range. The page says which are allowed.
pub(super) fn number(
    environ: &Environ,
    name: &str,
    default: u64,
    range: RangeInclusive<u64>,
) -> Result<u64, HttpError> {
    let pairs = environ.query_string().split('&');
    let Some(value) = pairs
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
    else {
        return Ok(default);
    };
    let number = value.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        let (least, most) = (range.start(), range.end());
        HttpError::bad_request()
            .with_description(format!("{name} is a number from {least} to {most}."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(query: &str) -> Result<u64, String> {
        let request = http::Request::get(format!("/?{query}")).body(()).unwrap();
        number(&Environ::from_request(request), "size", 7, 1..=100)
            .map_err(|error| error.description().to_owned())
    }

    #[test]
    fn a_number_is_taken_from_its_place() {
        assert_eq!(size("size=100"), Ok(100));
        assert_eq!(size("a=1&size=2&size=3&b"), Ok(2));
        assert_eq!(size("resize=9"), Ok(7));
        assert_eq!(size(""), Ok(7));
    }

    #[test]
    fn what_is_not_allowed_is_refused() {
        for query in [
            "size=", "size=x", "size=-1", "size=0", "size=101", "size=1e2",
        ] {
            let refused = size(query).unwrap_err();
            assert_eq!(refused, "size is a number from 1 to 100.", "{query}");
        }
        assert!(size("size=99999999999999999999999").is_err());
    }
}
