//! Hosts without workloads of their own: an app, or the gateway's part, beside what people would take instead.

use crate::results::{Results, Spread};

/// Stack, variant, and what it is. The gateway's is the first of each stack.
const SERVERS: [(&str, &str, &str); 8] = [
    ("fastcgi", "gateway", "an app in `adapter_cgi::CgiServer`"),
    ("fastcgi", "tokio-fastcgi", "the library `tokio-fastcgi`"),
    ("fastcgi", "php-fpm", "php-fpm with 16 processes"),
    ("proxy", "gateway", "`gateway-proxy` on hyper"),
    ("proxy", "hyper", "the same by hand on hyper"),
    ("proxy", "nginx", "nginx with `proxy_pass`"),
    ("actix-app", "gateway", "`actix_app` on hyper"),
    ("actix-app", "actix", "the same `App` in actix-web's server"),
];

/// The names of the stacks.
const HOSTS: [(&str, &str); 3] = [
    ("fastcgi", "FastCGI"),
    ("proxy", "reverse proxy"),
    ("actix-app", "actix as an app"),
];

/// Prints the section of FIGURES.md.
pub(crate) fn print(results: &Results) {
    println!(
        "The server's processor time, in microseconds, for a request that is answered with 13 bytes, with the \
         kernel's part.\nA ratio is that of the gateway beside the server of the line.\n\n\
         - FastCGI: 16 connections that the front end keeps, each with one request at a time. `tokio-fastcgi` \
         reads through a\n  buffer and writes without Nagle's delay, each part of a record by itself; it has no \
         limits. php-fpm runs a script of\n  one line, with the settings of its system, and has a process for \
         each connection.\n\
         - Reverse proxy: 32 connections to one upstream on hyper, kept on both sides; each proxy sends it the \
         same fields.\n  By hand is hyper-util's pooled client. nginx has one worker.\n\
         - actix as an app: 32 connections. The app hands each request over to a worker, which is a thread of its \
         own;\n  actix-web's server has one worker, too.\n"
    );
    println!("| host | server | requests per second | microseconds | ratio |");
    println!("|---|---|---|---|---|");
    for (stack, variant, server) in SERVERS {
        let of = |kind| results.spread(kind, stack, "plaintext", variant);
        if let Some((rate, time)) = of("hosts").zip(of("hosts-cpu")) {
            let ratio = beside(results, stack, variant).map_or_else(String::new, |it| it + " ");
            let (host, time) = (name(stack), microseconds(time));
            println!("| {host} | {server} | {rate} | {time} | {ratio}|");
        }
    }
}

/// Prints lines for the table of aims: there is none for these.
pub(crate) fn print_lines(results: &Results) {
    for (stack, variant, server) in SERVERS {
        // php-fpm is there for orientation.
        if variant == "gateway" || variant == "php-fpm" {
            continue;
        }
        let result = beside(results, stack, variant).unwrap_or_else(|| "not measured".to_owned());
        let host = name(stack);
        println!("| {host}, beside {server}: processor time | | {result} | |");
    }
}

fn beside(results: &Results, stack: &str, variant: &str) -> Option<String> {
    if variant == "gateway" {
        return None;
    }
    let beside = results.beside_peer("hosts-cpu", stack, "plaintext", variant)?;
    Some(beside.ratio_text())
}

fn name(stack: &str) -> &str {
    let found = HOSTS.into_iter().find(|(key, _)| *key == stack);
    found.map_or(stack, |(_, name)| name)
}

/// `7.7 (6.5 to 7.9)`
fn microseconds(nanoseconds: Spread) -> String {
    let [low, median, high] =
        [nanoseconds.low, nanoseconds.median, nanoseconds.high].map(|time| time / 1000.0);
    match nanoseconds.turns {
        1 => format!("{median:.1}"),
        _ => format!("{median:.1} ({low:.1} to {high:.1})"),
    }
}
