//! The limits for each figure, and whether the results keep them.

use std::fmt;

use crate::results::{Results, number};

/// What a ratio of times may be above its aim and still meet it.
const MARGIN: f64 = 0.01;

/// The limit of a gateway's figure, relative to the native one.
#[derive(Clone, Copy)]
enum Limit {
    AtMost {
        more: f64,
    },
    /// Of something exact.
    Times(f64),
    /// Of a time.
    About(f64),
    /// Of a rate.
    AtLeast(f64),
}

use Limit::{About, AtLeast, AtMost, Times};

/// Kind, stack, works and limit.
type Aim = (&'static str, &'static str, &'static [&'static str], Limit);

const REQUESTS: [Aim; 14] = [
    (
        "request-cpu",
        "hyper",
        &["plaintext", "json", "cookies", "echo", "not-found"],
        About(1.0),
    ),
    (
        "instructions",
        "hyper",
        &["plaintext"],
        AtMost { more: 0.0 },
    ),
    (
        "instructions",
        "hyper",
        &["cookies"],
        AtMost { more: 600.0 },
    ),
    (
        "request-cpu",
        "axum",
        &["plaintext", "json", "cookies", "echo", "not-found"],
        About(0.95),
    ),
    (
        "request-cpu",
        "actix",
        &["plaintext", "read-headers", "json"],
        About(1.03),
    ),
    (
        "instructions",
        "actix",
        &["plaintext", "read-headers", "json"],
        Times(1.04),
    ),
    ("request-cpu", "actix", &["cookies"], About(1.08)),
    ("instructions", "actix", &["cookies"], Times(1.12)),
    ("instructions", "bridge", &["plaintext"], Times(1.75)),
    ("atomics", "hyper", &["plaintext"], AtMost { more: 8.0 }),
    ("syscalls", "hyper", &["plaintext", "echo"], Times(1.0)),
    ("syscalls", "axum", &["plaintext", "echo"], Times(1.0)),
    ("syscalls", "actix", &["plaintext", "echo"], Times(1.0)),
    ("instructions", "hyper", &["lint"], Times(2.0)),
];

const STREAMS: [Aim; 20] = [
    ("messages", "hyper", &["bytes-32"], About(1.02)),
    ("messages", "hyper", &["bytes-65536"], About(1.05)),
    ("messages", "actix", &["bytes-32"], About(1.02)),
    ("messages", "actix", &["bytes-65536"], About(1.15)),
    ("messages", "hyper", &["websocket-32"], About(1.02)),
    ("messages", "hyper", &["websocket-65536"], About(1.10)),
    ("messages", "actix", &["websocket-32"], About(1.02)),
    ("messages", "actix", &["websocket-65536"], About(1.10)),
    ("slow", "hyper", &["download"], Times(1.05)),
    ("slow", "axum", &["download"], Times(1.05)),
    ("slow", "actix", &["download"], Times(1.05)),
    ("idle", "hyper", &["plaintext"], AtMost { more: 128.0 }),
    ("idle", "axum", &["plaintext"], AtMost { more: 128.0 }),
    ("idle", "actix", &["plaintext"], AtMost { more: 128.0 }),
    ("rate", "hyper", &["download", "upload"], AtLeast(0.97)),
    ("rate", "axum", &["download", "upload"], AtLeast(0.97)),
    ("rate", "actix", &["download", "upload"], AtLeast(0.97)),
    (
        "peak",
        "hyper",
        &["download", "upload"],
        AtMost { more: 1024.0 },
    ),
    (
        "peak",
        "axum",
        &["download", "upload"],
        AtMost { more: 1024.0 },
    ),
    (
        "peak",
        "actix",
        &["download", "upload"],
        AtMost { more: 1024.0 },
    ),
];

/// Prints the limits beside the results, and says what was not measured.
pub(crate) fn print(results: &Results) {
    println!("| work | aim | result | met |");
    println!("|---|---|---|---|");
    for aim in &REQUESTS {
        beside_native(results, aim);
    }
    bridge(results);
    each_middleware(results);
    for aim in &STREAMS {
        beside_native(results, aim);
    }
    workers(results);
    dispatch(results);
}

fn line(work: &str, aim: &str, result: Option<(String, bool)>) {
    let (result, met) = match result {
        None => ("not measured".to_owned(), ""),
        Some((result, true)) => (result, "yes"),
        Some((result, false)) => (result, "**no**"),
    };
    println!("| {work} | {aim} | {result} | {met} |");
}

fn beside_native(results: &Results, &(kind, stack, works, limit): &Aim) {
    for work in works {
        let result = results.beside(kind, stack, work).map(|beside| {
            let (native, gateway) = (beside.native.median, beside.gateway.median);
            let ratio = beside.ratio_text();
            let text = match limit {
                About(_) | AtLeast(_) => ratio,
                AtMost { .. } | Times(_) => {
                    let sign = if gateway < native { '-' } else { '+' };
                    format!("{ratio}: native {sign} {}", short((gateway - native).abs()))
                }
            };
            (text, limit.is_met(native, gateway))
        });
        let unit = unit(kind);
        line(
            &format!("{stack}, {work}: {unit}"),
            &limit.to_string(),
            result,
        );
    }
}

fn unit(kind: &str) -> &str {
    match kind {
        "request-cpu" => "processor time",
        "messages" => "processor time of a message",
        "atomics" => "atomic operations",
        "syscalls" => "system calls",
        "rate" => "MiB/s",
        "peak" => "KiB of memory",
        "idle" => "bytes of an idle connection",
        "slow" => "bytes of a slow reader",
        kind => kind,
    }
}

/// With decimals where a whole number would say too little.
pub(crate) fn short(value: f64) -> String {
    if value.abs() < 100.0 && value.fract().abs() > 0.004 {
        format!("{value:.2}")
    } else {
        number(value)
    }
}

impl Limit {
    fn is_met(self, native: f64, gateway: f64) -> bool {
        match self {
            AtMost { more } => gateway <= native + more,
            // A call in a hundred requests is no call of a request. The values have two decimals.
            Times(times) => gateway <= native * times + 0.015,
            About(times) => gateway <= native * (times + MARGIN),
            AtLeast(times) => gateway >= native * times,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AtMost { more: 0.0 } => f.write_str("<= native"),
            AtMost { more } => write!(f, "<= native + {}", number(*more)),
            Times(times) | About(times) => write!(f, "<= {times:.2} native"),
            AtLeast(times) => write!(f, ">= {times:.2} native"),
        }
    }
}

/// A bridge that costs nothing itself has the price of actix and that of the router.
fn bridge(results: &Results) {
    for (kind, more) in [("request-cpu", Some(0.10)), ("instructions", None)] {
        let native = |stack| results.value(kind, stack, "plaintext", "native");
        let free = || {
            let router = native("bridge")? - native("hyper")?;
            Some((native("actix")? + router) / native("bridge")?)
        };
        let (name, unit) = ("a bridge without a cost of its own, plaintext", unit(kind));
        let Some(free) = free() else {
            line(&format!("{name}: {unit}"), "", None);
            continue;
        };
        let Some(more) = more else {
            println!("| {name}: {unit} | | {free:.2} | |");
            continue;
        };
        println!("| {name}: {unit} | | {free:.2} | |");
        let result = results.beside(kind, "bridge", "plaintext").map(|beside| {
            let is_met = beside.ratio() <= free + more + MARGIN;
            (beside.ratio_text(), is_met)
        });
        let aim = format!("<= {:.2} native", free + more);
        line(&format!("bridge, plaintext: {unit}"), &aim, result);
    }
}

/// What a middleware and an observer add to a request on hyper.
fn each_middleware(results: &Results) {
    let rows = [
        (
            "each of ten middlewares that do nothing",
            "middleware-10",
            10.0,
            44.0,
        ),
        (
            "a middleware that adds a header",
            "middleware-header",
            1.0,
            150.0,
        ),
        ("an observer", "observer", 1.0, 200.0),
    ];
    for (name, work, count, most) in rows {
        for (kind, most) in [("instructions", most), ("allocations", 0.0)] {
            let added = || {
                let with = results.value(kind, "hyper", work, "gateway")?;
                let without = results.value(kind, "hyper", "plaintext", "gateway")?;
                Some((with - without) / count)
            };
            let result = added().map(|added| (format!("+ {}", short(added)), added <= most));
            let aim = format!("<= + {}", number(most));
            line(&format!("hyper, {name}: {kind}"), &aim, result);
        }
    }
}

/// Beside the better of two servers.
fn workers(results: &Results) {
    for count in results.works("workers") {
        for (kind, unit) in [
            ("workers", "requests per second"),
            ("workers-cpu", "processor time"),
        ] {
            let of = |variant| results.value(kind, "server", count, variant);
            let is_rate = kind == "workers";
            let result = || {
                let (hyper, actix, gateway) = (of("hyper")?, of("actix")?, of("gateway")?);
                let better = if is_rate {
                    hyper.max(actix)
                } else {
                    hyper.min(actix)
                };
                let ratio = gateway / better;
                let name = if better.total_cmp(&hyper).is_eq() {
                    "hyper"
                } else {
                    "actix"
                };
                let is_met = if is_rate {
                    ratio >= 1.0 - MARGIN
                } else {
                    ratio <= 1.0 + MARGIN
                };
                Some((format!("{ratio:.2} of {name}"), is_met))
            };
            let aim = if is_rate {
                ">= 1.00 of the better"
            } else {
                "<= 1.00 of the better"
            };
            let plural = if count == "1" { "" } else { "s" };
            line(
                &format!("`Server`, {count} worker{plural}: {unit}"),
                aim,
                result(),
            );
        }
    }
}

/// From 100 to 1000 mounts, a logarithm grows as from 10 to 100, and a linear cost ten times as
/// much.
fn dispatch(results: &Results) {
    let at = |mounts| results.value("mounts", "core", mounts, "gateway");
    let steps = || Some((at("100")? - at("10")?, at("1000")? - at("100")?));
    let result = steps().map(|(ten, hundred)| {
        let text = format!("+ {} and + {}", number(ten), number(hundred));
        (text, hundred <= 2.0 * ten.max(50.0))
    });
    line(
        "dispatch among 10, 100, 1 000 mounts: instructions",
        "the second step at most twice the first",
        result,
    );
}
