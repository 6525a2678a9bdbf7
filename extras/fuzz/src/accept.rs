use gateway_util::Accept;

const TYPES: [&str; 4] = ["text/html", "application/json", "text/plain;format=flowed", "image/png"];
const LANGUAGES: [&str; 4] = ["de", "de-AT", "en", "zh-Hant-TW"];
const CODINGS: [&str; 3] = ["gzip", "br", "identity"];

/// The bytes are the value of Accept, Accept-Language or Accept-Encoding (RFC 9110 section 12.5).
pub fn accept(data: &[u8]) {
    let accepted = Accept::parse(Some(data));
    let quality = |offer| accepted.quality(offer);
    let best = accepted.best(&TYPES);
    let highest = TYPES.map(quality).into_iter().max().unwrap_or_default();
    assert!(highest <= 1000);
    // The first of those that are wanted most, and none that is not wanted.
    let expected = TYPES.into_iter().find(|offer| highest > 0 && quality(offer) == highest);
    assert_eq!(best, expected);
    for (best, offers) in [
        (accepted.best_language(&LANGUAGES), &LANGUAGES[..]),
        (accepted.best_encoding(&CODINGS), &CODINGS[..]),
    ] {
        assert!(best.is_none_or(|best| offers.contains(&best)));
    }
}
