//! Tests of `Accept`: weights, precedence and malformed elements.

use proptest::prelude::*;

use super::*;
use crate::field::assert_linear;

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

#[test]
fn rfc9110_12_5_1_q_is_the_weight_wherever_it_stands() {
    let offers = ["text/html", "application/json", "text/html;level=1"];
    for (line, expected) in [
        // Java's own client.
        (
            "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
            Some("text/html"),
        ),
        ("image/gif, *; q=.2, */*; q=.2", Some("text/html")),
        ("*;q=.2", Some("text/html")),
        (
            "text/html;q=0.5;level=1, application/json;q=0.4",
            Some("text/html;level=1"),
        ),
        (
            "text/html;level=1;q=0.1, application/json;q=0.4",
            Some("application/json"),
        ),
        (
            "text/html\t;\tq=0.1 , application/json ; q=0.4",
            Some("application/json"),
        ),
        (
            "text/html;;q=0.1;, application/json; ;q=0.4",
            Some("application/json"),
        ),
        (
            "text/html;a=\";q=0\", application/json;q=0.4",
            Some("application/json"),
        ),
        (
            "text/html;a=\";q=0,\";q=0.9, application/json;q=0.4",
            Some("application/json"),
        ),
        (
            "text/html;a=\"\", application/json;q=0.4",
            Some("application/json"),
        ),
        (
            "text/html;a=\"\\\",\", application/json;q=0.4",
            Some("application/json"),
        ),
        (
            "text/html;q=\"0.1\", application/json;Q=0.4",
            Some("application/json"),
        ),
        (
            "text/html;q, application/json;q=0.4",
            Some("application/json"),
        ),
        (
            "text/html;q=, application/json;q=0.4",
            Some("application/json"),
        ),
        (
            "\u{a0}text/html, application/json;q=0.4",
            Some("application/json"),
        ),
        (
            "application/json;q=0.4, text/html;a=\"open",
            Some("application/json"),
        ),
    ] {
        assert_eq!(best(line, &offers), expected, "{line}");
    }
    let accept = Accept::parse(Some(b"text/html;charset=UTF-8"));
    assert_eq!(accept.quality("text/html; charset=utf-8"), 1000);
    assert_eq!(accept.quality("text/html"), 0);
    let accept = Accept::parse(Some(b"text/html;a=\"\""));
    assert_eq!(accept.quality("text/html;a=\"\""), 1000);
}

#[test]
fn rfc9110_12_5_4_languages_are_read_by_the_same_grammar() {
    let best = |line: &str| Accept::parse(Some(line.as_bytes())).best_language(&["de", "en"]);
    assert_eq!(best("de;q=.2, en ; q=.3"), Some("en"));
    assert_eq!(best("de;;q=0.2,\ten;q=0.3;"), Some("en"));
    assert_eq!(best("de;q=0, *;q=0.1"), Some("en"));
    assert_eq!(best("d\u{e9}, en;q=0.1"), Some("en"));
}

#[test]
fn rfc9110_12_5_3_codings() {
    let best = |line: &str| {
        Accept::parse(Some(line.as_bytes())).best_encoding(&["br", "gzip", "identity"])
    };
    for (line, expected) in [
        ("", Some("identity")),
        ("gzip", Some("gzip")),
        ("GZIP;q=0.1", Some("gzip")),
        ("x-gzip", Some("gzip")),
        ("*", Some("br")),
        ("br;q=0, *", Some("gzip")),
        ("gzip;q=0", Some("identity")),
        ("gzip;q=0.001", Some("gzip")),
        ("gzip;q=0.5, identity", Some("identity")),
        ("identity;q=0", None),
        ("gzip, identity;q=0", Some("gzip")),
        ("*;q=0", None),
        ("*;q=0, gzip", Some("gzip")),
    ] {
        assert_eq!(best(line), expected, "{line}");
    }
    assert_eq!(Accept::parse(None).best_encoding(&["br"]), None);
}

#[test]
fn accept_is_linear() {
    for unit in [
        "a/b,",
        "*/*;q=0.1,",
        ";a=b",
        "\"",
        ";a=\"",
        ",",
        "a/",
        ";q=0.1",
        "\\",
        " ",
    ] {
        assert_linear(unit, |size| {
            let line = unit.repeat(size);
            let _ = Accept::parse(Some(line.as_bytes())).best(&["text/html"]);
            let line = format!("a/b{}", unit.repeat(size));
            let _ = Accept::parse(Some(line.as_bytes())).best(&["text/html"]);
        });
    }
}

proptest! {
    #[test]
    fn any_bytes_are_accepted_or_left_out(line in proptest::collection::vec(any::<u8>(), 0..200)) {
        let accept = Accept::parse(Some(&line));
        prop_assert!(accept.quality("text/html") <= 1000);
        let _ = accept.best_language(&["en"]);
        let _ = accept.best_encoding(&["br"]);
    }

    #[test]
    fn rfc9110_5_6_1_white_space_and_empty_elements_say_nothing(
        ranges in proptest::collection::vec(("[a-z]{1,3}/[a-z*]", 0_u16..=1000), 1..6),
        space in "[ \t]{0,2}",
        gap in "[, \t]{0,3}",
    ) {
        let line = |space: &str, gap: &str| -> String {
            let range = |(range, quality): &(String, u16)| {
                let (whole, decimals) = (quality / 1000, quality % 1000);
                format!("{range}{space};{space}q={whole}.{decimals:03}{space},{gap}")
            };
            ranges.iter().map(range).collect()
        };
        let plain = Accept::parse(Some(line("", "").as_bytes()));
        prop_assert_eq!(&plain, &Accept::parse(Some(line(&space, &gap).as_bytes())));
        prop_assert_eq!(plain.ranges.map(|ranges| ranges.len()), Some(ranges.len()));
    }
}
