//! `cargo run -p examples --features baseline --bin baseline`: runs the cases that have an
//! equivalent without a gateway on bare hyper, axum and actix-web, and on the gateway, and prints
//! how many passed.
//!
//! An equivalent is what a careful program without a gateway does: it uses the framework's own way
//! to send that status, these fields and this body, and sends a 500 if the framework refuses. It
//! corrects nothing of what the framework does, so the difference is what the gateway adds. A case
//! that does not pass is not a fault of a framework: the clauses are this project's, and frameworks
//! leave much of them to the app. Cases about what only a gateway has are not counted;
//! `equivalents.rs` says which these are.

mod equivalents;
mod heads;
mod on_actix;
mod on_axum;
mod on_hyper;

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use gateway_conformance::wire::Protocol;
use gateway_conformance::{CaseOutcome, Suite, Via, cases};

/// How long one step of a case may take. A step that never ends takes all of it.
const DEADLINE: Duration = Duration::from_secs(3);

/// Passed and total, by protocol and family.
type Counts = BTreeMap<(&'static str, char), (usize, usize)>;

#[tokio::main]
async fn main() -> io::Result<()> {
    let gateway = adapter_hyper::Server::bind("127.0.0.1:0").await?;
    let on_gateway = gateway.local_addr().ok_or(io::ErrorKind::NotConnected)?;
    tokio::spawn(gateway.serve(gateway_conformance::app()));
    let stacks = [
        ("gateway", on_gateway),
        ("hyper", on_hyper::serve().await?),
        ("axum", on_axum::serve().await?),
        ("actix-web", on_actix::serve()?),
    ];
    // Some cases panic. Messages about that would hide the table.
    std::panic::set_hook(Box::new(|_| {}));
    let mut counts = Vec::new();
    for (_, address) in stacks {
        counts.push(count(address).await);
    }
    print(&stacks.map(|(name, _)| name), &counts)
}

async fn count(address: SocketAddr) -> Counts {
    let chosen = cases().into_iter().filter(equivalents::has_one);
    let runs = chosen.flat_map(|case| {
        let via = |protocol: &Protocol| case.via().contains(&Via::from(*protocol));
        let protocols: Vec<_> = Protocol::ALL.into_iter().filter(via).collect();
        protocols
            .into_iter()
            .map(move |protocol| (case.name(), protocol))
    });
    let reports = stream::iter(runs).map(|(name, protocol)| async move {
        let suite = Suite::new().only(name).deadline(DEADLINE);
        let report = suite.run(address, protocol).await;
        // Other names may begin in the same way.
        report.rows().iter().find(|row| row.name == name).cloned()
    });
    let mut counts = Counts::new();
    for row in reports
        .buffer_unordered(8)
        .collect::<Vec<_>>()
        .await
        .into_iter()
        .flatten()
    {
        let family = row
            .name
            .chars()
            .next()
            .unwrap_or_default()
            .to_ascii_uppercase();
        let (passed, all) = counts.entry((row.via.as_str(), family)).or_default();
        *passed += usize::from(row.outcome == CaseOutcome::Passed);
        *all += 1;
    }
    counts
}

fn print(names: &[&str], stacks: &[Counts]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let with_equivalent = cases()
        .iter()
        .filter(|case| equivalents::has_one(case))
        .count();
    writeln!(
        out,
        "{with_equivalent} of the {} cases have an equivalent without a gateway; passed of those:\n",
        cases().len()
    )?;
    let header: String = names.iter().map(|name| format!("{name:>12}")).collect();
    writeln!(out, "{:<12}{header}", "")?;
    let keys: Vec<_> = stacks
        .iter()
        .flat_map(|counts| counts.keys().copied())
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    let cell = |counts: &Counts, within: &dyn Fn(&(&str, char)) -> bool| {
        let rows = counts.iter().filter(|(key, _)| within(key));
        let (passed, all) = rows.fold((0, 0), |sum, (_, count)| (sum.0 + count.0, sum.1 + count.1));
        format!("{:>12}", format!("{passed}/{all}"))
    };
    for key in &keys {
        let row: String = stacks
            .iter()
            .map(|counts| cell(counts, &|at| at == key))
            .collect();
        writeln!(out, "{:<12}{row}", format!("{} {}", key.0, key.1))?;
    }
    for via in ["http/1.1", "http/2"] {
        let row: String = stacks
            .iter()
            .map(|counts| cell(counts, &|at| at.0 == via))
            .collect();
        writeln!(out, "{via:<12}{row}")?;
    }
    let row: String = stacks
        .iter()
        .map(|counts| cell(counts, &|_| true))
        .collect();
    writeln!(out, "{:<12}{row}", "total")
}
