//! SPEC.md is made of the clauses in the sources, and is up to date.
//!
//! A clause is a block of comment lines that begin with `//=`:
//!
//! ```text
//! //= E1 gateway: what MUST hold, on as many lines as it takes.
//! //= Reason: why. (What no check can see says so here.)
//! ```
//!
//! They stand in `src/lint/`, above the checks. `UPDATE_SPEC=1 cargo test -p gateway-core --test
//! spec` writes them into SPEC.md.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "these are helpers of tests"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gateway_core::spec;

const BEARERS: [&str; 4] = ["app", "gateway", "helper", "middleware"];

/// What binds helpers only has a chapter of its own, whatever its letter is.
const HELPER: &str = "helper";

#[derive(Debug)]
struct Clause {
    id: String,
    bearers: String,
    text: String,
    reason: String,
    /// The file it stands in reports breaches of it.
    is_checked: bool,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn clauses() -> Vec<Clause> {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    files.sort();
    let mut clauses = Vec::new();
    for file in files {
        let source = fs::read_to_string(&file).unwrap();
        let mut block: Vec<&str> = Vec::new();
        for line in source.lines().chain([""]) {
            match line.trim_start().strip_prefix("//= ") {
                Some(text) => block.push(text.trim()),
                None if block.is_empty() => {}
                None => {
                    let text = std::mem::take(&mut block).join(" ");
                    clauses.push(parse(&text, &source));
                }
            }
        }
    }
    clauses
}

fn parse(block: &str, source: &str) -> Clause {
    let (head, text) = block
        .split_once(": ")
        .unwrap_or_else(|| panic!("a clause begins with `ID bearer: `: {block}"));
    let (id, bearers) = head
        .split_once(' ')
        .unwrap_or_else(|| panic!("a clause names its bearer: {block}"));
    for bearer in bearers.split(", ") {
        assert!(BEARERS.contains(&bearer), "{id}: {bearer} is no bearer");
    }
    let (text, reason) = text
        .split_once(" Reason: ")
        .unwrap_or_else(|| panic!("{id} has no reason"));
    assert!(
        ["MUST", "SHOULD", "MAY"]
            .iter()
            .any(|word| text.contains(word)),
        "{id} says neither MUST nor SHOULD nor MAY"
    );
    Clause {
        id: id.to_owned(),
        bearers: bearers.to_owned(),
        text: text.to_owned(),
        reason: reason.to_owned(),
        is_checked: names_in_code(source, id),
    }
}

/// The code of a source, comments aside, names the clause: `"E1"`.
fn names_in_code(source: &str, id: &str) -> bool {
    let quoted = format!("\"{id}\"");
    source
        .lines()
        .any(|line| !line.trim_start().starts_with("//") && line.contains(&quoted))
}

/// The names of the places for clauses in SPEC.md, in its order: a letter, or `helper`.
fn places(spec: &str) -> Vec<&str> {
    let marks = spec.split("<!-- clauses ").skip(1);
    marks
        .map(|rest| rest.split_once(" -->").unwrap().0)
        .collect()
}

/// The place that a clause belongs to.
fn place(clause: &Clause) -> &str {
    if clause.bearers == HELPER {
        HELPER
    } else {
        &clause.id[..1]
    }
}

/// The clauses of one place as they stand in SPEC.md.
fn section(name: &str, clauses: &[Clause]) -> String {
    let mut sorted: BTreeMap<(&str, usize), &Clause> = BTreeMap::new();
    for clause in clauses.iter().filter(|clause| place(clause) == name) {
        let (letter, number) = clause.id.split_at(1);
        sorted.insert((letter, number.parse().unwrap()), clause);
    }
    let mut text = String::new();
    for clause in sorted.values() {
        let mut item = format!(
            "- **{}** ({}): {} *Why:* {}",
            clause.id, clause.bearers, clause.text, clause.reason
        );
        if clause.is_checked {
            item.push_str(" \u{2713}");
        }
        text.push_str(&wrapped(&item));
    }
    text
}

/// The item in lines of at most 100 characters, indented as one.
fn wrapped(item: &str) -> String {
    let mut text = String::new();
    let mut width = 0;
    for word in item.split(' ') {
        let length = word.chars().count();
        // A line that begins so would be an item of its own.
        let begins_item = matches!(word, "+" | "-" | "*");
        if width > 0 && width + 1 + length > 100 && !begins_item {
            text.push_str("\n  ");
            width = 2;
        } else if width > 0 {
            text.push(' ');
            width += 1;
        }
        text.push_str(word);
        width += length;
    }
    text + "\n"
}

fn regenerated(spec: &str, clauses: &[Clause]) -> String {
    let written = spec;
    let mut spec = spec.to_owned();
    for name in places(written) {
        let begin = format!("<!-- clauses {name} -->\n");
        let end = format!("<!-- end {name} -->");
        let start = spec
            .find(&begin)
            .unwrap_or_else(|| panic!("SPEC.md has no place for the clauses {name}"))
            + begin.len();
        let length = spec[start..]
            .find(&end)
            .unwrap_or_else(|| panic!("the place of the clauses {name} has no end"));
        spec.replace_range(start..start + length, &section(name, clauses));
    }
    spec
}

#[test]
fn every_clause_is_there_once() {
    let mut seen: Vec<String> = clauses().into_iter().map(|clause| clause.id).collect();
    let mut expected: Vec<&str> = spec::clauses().map(|clause| clause.id).collect();
    seen.sort();
    expected.sort_unstable();
    for pair in seen.windows(2) {
        assert_ne!(pair[0], pair[1], "a clause stands in two places");
    }
    assert_eq!(seen, expected);
}

/// An id is for ever: none is left out and none is given twice.
#[test]
fn the_clauses_of_a_letter_are_numbered_from_one() {
    let mut numbers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for clause in spec::clauses() {
        let (letter, number) = clause.id.split_at(1);
        let number = number.parse().unwrap();
        numbers.entry(letter).or_default().push(number);
    }
    for (letter, numbers) in &mut numbers {
        numbers.sort_unstable();
        let expected: Vec<usize> = (1..=numbers.len()).collect();
        assert_eq!(*numbers, expected, "{letter}");
    }
    assert_eq!(
        numbers.into_keys().collect::<String>(),
        "BEILMNSU",
        "a letter was lost or found"
    );
}

/// The chapter on gateways has nothing that binds helpers only, and theirs has nothing else.
#[test]
fn what_binds_helpers_only_stands_apart() {
    for clause in clauses() {
        let is_of_a_helper = clause.bearers.split(", ").any(|bearer| bearer == HELPER);
        assert_eq!(place(&clause) == HELPER, is_of_a_helper, "{}", clause.id);
    }
}

#[test]
fn the_version_is_the_one_of_the_document() {
    let line = format!("Version {}. ", spec::VERSION);
    assert!(spec::TEXT.lines().any(|known| known.starts_with(&line)));
}

#[test]
fn a_clause_is_read_as_it_was_written() {
    let written = clauses();
    for read in spec::clauses() {
        let clause = written.iter().find(|clause| clause.id == read.id).unwrap();
        assert_eq!(read.bearers, clause.bearers);
        assert_eq!(read.is_checked, clause.is_checked, "{}", read.id);
        let text = format!("{} *Why:* {}", clause.text, clause.reason);
        let words: Vec<&str> = text.split_whitespace().collect();
        assert_eq!(read.text.split_whitespace().collect::<Vec<_>>(), words);
    }
}

#[test]
fn a_clause_that_a_check_names_stands_in_the_file_of_the_check() {
    let clauses = clauses();
    let mut files = Vec::new();
    sources(&root().join("src/lint"), &mut files);
    for file in files {
        let source = fs::read_to_string(&file).unwrap();
        for clause in &clauses {
            let names = names_in_code(&source, &clause.id);
            let holds = source.contains(&format!("//= {} ", clause.id));
            assert!(
                !names || holds,
                "{}: {} is elsewhere",
                file.display(),
                clause.id
            );
        }
    }
}

#[test]
fn the_specification_is_up_to_date() {
    let path = root().join("SPEC.md");
    let written = fs::read_to_string(&path).unwrap();
    let fresh = regenerated(&written, &clauses());
    if std::env::var_os("UPDATE_SPEC").is_some() {
        fs::write(&path, fresh).unwrap();
        return;
    }
    assert!(
        written == fresh,
        "SPEC.md is stale: the clauses in the sources have changed; refresh it with \
         `UPDATE_SPEC=1 cargo test -p gateway-core --test spec`"
    );
}
