//! `Accept`: the media types, languages and codings that the client accepts.

use std::cmp::Reverse;

use crate::field::{self, MediaType, Parameters};

/// An `Accept`, `Accept-Language` or `Accept-Encoding` field: what the client wants, with weights.
///
/// A parameter named `q` is the weight, in any place. All others belong to the range (RFC 9110
/// section 12.5.1). A malformed element is left out, except that `q=.2` is read as
/// `q=0.2`.
///
/// # Examples
///
/// ```
/// use gateway_util::Accept;
///
/// let accept = Accept::parse(Some(b"text/html, application/*;q=0.5, */*;q=0.1"));
/// assert_eq!(accept.quality("text/html"), 1000);
/// assert_eq!(accept.quality("application/json"), 500);
/// assert_eq!(accept.best(&["application/json", "text/html"]), Some("text/html"));
/// assert_eq!(Accept::parse(Some(b"text/*;q=0")).best(&["text/html"]), None);
/// // A client that sends nothing takes everything.
/// assert_eq!(Accept::parse(None).best(&["text/html", "text/plain"]), Some("text/html"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accept {
    /// `None` if the client sent no field.
    ranges: Option<Vec<Range>>,
}

/// An element of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Range {
    /// In lower case: `text/*`, `en-gb`, `gzip`.
    name: String,
    parameters: Vec<(String, Vec<u8>)>,
    /// In thousandths.
    quality: u16,
}

/// How closely a range matches an offer, if it does.
type Closeness = fn(&Range, &str) -> Option<usize>;

impl Accept {
    /// Reads the value of a field. A malformed element is left out.
    #[must_use]
    pub fn parse(value: Option<&[u8]>) -> Self {
        let ranges = value.map(|value| field::elements(value).filter_map(Range::parse).collect());
        Self {
            // RFC 9110 section 12.5.1: an empty field counts as absent.
            ranges: ranges.filter(|ranges: &Vec<_>| !ranges.is_empty()),
        }
    }

    /// How much the client wants a media type, in thousandths: 0 is not at all. The range that
    /// matches it most closely counts (RFC 9110 section 12.5.1).
    #[must_use]
    pub fn quality(&self, media_type: &str) -> u16 {
        self.quality_by(media_type, media_closeness)
    }

    /// The offer that the client wants most. Of equal ones, the first.
    #[must_use]
    pub fn best<'a>(&self, offers: &[&'a str]) -> Option<&'a str> {
        most_wanted(offers, |offer| self.quality(offer))
    }

    /// The language that the client wants most, if the field is an `Accept-Language`: `en` includes
    /// `en-GB`, and `en-GB` is satisfied by `en` if nothing is closer.
    #[must_use]
    pub fn best_language<'a>(&self, offers: &[&'a str]) -> Option<&'a str> {
        most_wanted(offers, |offer| self.quality_by(offer, language_closeness))
    }

    /// The content coding that the client wants most, if the field is an `Accept-Encoding`. Of
    /// equal ones, the first. `identity` means the content as it is: it can be sent
    /// unless the client refuses it, but every coding that is asked for is better. A client that
    /// sends no field gets it.
    ///
    /// `None` means that the client refuses all of them: the response is a 406, or the content as
    /// it is (RFC 9110 section 12.5.3). The response then depends on `Accept-Encoding`: add that to
    /// `Vary`.
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_util::Accept;
    ///
    /// let offers = ["br", "gzip", "identity"];
    /// let best = |field: &str| Accept::parse(Some(field.as_bytes())).best_encoding(&offers);
    /// assert_eq!(best("gzip, deflate, br"), Some("br"));
    /// assert_eq!(best("br;q=0.5, gzip"), Some("gzip"));
    /// assert_eq!(best("deflate"), Some("identity"));
    /// assert_eq!(best("*;q=0"), None);
    /// ```
    #[must_use]
    pub fn best_encoding<'a>(&self, offers: &[&'a str]) -> Option<&'a str> {
        let is_identity = |offer: &str| offer.eq_ignore_ascii_case("identity");
        let Some(ranges) = &self.ranges else {
            return offers.iter().copied().find(|offer| is_identity(offer));
        };
        let is_named = |offer: &str| {
            let mut closeness = ranges.iter().map(|range| encoding_closeness(range, offer));
            closeness.any(|closeness| closeness.is_some())
        };
        // In two parts, so that codings that are not asked for come last.
        let quality = |offer: &str| match self.quality_by(offer, encoding_closeness) {
            0 if is_identity(offer) && !is_named(offer) => 1,
            quality => quality.saturating_mul(2),
        };
        most_wanted(offers, quality)
    }

    fn quality_by(&self, offer: &str, closeness: Closeness) -> u16 {
        let Some(ranges) = &self.ranges else {
            return 1000;
        };
        ranges
            .iter()
            .filter_map(|range| Some((closeness(range, offer)?, range.quality)))
            .max()
            .map_or(0, |(_, quality)| quality)
    }
}

fn most_wanted<'a>(offers: &[&'a str], quality: impl Fn(&str) -> u16) -> Option<&'a str> {
    offers
        .iter()
        .map(|offer| (*offer, quality(offer)))
        .filter(|(_, quality)| *quality > 0)
        .min_by_key(|(_, quality)| Reverse(*quality))
        .map(|(offer, _)| offer)
}

impl Range {
    fn parse(element: &[u8]) -> Option<Self> {
        let end = field::find(element, |byte| byte == b';').unwrap_or(element.len());
        let (name, rest) = element.split_at(end);
        let name = field::trim(name);
        let mut halves = name.splitn(2, |byte| *byte == b'/');
        if !halves.all(field::is_token) {
            return None;
        }
        let mut range = Self {
            name: String::from_utf8(name.to_ascii_lowercase()).ok()?,
            parameters: Vec::new(),
            quality: 1000,
        };
        for parameter in Parameters::new(rest) {
            let parameter = parameter.ok()?;
            if parameter.is("q") {
                range.quality = field::weight(&parameter.value())?;
            } else {
                let name = String::from_utf8(parameter.name().to_ascii_lowercase()).ok()?;
                range
                    .parameters
                    .push((name, parameter.value().into_owned()));
            }
        }
        Some(range)
    }
}

/// `*/*`, `text/*`, `text/html`, and one more for each parameter.
fn media_closeness(range: &Range, offer: &str) -> Option<usize> {
    let offer = MediaType::parse(offer.as_bytes())?;
    // Java's own client sends `*`.
    let (kind, subtype) = match &*range.name {
        "*" => ("*", "*"),
        name => name.split_once('/')?,
    };
    if kind == "*" {
        return (subtype == "*").then_some(0);
    }
    if !offer.is_kind(kind) {
        return None;
    }
    if subtype == "*" {
        return Some(1);
    }
    // `Accept` does not ask for a charset, so the charset of an offer does not count.
    let has = |(name, value): &(String, Vec<u8>)| {
        offer.parameter(name).is_some_and(|offered| {
            *offered == **value || (name == "charset" && offered.eq_ignore_ascii_case(value))
        })
    };
    let is_named = offer.is(kind, subtype) && range.parameters.iter().all(has);
    is_named.then(|| 2 + range.parameters.len())
}

/// `en` includes `en-GB` (RFC 4647 section 3.3.1). A client that asks for `en-GB` gets `en` rather
/// than nothing (section 3.4).
fn language_closeness(range: &Range, offer: &str) -> Option<usize> {
    let range = &*range.name;
    if range == "*" {
        return Some(0);
    }
    let offer = offer.to_ascii_lowercase();
    let takes_in = |wide: &str, narrow: &str| {
        narrow
            .strip_prefix(wide)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    if takes_in(range, &offer) {
        Some(range.len())
    } else {
        takes_in(&offer, range).then_some(1)
    }
}

/// RFC 9110 section 8.4.1: `x-gzip` and `x-compress` are aliases.
fn encoding_closeness(range: &Range, offer: &str) -> Option<usize> {
    let plain = |name: &str| match name.to_ascii_lowercase() {
        name if name == "x-gzip" || name == "x-compress" => name.replacen("x-", "", 1),
        name => name,
    };
    match &*range.name {
        "*" => Some(0),
        name => (plain(name) == plain(offer)).then_some(1),
    }
}

#[cfg(test)]
mod tests;
