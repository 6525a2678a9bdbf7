//! Whether a request costs more than before the core was redrawn.

use crate::results::{Results, number};

const BEFORE: &str = include_str!("before.tsv");

/// The placement of code alone moves a figure by about as much.
const MORE: f64 = 200.0;

/// Prints each row that was measured then, with its limit. What the native handler of a stack costs more or less
/// than then is the placement of the server's own code, which moves both: it is taken off.
pub(crate) fn print(results: &Results) {
    println!("| work | stack | before | now | change | met | without | change | met |");
    println!("|---|---|---|---|---|---|---|---|---|");
    for [stack, work, _, before] in rows() {
        let Ok(before) = before.parse::<f64>() else {
            continue;
        };
        let judged = |kind: &str, variant: &str| {
            let value = results.value(kind, stack, work, variant)?;
            let native = results.value(kind, stack, "plaintext", "native")?;
            let change = value - before - (native - native_before(stack)?);
            let met = if change <= MORE { "yes" } else { "**no**" };
            Some(format!("{} | {} | {met}", number(value), number(change)))
        };
        let Some(now) = judged("instructions", "gateway") else {
            continue;
        };
        let without = judged("parts", "without").unwrap_or_else(|| " | | ".to_owned());
        println!(
            "| {work} | {stack} | {} | {now} | {without} |",
            number(before)
        );
    }
}

fn rows() -> impl Iterator<Item = [&'static str; 4]> {
    let rows = BEFORE.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| row.split('\t').collect::<Vec<_>>().try_into().ok())
}

/// What the native handler of a stack cost then.
fn native_before(stack: &str) -> Option<f64> {
    let [_, _, native, _] = rows().find(|[of, work, ..]| *of == stack && *work == "plaintext")?;
    native.parse().ok()
}
