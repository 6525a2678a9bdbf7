//! Checks what the pages under `docs/` say of this project's adapters.

use gateway_core::spec;

const ADAPTERS: &str = include_str!("../../docs/adapters.md");

/// The tests of these adapters run the table of the present version.
#[test]
fn the_adapters_of_this_project_pass_the_present_version_of_the_specification() {
    let rows: Vec<&str> = ADAPTERS
        .lines()
        .filter(|line| line.starts_with("| `adapter-"))
        .collect();
    assert!(rows.len() >= 3, "{rows:?}");
    for row in rows {
        let version = row.split('|').nth(3).map(str::trim);
        assert_eq!(version, Some(spec::VERSION), "{row}");
    }
}
