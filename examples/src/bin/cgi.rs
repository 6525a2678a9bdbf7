//! `cargo run -p examples --features cgi --bin cgi -- --protocol fastcgi`: the showcase behind a front end.
//!
//! Without `--protocol` it is a CGI program: it answers the one request of its environment. Where a
//! process manager passes a listening socket as the standard input, `--bind -` takes that.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use adapter_cgi::{CgiProtocol, CgiServer, CgiService, FrontEnd, is_cgi, run_cgi};
use clap::Parser;
use examples::arguments::{complain, parse};
use gateway_core::{AppExt, BoxApp};
use tracing_subscriber::EnvFilter;

/// Serves the showcase behind a front end: FastCGI, SCGI, the uwsgi protocol, or as a CGI program.
#[derive(Debug, Parser)]
#[command(name = "cgi", version)]
struct Args {
    /// fastcgi, scgi or uwsgi; without it, one request is answered as CGI has it
    #[arg(long, requires = "bind")]
    protocol: Option<CgiProtocol>,
    /// Where to listen: ADDR:PORT, unix:PATH, or - for the socket that is the standard input
    #[arg(long, requires = "protocol")]
    bind: Option<Bind>,
    /// The server in front: generic, nginx, apache, apache-proxy, lighttpd or caddy
    #[arg(long, default_value = "generic")]
    front_end: FrontEnd,
    /// Where the app is mounted, whatever the front end says
    #[arg(long, value_name = "PREFIX")]
    mount: Option<String>,
    /// Serves the app of the conformance suite instead of the showcase
    #[arg(long)]
    conformance: bool,
}

/// Where to listen.
#[derive(Debug, Clone)]
enum Bind {
    Tcp(SocketAddr),
    Unix(PathBuf),
    Stdin,
}

impl FromStr for Bind {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        if text == "-" {
            return Ok(Self::Stdin);
        }
        match text.strip_prefix("unix:") {
            Some("") => Err("expected a path behind unix:"),
            Some(path) => Ok(Self::Unix(path.into())),
            None => text
                .parse()
                .map(Self::Tcp)
                .map_err(|_| "expected ADDR:PORT, unix:PATH, or -"),
        }
    }
}

fn main() -> ExitCode {
    let args: Args = match parse() {
        Ok(args) => args,
        Err(end) => return end,
    };
    if args.protocol.is_none() && !is_cgi() {
        return complain::<Args>(
            2,
            "no front end has started it as a CGI program; see --help",
        );
    }
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()))
        .with_writer(io::stderr)
        .with_ansi(false)
        .init();
    let app: BoxApp = match args.conformance {
        true => gateway_conformance::app().boxed(),
        false => examples::site().boxed(),
    };
    let mut service = CgiService::new(std::sync::Arc::new(app)).front_end(args.front_end);
    if let Some(mount) = &args.mount {
        service = service.mounted_at(mount);
    }
    let (Some(protocol), Some(bind)) = (args.protocol, args.bind) else {
        return run_cgi(&service);
    };
    let served = tokio::runtime::Runtime::new().and_then(|runtime| {
        runtime.block_on(async {
            let server = listen(protocol, &bind).await?;
            server.serve_service(service).await
        })
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain::<Args>(1, &format!("could not serve: {error}")),
    }
}

/// Listens, and says where.
async fn listen(protocol: CgiProtocol, bind: &Bind) -> io::Result<CgiServer> {
    let (server, place) = match bind {
        Bind::Tcp(addr) => {
            let server = CgiServer::bind(protocol, addr).await?;
            let addr = server.local_addr().unwrap_or(*addr);
            (server, addr.to_string())
        }
        Bind::Unix(path) => {
            let server = CgiServer::bind_unix(protocol, path)?;
            (server, format!("unix:{}", path.display()))
        }
        Bind::Stdin => (
            CgiServer::from_stdin(protocol)?,
            "the standard input".into(),
        ),
    };
    let mut out = io::stdout().lock();
    // Served all the same when nobody reads it.
    let _ = writeln!(out, "listening on {place} ({protocol})").and_then(|()| out.flush());
    Ok(server)
}
