//! One request on each server, for people who choose: the book makes a plot of it.

use crate::results::Results;

/// Stack, variant, and what it is.
const SERVERS: [(&str, &str, &str); 8] = [
    ("hyper", "native", "hyper, by hand"),
    ("hyper", "gateway", "an app on hyper"),
    ("axum", "native", "axum (tower), by hand"),
    ("axum", "gateway", "an app in axum"),
    ("actix", "native", "actix-web, by hand"),
    ("actix", "gateway", "an app in actix-web"),
    ("bridge", "native", "an axum router on hyper"),
    ("bridge", "gateway", "the same router in actix-web"),
];

/// WSGI: stack, work, and what it is. Measured beside, if it was.
const WSGI: [(&str, &str, &str); 4] = [
    ("gunicorn", "bare", "a bare WSGI callable on gunicorn"),
    ("hyper", "bare", "the same callable on hyper"),
    ("gunicorn", "app", "a Flask view on gunicorn"),
    ("hyper", "app", "the same view on hyper"),
];

/// Prints microseconds, and beside which of them an app stands.
pub(crate) fn print(results: &Results) {
    println!("| server | microseconds | beside the one above |");
    println!("|---|---|---|");
    for pair in SERVERS.chunks(2) {
        let times = |(stack, variant, name)| {
            let nanoseconds = results.value("request-cpu", stack, "plaintext", variant)?;
            Some((name, nanoseconds / 1000.0))
        };
        both(pair.iter().copied().map(times));
    }
    for pair in WSGI.chunks(2) {
        let times =
            |(stack, work, name)| Some((name, results.value("wsgi-cpu", stack, work, "server")?));
        both(pair.iter().copied().map(times));
    }
}

fn both<'a>(mut pair: impl Iterator<Item = Option<(&'a str, f64)>>) {
    let (Some(Some((name, time))), Some(Some((second, more)))) = (pair.next(), pair.next()) else {
        return;
    };
    println!("| {name} | {time:.1} | |");
    println!("| {second} | {more:.1} | {:.2} |", more / time);
}
