//! Whether a request costs more than before the core was redrawn.

use crate::results::{Results, number};

const BEFORE: &str = include_str!("before.tsv");

/// The placement of code alone moves a figure by about as much.
const MORE: f64 = 200.0;

/// Prints each row that was measured then, with its limit.
pub(crate) fn print(results: &Results) {
    println!("| work | stack | before | now | change | met |");
    println!("|---|---|---|---|---|---|");
    for row in BEFORE.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = row.split('\t').collect();
        let [stack, work, _, before] = fields[..] else {
            continue;
        };
        let Ok(before) = before.parse::<f64>() else {
            continue;
        };
        let Some(now) = results.value("instructions", stack, work, "gateway") else {
            continue;
        };
        println!(
            "| {work} | {stack} | {} | {} | {} | {} |",
            number(before),
            number(now),
            number(now - before),
            if now <= before + MORE {
                "yes"
            } else {
                "**no**"
            }
        );
    }
}
