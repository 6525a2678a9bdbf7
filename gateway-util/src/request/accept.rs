//! What the client accepts.

use std::cmp::Reverse;

use mime::Mime;

/// An `Accept` or `Accept-Language` line: what the client wants, and how much.
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
    /// Ranges with their qualities in thousandths; `None` where the client sent no line.
    ranges: Option<Vec<(String, u16)>>,
}

impl Accept {
    /// Reads the value of a line. An element that makes no sense is left out.
    #[must_use]
    pub fn parse(value: Option<&[u8]>) -> Self {
        let ranges = value.map(|value| {
            elements(&String::from_utf8_lossy(value))
                .filter_map(|element| range(&element))
                .collect()
        });
        Self {
            // RFC 9110 section 12.5.1: an empty line is as none.
            ranges: ranges.filter(|ranges: &Vec<_>| !ranges.is_empty()),
        }
    }

    /// How much the client wants a media type, in thousandths: 0 is not at all. The range that
    /// names it most closely counts (RFC 9110 section 12.5.1).
    #[must_use]
    pub fn quality(&self, media_type: &str) -> u16 {
        self.quality_by(media_type, media_closeness)
    }

    /// The offer that the client wants most; of those it wants alike, the first.
    #[must_use]
    pub fn best<'a>(&self, offers: &[&'a str]) -> Option<&'a str> {
        self.best_by(offers, media_closeness)
    }

    /// The language that the client wants most, where the line is an `Accept-Language`: `en` takes
    /// in `en-GB`, and `en-GB` is satisfied by `en` where nothing is closer.
    #[must_use]
    pub fn best_language<'a>(&self, offers: &[&'a str]) -> Option<&'a str> {
        self.best_by(offers, language_closeness)
    }

    fn best_by<'a>(
        &self,
        offers: &[&'a str],
        closeness: fn(&str, &str) -> Option<usize>,
    ) -> Option<&'a str> {
        offers
            .iter()
            .map(|offer| (*offer, self.quality_by(offer, closeness)))
            .filter(|(_, quality)| *quality > 0)
            .min_by_key(|(_, quality)| Reverse(*quality))
            .map(|(offer, _)| offer)
    }

    fn quality_by(&self, offer: &str, closeness: fn(&str, &str) -> Option<usize>) -> u16 {
        let Some(ranges) = &self.ranges else {
            return 1000;
        };
        ranges
            .iter()
            .filter_map(|(range, quality)| Some((closeness(range, offer)?, *quality)))
            .max()
            .map_or(0, |(_, quality)| quality)
    }
}

/// The elements of a list; a comma in quotes ends none.
fn elements(text: &str) -> impl Iterator<Item = String> {
    let mut elements = vec![String::new()];
    let (mut is_quoted, mut is_escaped) = (false, false);
    for c in text.chars() {
        match c {
            ',' if !is_quoted => {
                elements.push(String::new());
                continue;
            }
            '"' if !is_escaped => is_quoted = !is_quoted,
            _ => {}
        }
        is_escaped = is_quoted && c == '\\' && !is_escaped;
        if let Some(element) = elements.last_mut() {
            element.push(c);
        }
    }
    elements.into_iter()
}

/// An element without its quality, and that.
fn range(element: &str) -> Option<(String, u16)> {
    let element = element.trim();
    let (range, quality) = match element.to_ascii_lowercase().rfind(";q=") {
        Some(place) => element.split_at_checked(place)?,
        // White space may stand before the `q`.
        None => match element.rsplit_once(';') {
            Some((range, quality)) if is_quality(quality) => {
                return Some((range.trim().to_ascii_lowercase(), thousandths(quality)?));
            }
            _ => (element, ""),
        },
    };
    if range.trim().is_empty() {
        return None;
    }
    let quality = match quality.strip_prefix(';') {
        Some(quality) => thousandths(quality.split(';').next()?)?,
        None => 1000,
    };
    Some((range.trim().to_ascii_lowercase(), quality))
}

fn is_quality(parameter: &str) -> bool {
    let parameter = parameter.trim_start();
    parameter.starts_with("q=") || parameter.starts_with("Q=")
}

/// `q=0.5` as 500; RFC 9110 section 12.4.2 allows three decimals and nothing above 1.
fn thousandths(parameter: &str) -> Option<u16> {
    let (_, number) = parameter.split_once('=')?;
    let number = number.trim();
    // A digit comes first: Rust reads more than that grammar.
    let is_plain = number.starts_with(|c: char| c.is_ascii_digit())
        && number
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'.'));
    let number: f32 = number.parse().ok().filter(|_| is_plain)?;
    // Between 0 and 1000, so that nothing is cut off.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to what fits"
    )]
    let thousandths = (number * 1000.0).round().clamp(0.0, 1000.0) as u16;
    Some(thousandths)
}

/// How closely a media range names a media type, if it does: `*/*`, `text/*`, `text/html`, and one
/// more for each parameter.
fn media_closeness(range: &str, offer: &str) -> Option<usize> {
    let range: Mime = if range == "*" { "*/*" } else { range }.parse().ok()?;
    let offer: Mime = offer.parse().ok()?;
    if range.type_() == mime::STAR {
        return (range.subtype() == mime::STAR).then_some(0);
    }
    if range.type_() != offer.type_() {
        return None;
    }
    if range.subtype() == mime::STAR {
        return Some(1);
    }
    let is_same = range.subtype() == offer.subtype() && range.suffix() == offer.suffix();
    // A charset is not asked for in `Accept`; what the offer says of it does not count.
    let mut parameters = range.params();
    let has_all = parameters.all(|(name, value)| offer.get_param(name) == Some(value));
    (is_same && has_all).then(|| 2 + range.params().count())
}

/// How closely a language range names a language. `en` takes in `en-GB` (RFC 4647 section 3.3.1); a
/// client that asks for `en-GB` takes `en` rather than nothing (section 3.4).
fn language_closeness(range: &str, offer: &str) -> Option<usize> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn best<'a>(line: &str, offers: &[&'a str]) -> Option<&'a str> {
        Accept::parse(Some(line.as_bytes())).best(offers)
    }

    #[test]
    fn the_closest_range_counts_and_the_first_offer_wins() {
        let offers = ["text/html", "application/json"];
        for (line, expected) in [
            ("", Some("text/html")),
            (" , ,", Some("text/html")),
            ("*/*", Some("text/html")),
            ("*", Some("text/html")),
            ("application/json", Some("application/json")),
            ("APPLICATION/JSON", Some("application/json")),
            (
                "text/html;q=0.2, application/json;q=0.3",
                Some("application/json"),
            ),
            (
                "text/html ; q=0.2, application/json ; Q=0.3",
                Some("application/json"),
            ),
            (
                "text/*;q=0.9, text/html;q=0.1, */*;q=0.5",
                Some("application/json"),
            ),
            ("*/*, text/html;q=0", Some("application/json")),
            ("image/png", None),
            ("text/html;q=0", None),
            ("text/html;level=1", None),
            ("text/html;q=nonsense", Some("text/html")),
            ("text/html;q=-1, application/json", Some("application/json")),
            (
                "text/html;q=NaN, application/json",
                Some("application/json"),
            ),
            (
                "a/b;c=\"x,text/html\", application/json",
                Some("application/json"),
            ),
            ("nonsense", None),
        ] {
            assert_eq!(best(line, &offers), expected, "{line}");
        }
    }

    #[test]
    fn languages_take_in_their_regions() {
        let accept = Accept::parse(Some(b"de;q=0.5, en"));
        assert_eq!(accept.best_language(&["de", "en-GB"]), Some("en-GB"));
        assert_eq!(accept.best_language(&["fr", "DE"]), Some("DE"));
        assert_eq!(accept.best_language(&["english"]), None);
        let british = Accept::parse(Some(b"en-GB, de;q=0.9, en;q=0.5"));
        assert_eq!(british.best_language(&["de", "en"]), Some("de"));
        let british = Accept::parse(Some(b"en-GB"));
        assert_eq!(british.best_language(&["de", "en"]), Some("en"));
    }
}
