//! Flask and this library side by side: the same views, the same requests, over sockets.
//!
//! ```sh
//! GATEWAY_DIFFERENTIAL=1 cargo test -p gateway-util --test differential -- --nocapture
//! ```
//!
//! Without that variable, or without Python, it says that it was skipped. The first run installs the
//! pinned Flask into a virtual environment below the target directory.
//!
//! Status, header fields and body are compared. Where the two differ on purpose, the case names the
//! reason, and the test fails when the difference is gone.
#![cfg(all(feature = "files", feature = "multipart"))]

mod common;

#[path = "differential/cases.rs"]
mod cases;
#[path = "differential/composition.rs"]
mod composition;
#[path = "differential/python.rs"]
mod python;
#[path = "differential/reasons.rs"]
mod reasons;
#[path = "differential/views.rs"]
mod views;

use std::collections::{BTreeMap, BTreeSet};

use adapter_hyper::Server;
use bytes::Bytes;
use common::TempDir;
use gateway_conformance::wire::{Protocol, WireResponse, exchange};
use gateway_core::lint::{Findings, Lint};

use cases::Case;
use reasons::{Part, REASONS};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flask_and_this_library_give_the_same_answers() {
    if std::env::var_os("GATEWAY_DIFFERENTIAL").is_none() {
        println!("skipped: set GATEWAY_DIFFERENTIAL=1 to compare with Flask");
        return;
    }
    let temp = TempDir::new();
    temp.file("files/a.txt", "0123456789");
    temp.file("files/page.html", "<p>page");
    temp.file("files/data.bin", b"\x00\xff");
    temp.file("files/style.css", "p{}");
    temp.file("files/empty.txt", "");
    temp.file("files/sub/deep.json", "{}");
    temp.file("secret.txt", "secret");
    let files = temp.path().join("files");
    let flask = match python::Flask::start(&files) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: there is no python3 here");
            return;
        }
        flask => flask.unwrap(),
    };

    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let ours = server.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let findings = Findings::new();
    let site = Lint::new(views::site(files).unwrap()).on_finding(&findings);
    let serving = tokio::spawn(server.serve_until(site, async move {
        let _ = stopped.await;
    }));

    let cases = cases::all();
    let mut failures = Vec::new();
    let mut used = BTreeSet::new();
    for case in &cases {
        let theirs = exchange(flask.addr(), Protocol::Http1, &case.request).await;
        let ours = exchange(ours, Protocol::Http1, &case.request).await;
        match (theirs, ours) {
            (Ok(theirs), Ok(ours)) => compare(case, &theirs, &ours, &mut failures),
            (theirs, ours) => failures.push(format!("{}: {theirs:?} / {ours:?}", case.name)),
        }
        used.extend(case.differs.iter().copied());
    }
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();

    for (key, _, reason) in REASONS {
        let count = cases
            .iter()
            .filter(|case| case.differs.contains(key))
            .count();
        println!("{count:4}  {key}: {reason}");
        assert!(used.contains(key), "no case differs because of {key}");
    }
    let names: BTreeSet<_> = cases.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), cases.len(), "two cases are the same");
    println!(
        "{} requests compared, {} differ on purpose, {} by mistake",
        cases.len(),
        cases.iter().filter(|case| !case.differs.is_empty()).count(),
        failures.len(),
    );
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    assert!(cases.len() >= 120);
    // M2: the lint passes on all of them, 204, 304, HEAD and redirects among them.
    let findings = findings.take();
    assert!(findings.is_empty(), "{findings:?}");
}

/// What of two answers is compared.
#[derive(Debug, PartialEq)]
struct Seen {
    status: u16,
    headers: BTreeMap<String, Vec<String>>,
    body: Bytes,
}

impl Seen {
    fn of(response: &WireResponse) -> Self {
        let mut headers = BTreeMap::<_, Vec<_>>::new();
        for (name, value) in &response.headers {
            // The server's own, and how the body is framed, which the client has checked.
            if matches!(
                &**name,
                "date" | "server" | "connection" | "transfer-encoding"
            ) {
                continue;
            }
            let value = String::from_utf8_lossy(value).into_owned();
            headers
                .entry(name.clone())
                .or_default()
                .push(normal(name, value));
        }
        // A list is the same on one line and on several.
        if let Some(vary) = headers.get_mut("vary") {
            *vary = vec![vary.join(", ")];
        }
        Self {
            status: response.status,
            headers,
            body: response.body.clone(),
        }
    }

    fn part(&self, part: &Part) -> String {
        match part {
            Part::All => format!("{self:?}"),
            Part::Body => self.body.escape_ascii().to_string(),
            Part::Header(name) => format!("{:?}", self.headers.get(*name)),
        }
    }

    fn forget(&mut self, part: &Part) {
        match part {
            Part::All => {
                self.status = 0;
                self.headers.clear();
                self.body = Bytes::new();
            }
            Part::Body => {
                self.body = Bytes::new();
                self.headers.remove("content-length");
            }
            Part::Header(name) => {
                self.headers.remove(*name);
            }
        }
    }
}

/// A value without what is free: the order of a cookie's attributes, of directives and of methods,
/// and the case of names in lists.
fn normal(name: &str, value: String) -> String {
    let sorted = |separator: &str| {
        let mut items: Vec<_> = value.split(separator).map(str::trim).collect();
        items.get_mut(1..).unwrap_or_default().sort_unstable();
        items.join(separator)
    };
    match name {
        "set-cookie" => sorted(";"),
        "vary" => value.to_ascii_lowercase(),
        "allow" => {
            let mut methods: Vec<_> = value.split(", ").collect();
            methods.sort_unstable();
            methods.join(", ")
        }
        "cache-control" => {
            let mut items: Vec<_> = value.split(',').map(str::trim).collect();
            items.sort_unstable();
            items.join(", ")
        }
        _ => value,
    }
}

fn compare(case: &Case, theirs: &WireResponse, ours: &WireResponse, failures: &mut Vec<String>) {
    let (mut theirs, mut ours) = (Seen::of(theirs), Seen::of(ours));
    let parts = REASONS
        .iter()
        .filter(|(key, _, _)| case.differs.contains(key));
    for (key, parts, _) in parts {
        if parts
            .iter()
            .all(|part| theirs.part(part) == ours.part(part))
        {
            failures.push(format!("{}: no difference by {key} any more", case.name));
        }
        for part in *parts {
            theirs.forget(part);
            ours.forget(part);
        }
    }
    if theirs != ours {
        failures.push(format!(
            "{}\n  Flask {theirs:?}\n  ours  {ours:?}",
            case.name
        ));
    }
}
