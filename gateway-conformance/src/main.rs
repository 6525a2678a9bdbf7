//! `cargo run -p gateway-conformance -- URL`: runs the table against a server that mounts the
//! suite's app there.

use std::error::Error;
use std::io::Write as _;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use gateway_conformance::wire::Protocol;
use gateway_conformance::{Capability, Report, Suite, Via, cases};

/// Checks a server that mounts the conformance suite's app against the gateway's specification.
///
/// Exit code: 0 if no case failed, 1 if one did or the run itself had a problem (the server stopped
/// answering, or an excuse applies to nothing), 2 if the suite could not run.
#[derive(Debug, Parser)]
#[command(name = "gateway-conformance", version, after_help = capabilities())]
struct Arguments {
    /// Where the app is mounted, such as http://127.0.0.1:8000/ or http://127.0.0.1:8000/below
    #[arg(required_unless_present = "list")]
    url: Option<String>,

    /// Prints the cases, one per line: name, clauses, ways, and what they need. Runs nothing.
    #[arg(long)]
    list: bool,

    /// Prints the report as JSON.
    #[arg(long)]
    json: bool,

    /// What the server lacks, and why; may be repeated. HTTP2=REASON leaves HTTP/2 out. The names are
    /// at the end of this help, and `--list` shows which cases need them.
    #[arg(long, value_name = "NAME=REASON", value_parser = lack)]
    lacks: Vec<(Capability, String)>,

    /// A case that may fail, and why; may be repeated. NAME@WAY=REASON excuses it over http/1.1 or
    /// http/2 only. The run fails if there is no such case, or if the case passes. Of a case that is not
    /// run (--only, --lacks, --http2-only) the excuse is ignored.
    #[arg(long, value_name = "NAME=REASON", value_parser = excuse)]
    excuse: Vec<(String, Option<Via>, String)>,

    /// Speaks HTTP/2 only, for a server without HTTP/1.1.
    #[arg(long)]
    http2_only: bool,

    /// Runs only the cases whose name begins like this.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,

    /// How long one step of a case may take, in seconds. While you write an adapter, 1 is enough.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    deadline: u64,
}

/// The end of the help: what a server may lack.
fn capabilities() -> String {
    let names: Vec<&str> = Capability::ALL.iter().map(|one| one.as_str()).collect();
    format!("What a server may lack:\n  {}", names.join("\n  "))
}

fn lack(text: &str) -> Result<(Capability, String), String> {
    let (name, reason) = name_and_reason(text)?;
    Ok((name.parse()?, reason.to_owned()))
}

fn excuse(text: &str) -> Result<(String, Option<Via>, String), String> {
    let (name, reason) = name_and_reason(text)?;
    let (name, via) = match name.split_once('@') {
        Some((name, via)) => (name, Some(via.parse()?)),
        None => (name, None),
    };
    Ok((name.to_owned(), via, reason.to_owned()))
}

fn name_and_reason(text: &str) -> Result<(&str, &str), String> {
    match text.split_once('=') {
        Some((name, reason)) if !reason.trim().is_empty() => Ok((name, reason)),
        _ => Err("a reason is missing: NAME=REASON".into()),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("gateway-conformance: {error}");
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    if arguments.list {
        return list();
    }
    let (address, prefix) = locate(arguments.url.as_deref().unwrap_or_default())?;
    tokio::net::TcpStream::connect(address)
        .await
        .map_err(|error| format!("nobody answers at {address}: {error}"))?;
    let mut suite = Suite::new()
        .prefix(&prefix)
        .deadline(Duration::from_secs(arguments.deadline.max(1)));
    for (capability, reason) in &arguments.lacks {
        suite = suite.lacks(*capability, reason.as_str());
    }
    for (case, via, reason) in &arguments.excuse {
        suite = match via {
            Some(via) => suite.excuses_on(case, *via, reason),
            None => suite.excuses(case, reason),
        };
    }
    if let Some(only) = &arguments.only {
        suite = suite.only(only.as_str());
    }
    // The report comes at the end of the run, which may be minutes away.
    suite = suite.on_failure(|row| eprintln!("{row}"));
    let report = match arguments.http2_only {
        true => suite.run(address, Protocol::Http2).await,
        false => suite.run_both(address).await,
    };
    if report.rows().is_empty() && report.problems().is_empty() {
        return Err("no case has a name that begins so".into());
    }
    print(&report, arguments.json)?;
    Ok(ExitCode::from(u8::from(
        report.failed() > 0 || !report.problems().is_empty(),
    )))
}

fn list() -> Result<ExitCode, Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    for case in cases() {
        let ways: Vec<&str> = case.via().iter().map(|via| via.as_str()).collect();
        let (clauses, ways) = (case.clauses().join(","), ways.join(","));
        write!(out, "{}  {clauses}  {ways}", case.name())?;
        for (word, needs) in [
            ("needs", case.needed()),
            ("partly needs", case.partly_needed()),
        ] {
            let names: Vec<&str> = needs.iter().map(|one| one.as_str()).collect();
            if !names.is_empty() {
                write!(out, "  {word} {}", names.join(","))?;
            }
        }
        writeln!(out)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print(report: &Report, json: bool) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    if json {
        writeln!(out, "{:#}", report.to_json())
    } else {
        writeln!(out, "{report}")
    }
}

/// The address and the mount point that a URL names.
fn locate(url: &str) -> Result<(SocketAddr, String), String> {
    let uri: http::Uri = url
        .parse()
        .map_err(|error| format!("{url:?} is no URL: {error}"))?;
    if uri.scheme_str() != Some("http") {
        return Err(format!("{url:?} is no URL that begins with http://"));
    }
    let host = uri.host().ok_or_else(|| format!("{url:?} names no host"))?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let address = (host, uri.port_u16().unwrap_or(80))
        .to_socket_addrs()
        .map_err(|error| format!("{host:?} has no address: {error}"))?
        .next()
        .ok_or_else(|| format!("{host:?} has no address"))?;
    if uri.query().is_some() {
        return Err(format!("{url:?} has a query, a mount point has none"));
    }
    Ok((address, uri.path().to_owned()))
}
