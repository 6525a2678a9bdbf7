//! What each figure should be, and whether it is.

use crate::results::{Results, number};

/// A line of the table of aims.
struct Line {
    work: String,
    aim: &'static str,
    result: String,
    is_met: bool,
}

/// Prints the aims beside the results; what was not measured says so.
pub(crate) fn print(results: &Results) {
    println!("| work | aim | result | met |");
    println!("|---|---|---|---|");
    let mut lines = vec![
        bound(
            results,
            "allocations",
            "hyper",
            "plaintext",
            "<= native",
            |n, g| g <= n,
        ),
        bound(
            results,
            "instructions",
            "hyper",
            "plaintext",
            "<= native + 250",
            |n, g| g <= n + 250.0,
        ),
        per_middleware(results, "allocations", "+ 0 for each", 0.0),
        per_middleware(results, "instructions", "+ 120 for each", 120.0),
        bound(
            results,
            "allocations",
            "axum",
            "plaintext",
            "< axum's own",
            |n, g| g < n,
        ),
        bound(
            results,
            "instructions",
            "axum",
            "plaintext",
            "< axum's own",
            |n, g| g < n,
        ),
        bound(
            results,
            "allocations",
            "actix",
            "read-headers",
            "<= native",
            |n, g| g <= n,
        ),
        bound(
            results,
            "instructions",
            "actix",
            "read-headers",
            "<= native",
            |n, g| g <= n,
        ),
        bound(
            results,
            "instructions",
            "bridge",
            "plaintext",
            "<= 1.3 native",
            |n, g| g <= 1.3 * n,
        ),
    ];
    for stack in ["hyper", "axum", "actix"] {
        for work in ["download", "upload"] {
            lines.push(bound(
                results,
                "rate",
                stack,
                work,
                ">= 0.97 native",
                |n, g| g >= 0.97 * n,
            ));
            lines.push(bound(
                results,
                "peak",
                stack,
                work,
                "<= native + 1 MiB",
                |n, g| g <= n + 1024.0,
            ));
        }
    }
    for stack in ["hyper", "axum", "actix"] {
        lines.push(bound(
            results,
            "idle",
            stack,
            "plaintext",
            "<= native + 128",
            |n, g| g <= n + 128.0,
        ));
    }
    lines.push(bound(
        results,
        "instructions",
        "hyper",
        "lint",
        "none, reported",
        |_, _| true,
    ));
    lines.push(dispatch(results));
    for line in lines {
        let met = match line.result.as_str() {
            UNMEASURED => "",
            _ if line.is_met => "yes",
            _ => "**no**",
        };
        println!("| {} | {} | {} | {met} |", line.work, line.aim, line.result);
    }
}

const UNMEASURED: &str = "not measured";

/// What a kind of measurement is called in the table.
fn name(kind: &str) -> &str {
    match kind {
        "rate" => "MiB/s",
        "peak" => "KiB of memory",
        "idle" => "bytes for an idle connection",
        kind => kind,
    }
}

/// A gateway's figure beside the native one.
fn bound(
    results: &Results,
    kind: &str,
    stack: &str,
    work: &str,
    aim: &'static str,
    is_met: impl Fn(f64, f64) -> bool,
) -> Line {
    let pair = results.pair(kind, stack, work);
    Line {
        work: format!("{stack}, {work}: {}", name(kind)),
        aim,
        result: pair.map_or_else(
            || UNMEASURED.to_owned(),
            |(native, gateway)| {
                let difference = number((gateway - native).abs());
                let sign = if gateway < native { '-' } else { '+' };
                let (native, ratio) = (number(native), gateway / native);
                format!("native {sign} {difference} ({ratio:.2} of {native})")
            },
        ),
        is_met: pair.is_some_and(|(native, gateway)| is_met(native, gateway)),
    }
}

/// What each of ten middlewares adds on hyper.
fn per_middleware(results: &Results, kind: &str, aim: &'static str, most: f64) -> Line {
    let each = |variant| {
        let with = results.value(kind, "hyper", "middleware-10", variant)?;
        Some((with - results.value(kind, "hyper", "plaintext", variant)?) / 10.0)
    };
    let added = each("gateway");
    Line {
        work: format!("hyper, each of ten middlewares: {kind}"),
        aim,
        result: added.map_or_else(
            || UNMEASURED.to_owned(),
            |added| {
                format!(
                    "+ {added:.0}, native + {:.0}",
                    each("native").unwrap_or_default()
                )
            },
        ),
        is_met: added.is_some_and(|added| added <= most),
    }
}

/// From 100 to 1000 mounts a logarithm grows as from 10 to 100, a line ten times as much.
fn dispatch(results: &Results) -> Line {
    let at = |mounts| results.value("mounts", "core", mounts, "gateway");
    let steps = || Some((at("100")? - at("10")?, at("1000")? - at("100")?));
    Line {
        work: "dispatch among 1 to 1 000 mounts: instructions".to_owned(),
        aim: "grows no faster than the logarithm: by 100 to 1 000 no more than twice as by 10 to 100",
        result: steps().map_or_else(
            || UNMEASURED.to_owned(),
            |(ten, hundred)| format!("+ {}, + {}", number(hundred), number(ten)),
        ),
        is_met: steps().is_some_and(|(ten, hundred)| hundred <= 2.0 * ten.max(50.0)),
    }
}
