//! Checks what the compiler does not see of the book: dependencies, commands, paths, and figures.

mod page;

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::Path;

use page::{Block, pages, root};
use toml::Table;

type TestResult = Result<(), Box<dyn Error>>;

/// The code of each chapter is compiled: by this crate, or by the one that has Python.
#[test]
fn every_chapter_is_in_the_summary_and_is_compiled() -> TestResult {
    let summary = fs::read_to_string(root().join("book/src/SUMMARY.md"))?;
    let compiled = fs::read_to_string(root().join("book/lib.rs"))?;
    let python = fs::read_to_string(root().join("extras/adapter-wsgi/src/lib.rs"))?;
    for page in pages()? {
        let name = page.name();
        if name == "README.md" {
            continue;
        }
        assert!(
            summary.contains(&format!("]({name})")),
            "not in SUMMARY.md: {name}"
        );
        if page.text().starts_with("{{#include ") {
            continue;
        }
        let is_compiled = compiled.contains(&format!("\"src/{name}\""))
            || python.contains(&format!("\"../../../book/src/{name}\""));
        assert!(is_compiled, "nobody compiles {name}");
    }
    Ok(())
}

#[test]
fn every_block_of_rust_is_run_or_serves() -> TestResult {
    let mut blocks = 0;
    for page in pages()? {
        for Block { language, text } in page.blocks() {
            if !language.starts_with("rust") {
                continue;
            }
            blocks += 1;
            match language {
                "rust" => assert!(
                    text.contains("assert"),
                    "{}: asserts nothing:\n{text}",
                    page.name()
                ),
                // What serves for ever, and a suite that needs a server. `programs.rs` runs them.
                "rust,no_run" => assert!(
                    text.contains("serve")
                        || text.contains(".run()")
                        || text.contains("Suite::new"),
                    "{}: could be run:\n{text}",
                    page.name()
                ),
                other => panic!("{}: a block of `{other}` is not run", page.name()),
            }
        }
    }
    assert!(blocks > 50, "{blocks}");
    Ok(())
}

/// What a reader copies into a manifest names crates, versions and features that there are.
#[test]
fn dependencies_exist() -> TestResult {
    let lock: Table = fs::read_to_string(root().join("Cargo.lock"))?.parse()?;
    let mut blocks = 0;
    for page in pages()? {
        for Block { text, .. } in page.blocks().filter(|block| block.language == "toml") {
            let manifest: Table = text.parse()?;
            for (section, dependencies) in &manifest {
                assert!(
                    matches!(&**section, "dependencies" | "dev-dependencies"),
                    "{section}"
                );
                let dependencies = dependencies.as_table().ok_or("not a table")?;
                for (name, dependency) in dependencies {
                    let at = format!("{}: {name}", page.name());
                    blocks += 1;
                    match dependency.get("path").and_then(|path| path.as_str()) {
                        Some(path) => own_crate(&at, name, path, dependency)?,
                        None => foreign_crate(&at, name, dependency, &lock)?,
                    }
                }
            }
        }
    }
    assert!(blocks > 20, "{blocks}");
    Ok(())
}

fn own_crate(at: &str, name: &str, path: &str, dependency: &toml::Value) -> TestResult {
    let folder = path
        .strip_prefix("../gateway/")
        .ok_or_else(|| at.to_owned())?;
    let manifest: Table = fs::read_to_string(root().join(folder).join("Cargo.toml"))?.parse()?;
    let package = manifest
        .get("package")
        .and_then(|package| package.get("name"));
    assert_eq!(
        package.and_then(|package| package.as_str()),
        Some(name),
        "{at}"
    );
    let features = manifest
        .get("features")
        .and_then(|features| features.as_table());
    for wanted in list(dependency.get("features")) {
        let has = features.is_some_and(|features| features.contains_key(&wanted));
        assert!(has, "{at} has no feature {wanted}");
    }
    Ok(())
}

fn foreign_crate(at: &str, name: &str, dependency: &toml::Value, lock: &Table) -> TestResult {
    let wanted = dependency
        .as_str()
        .or_else(|| dependency.get("version")?.as_str());
    let wanted = semver::VersionReq::parse(wanted.ok_or("no version")?)?;
    let packages = lock.get("package").and_then(|packages| packages.as_array());
    let has = packages.ok_or("no packages")?.iter().any(|package| {
        let version = package.get("version").and_then(|version| version.as_str());
        let version = version.and_then(|version| semver::Version::parse(version).ok());
        package.get("name").and_then(|name| name.as_str()) == Some(name)
            && version.is_some_and(|version| wanted.matches(&version))
    });
    assert!(has, "{at}: the examples are not built with {wanted}");
    Ok(())
}

fn list(values: Option<&toml::Value>) -> Vec<String> {
    let values = values.and_then(|values| values.as_array());
    let texts = values
        .into_iter()
        .flatten()
        .filter_map(|value| value.as_str());
    texts.map(str::to_owned).collect()
}

/// The crates that an example uses stand in a block of dependencies, on its page or on that of the
/// first app.
#[test]
fn what_is_used_is_named() -> TestResult {
    let manifest: Table = fs::read_to_string(root().join("book/Cargo.toml"))?.parse()?;
    let built_with = manifest
        .get("dev-dependencies")
        .and_then(|known| known.as_table());
    let built_with = built_with.ok_or("no dependencies")?.keys();
    let known: Vec<&str> = built_with
        .map(|name| &**name)
        .chain(["adapter-wsgi"])
        .collect();
    let pages = pages()?;
    let first = pages.iter().find(|page| page.name() == "first-app.md");
    let first = first.ok_or("no such page")?;
    for page in &pages {
        for block in page
            .blocks()
            .filter(|block| block.language.starts_with("rust"))
        {
            for line in block.text.lines().filter(|line| !is_hidden(line)) {
                for name in known.iter().filter(|name| uses(line, name)) {
                    let named = format!("{name} = ");
                    let is_named = page.text().contains(&named) || first.text().contains(&named);
                    assert!(is_named, "{}: {name} has no line: {line}", page.name());
                }
            }
        }
    }
    Ok(())
}

fn is_hidden(line: &str) -> bool {
    line == "#" || line.starts_with("# ")
}

/// GitHub and the registry show what mdBook and rustdoc hide, and a reader would copy it.
#[test]
fn no_readme_has_hidden_lines() -> TestResult {
    let mut blocks = 0;
    for entry in fs::read_dir(root())? {
        let path = entry?.path();
        let file = if path.is_dir() {
            path.join("README.md")
        } else {
            path
        };
        if !file.ends_with("README.md") || !file.is_file() {
            continue;
        }
        let text = fs::read_to_string(&file)?;
        let mut is_code = false;
        for line in text.lines() {
            if let Some(language) = line.strip_prefix("```") {
                is_code = language.starts_with("rust");
                blocks += usize::from(is_code);
            }
            assert!(!is_code || !is_hidden(line), "{}: {line}", file.display());
        }
    }
    assert!(blocks >= 12, "{blocks}");
    Ok(())
}

/// True if a path in the line begins with the crate.
fn uses(line: &str, name: &str) -> bool {
    let path = format!("{}::", name.replace('-', "_"));
    line.match_indices(&path).any(|(at, _)| {
        let before = line.get(..at).unwrap_or_default();
        !before.ends_with(|last: char| last.is_alphanumeric() || last == '_' || last == ':')
    })
}

/// A command of cargo's names packages, programs and features that there are.
#[test]
fn commands_exist() -> TestResult {
    let mut commands = 0;
    for page in pages()? {
        for Block { text, .. } in page.blocks().filter(|block| block.language == "sh") {
            for line in text.lines().filter(|line| line.starts_with("cargo ")) {
                let words: Vec<&str> = line.split_whitespace().collect();
                let option = |name: &str| {
                    let at = words.iter().position(|word| *word == name)?;
                    words.get(at + 1).copied()
                };
                let Some(package) = option("-p") else {
                    continue;
                };
                commands += 1;
                // Another workspace, whose packages may have other names than their folders.
                if let Some(manifest) = option("--manifest-path") {
                    let manifest = fs::read_to_string(root().join(manifest))?;
                    assert!(manifest.contains("[workspace]"), "{}: {line}", page.name());
                    continue;
                }
                let folder = root().join(package);
                let manifest: Table = fs::read_to_string(folder.join("Cargo.toml"))?.parse()?;
                if let Some(program) = option("--bin") {
                    let file = folder.join("src/bin").join(program);
                    let is_there = file.is_dir() || file.with_extension("rs").is_file();
                    assert!(is_there, "{}: {line}", page.name());
                }
                for feature in option("--features")
                    .into_iter()
                    .flat_map(|names| names.split(','))
                {
                    let has = manifest
                        .get("features")
                        .and_then(|known| known.get(feature));
                    assert!(has.is_some(), "{}: {line}", page.name());
                }
            }
        }
    }
    assert!(commands >= 3, "{commands}");
    Ok(())
}

/// The code in lines of prose.
fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    let prose = text.split("```").step_by(2);
    prose.flat_map(|prose| prose.split('`').skip(1).step_by(2))
}

/// What stands in the text as the path of a file is one, from the root of the tree.
#[test]
fn paths_exist() -> TestResult {
    let folders: BTreeSet<String> = fs::read_dir(root())?
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .collect();
    let mut found = 0;
    for page in pages()? {
        for span in code_spans(page.text()) {
            // A command may follow a path.
            let path = span.split_whitespace().next().unwrap_or_default();
            let first = path.split('/').next().unwrap_or_default();
            let is_path = folders.contains(first) && (path.contains('/') || path.contains('.'));
            if !is_path {
                continue;
            }
            found += 1;
            assert!(root().join(path).exists(), "{}: no {path}", page.name());
        }
    }
    assert!(found >= 8, "{found}");
    Ok(())
}

/// The tests of these adapters run the table of the present version.
#[test]
fn the_adapters_of_this_project_pass_the_present_version_of_the_specification() -> TestResult {
    let text = fs::read_to_string(root().join("book/src/adapters.md"))?;
    let rows: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("| `adapter-"))
        .collect();
    assert!(rows.len() >= 4, "{rows:?}");
    for row in rows {
        let version = row.split('|').nth(3).map(str::trim);
        assert_eq!(version, Some(gateway_core::spec::VERSION), "{row}");
    }
    Ok(())
}

/// After a measurement, copy the rows of FIGURES.md into the chapter again.
#[test]
fn the_cost_is_that_of_figures() -> TestResult {
    let figures = fs::read_to_string(root().join("FIGURES.md"))?;
    let figures: BTreeSet<&str> = figures.lines().collect();
    let text = fs::read_to_string(root().join("book/src/cost.md"))?;
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).collect();
    assert!(rows.len() > 20, "{rows:?}");
    for row in rows {
        assert!(figures.contains(row), "not in FIGURES.md: {row}");
    }
    Ok(())
}

/// The pages of the tree that link to files do so to files that there are. `.ci/run book` checks
/// the links of the book itself.
#[test]
fn links_of_readme_exist() -> TestResult {
    let mut links = 0;
    for name in [
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "extras/adapter-wsgi/README.md",
    ] {
        let file = root().join(name);
        let text = fs::read_to_string(&file)?;
        let folder = file.parent().unwrap_or(Path::new("."));
        for link in text.split("](").skip(1) {
            let (link, _) = link.split_once(')').ok_or("a link without an end")?;
            if link.contains("://") {
                continue;
            }
            links += 1;
            let path = link.split('#').next().unwrap_or_default();
            assert!(folder.join(path).exists(), "{name}: {link}");
        }
    }
    assert!(links > 20, "{links}");
    Ok(())
}
