//! The limits for each figure, and whether the results keep them.

use std::fmt;

use crate::results::{Results, number};

/// The limit of a gateway's figure, relative to the native one.
#[derive(Clone, Copy)]
enum Limit {
    Below,
    AtMost { more: f64 },
    AtMostTimes(f64),
    AtLeastTimes(f64),
    Reported,
}

use Limit::{AtLeastTimes, AtMost, AtMostTimes, Below, Reported};

/// Kind, stack, workload and limit.
const AIMS: [(&str, &str, &str, Limit); 9] = [
    ("allocations", "hyper", "plaintext", AtMost { more: 0.0 }),
    ("instructions", "hyper", "plaintext", AtMost { more: 250.0 }),
    ("allocations", "axum", "plaintext", Below),
    ("instructions", "axum", "plaintext", Below),
    ("allocations", "actix", "read-headers", AtMost { more: 0.0 }),
    (
        "instructions",
        "actix",
        "read-headers",
        AtMost { more: 0.0 },
    ),
    ("instructions", "bridge", "plaintext", AtMostTimes(1.3)),
    ("allocations", "bridge", "plaintext", Reported),
    ("instructions", "hyper", "lint", Reported),
];

/// For a stream, in either direction, on each stack.
const STREAMS: [(&str, Limit); 2] = [
    ("rate", AtLeastTimes(0.97)),
    ("peak", AtMost { more: 1024.0 }),
];

/// For an idle connection.
const IDLE: Limit = AtMost { more: 128.0 };

/// Prints the limits beside the results, and says what was not measured.
pub(crate) fn print(results: &Results) {
    println!("| work | aim | result | met |");
    println!("|---|---|---|---|");
    for (kind, stack, work, limit) in AIMS {
        beside_native(results, kind, stack, work, limit);
    }
    per_middleware(results, "allocations", 0.0);
    per_middleware(results, "instructions", 120.0);
    for stack in ["hyper", "axum", "actix"] {
        for work in ["download", "upload"] {
            for (kind, limit) in STREAMS {
                beside_native(results, kind, stack, work, limit);
            }
        }
        beside_native(results, "idle", stack, "plaintext", IDLE);
    }
    dispatch(results);
}

fn line(work: &str, aim: &str, result: Option<(String, Option<bool>)>) {
    let (result, is_met) = result.unwrap_or_else(|| ("not measured".to_owned(), None));
    let met = match is_met {
        None => "",
        Some(true) => "yes",
        Some(false) => "**no**",
    };
    println!("| {work} | {aim} | {result} | {met} |");
}

fn beside_native(results: &Results, kind: &str, stack: &str, work: &str, limit: Limit) {
    let unit = match kind {
        "rate" => "MiB/s",
        "peak" => "KiB of memory",
        "idle" => "bytes for an idle connection",
        kind => kind,
    };
    let result = results.pair(kind, stack, work).map(|(native, gateway)| {
        let difference = number((gateway - native).abs());
        let sign = if gateway < native { '-' } else { '+' };
        let ratio = gateway / native;
        let text = format!("{ratio:.2}: native {sign} {difference}");
        (text, limit.is_met(native, gateway))
    });
    line(
        &format!("{stack}, {work}: {unit}"),
        &limit.to_string(),
        result,
    );
}

impl Limit {
    fn is_met(self, native: f64, gateway: f64) -> Option<bool> {
        match self {
            Below => Some(gateway < native),
            AtMost { more } => Some(gateway <= native + more),
            AtMostTimes(times) => Some(gateway <= native * times),
            AtLeastTimes(times) => Some(gateway >= native * times),
            Reported => None,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Below => f.write_str("< native"),
            AtMost { more: 0.0 } => f.write_str("<= native"),
            AtMost { more } => write!(f, "<= native + {}", number(*more)),
            AtMostTimes(times) => write!(f, "<= {times} native"),
            AtLeastTimes(times) => write!(f, ">= {times} native"),
            Reported => f.write_str("none, reported"),
        }
    }
}

/// The cost of each of ten middlewares on hyper.
fn per_middleware(results: &Results, kind: &str, most: f64) {
    let each = |variant| {
        let with = results.value(kind, "hyper", "middleware-10", variant)?;
        Some((with - results.value(kind, "hyper", "plaintext", variant)?) / 10.0)
    };
    let result = each("gateway").map(|added| {
        let native = each("native").unwrap_or_default();
        let text = format!("+ {}; native + {}", number(added), number(native));
        (text, Some(added <= most))
    });
    let work = format!("hyper, each of ten middlewares: {kind}");
    line(&work, &format!("<= + {}", number(most)), result);
}

/// From 100 to 1000 mounts, a logarithm grows as from 10 to 100, and a linear cost ten times as
/// much.
fn dispatch(results: &Results) {
    let at = |mounts| results.value("mounts", "core", mounts, "gateway");
    let steps = || Some((at("100")? - at("10")?, at("1000")? - at("100")?));
    let result = steps().map(|(ten, hundred)| {
        let text = format!("+ {} and + {}", number(ten), number(hundred));
        (text, Some(hundred <= 2.0 * ten.max(50.0)))
    });
    line(
        "dispatch among 10, 100, 1 000 mounts: instructions",
        "grows as the logarithm: the second step at most twice the first",
        result,
    );
}
