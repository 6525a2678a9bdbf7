//! Cases of E1 to E7: the method, the path and the query.

use gateway_core::AppExt as _;
use gateway_util::Mount;

use crate::capability::Capability;
use crate::case::{Case, Draft};
use crate::cases::reports::report;
use crate::check::{Look as _, equal};
use crate::client::Client;
use crate::via::Via;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    cases.extend(methods());
    cases.extend(path_infos());
    cases.extend(request_uris());
    cases.extend(query_strings());
    cases.extend(mounts());
    cases
}

fn methods() -> Vec<Case> {
    let seen = |draft: Draft<()>, methods: &'static [&'static str]| {
        draft.app(report).sees(move |client: Client| async move {
            for method in methods {
                let seen = client.environ(client.request(method, "/")).await?;
                let method = method.as_bytes().escape_ascii().to_string();
                seen.is("REQUEST_METHOD", &method)?;
            }
            Ok(())
        })
    };
    vec![
        seen(
            Case::new("e1_standard_methods_reach_the_app", &["E1"]),
            &["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        ),
        seen(
            Case::new("e1_methods_of_extensions_reach_the_app", &["E1"]),
            &["PROPFIND", "M-SEARCH", "QUERY", "PURGE"],
        ),
        seen(
            Case::new("e1_the_case_of_a_method_is_kept", &["E1"]),
            &["get", "pUrGe", "Post"],
        ),
        seen(
            Case::new("e1_every_token_is_a_method", &["E1"]).needs(Capability::EveryMethodToken),
            &["!#$%&'*+-.^_`|~0Az"],
        ),
    ]
}

/// The path that is sent after the case's own, and the PATH_INFO that the app must see.
fn path_infos() -> impl Iterator<Item = Case> {
    type Row = (
        &'static str,
        &'static [&'static str],
        &'static str,
        &'static str,
    );
    const ROWS: &[Row] = &[
        (
            "e3_a_plain_path_is_path_info",
            &["E3"],
            "/a/b.html",
            "/a/b.html",
        ),
        ("e3_path_info_may_be_empty", &["E3"], "", ""),
        ("e4_a_space_is_decoded", &["E4"], "/a%20b", "/a b"),
        (
            "e4_decoding_happens_once",
            &["E4"],
            "/a%252Fb%2541",
            "/a%2Fb%41",
        ),
        (
            "e4_an_encoded_slash_is_decoded",
            &["E4"],
            "/a%2Fb%2fc",
            "/a/b/c",
        ),
        (
            "e4_bytes_that_are_not_utf8_survive",
            &["E4"],
            "/%FF%fe%80",
            r"/\xff\xfe\x80",
        ),
        (
            "e4_utf8_is_kept_byte_for_byte",
            &["E4"],
            "/caf%C3%A9",
            r"/caf\xc3\xa9",
        ),
        ("e4_malformed_escapes_stay", &["E4"], "/%zz%4/%", "/%zz%4/%"),
        ("e4_half_an_escape_is_data", &["E4"], "/%%41%4%41", "/%A%4A"),
        ("e4_a_plus_is_a_plus", &["E4"], "/a+b%2Bc", "/a+b+c"),
        ("e4_a_null_byte_is_data", &["E4"], "/a%00b", r"/a\x00b"),
        (
            "e4_an_encoded_line_end_is_data",
            &["E4"],
            "/a%0D%0Ab",
            r"/a\r\nb",
        ),
        (
            "e4_an_encoded_question_mark_is_data",
            &["E4", "E7"],
            "/a%3Fb",
            "/a?b",
        ),
        (
            "e6_repeated_slashes_are_kept",
            &["E6"],
            "/a//b///c",
            "/a//b///c",
        ),
        ("e6_slashes_at_the_start_are_kept", &["E6"], "//a", "//a"),
        (
            "e6_dot_segments_are_kept",
            &["E6"],
            "/a/./b/../c",
            "/a/./b/../c",
        ),
        ("e6_dots_at_the_end_are_kept", &["E6"], "/a/..", "/a/.."),
        (
            "e6_encoded_dots_are_kept",
            &["E6"],
            "/a/%2e%2E/c",
            "/a/../c",
        ),
        (
            "e6_parameters_are_kept",
            &["E6"],
            "/a;x=1;y/b;z",
            "/a;x=1;y/b;z",
        ),
        ("e6_a_slash_at_the_end_is_kept", &["E6"], "/a/", "/a/"),
        ("e6_slashes_at_the_end_are_kept", &["E6"], "/a//", "/a//"),
        (
            "e6_marks_of_a_path_are_kept",
            &["E6"],
            "/!$&'()*,=:@~_-.",
            r"/!$&\'()*,=:@~_-.",
        ),
    ];
    ROWS.iter().map(|&(name, clauses, sent, seen)| {
        Case::new(name, clauses)
            .app(report)
            .sees(move |client: Client| async move {
                let vars = client.environ(client.request("GET", sent)).await?;
                if clauses.contains(&"E3") {
                    vars.is("SCRIPT_NAME", client.prefix())?;
                }
                // The suite's app is at the mount point, so the name of the case is part of
                // PATH_INFO.
                vars.is("PATH_INFO", &format!("/{name}{seen}"))?
                    .is("raw_path_info", &format!("/{name}{sent}"))?;
                Ok(())
            })
    })
}

fn request_uris() -> Vec<Case> {
    type Row = (&'static str, &'static [&'static str], &'static str);
    const ROWS: &[Row] = &[
        (
            "e5_the_target_is_not_decoded",
            &["E5"],
            "/a%2Fb%20c%zz?q=%41+%zz",
        ),
        ("e5_a_bare_question_mark_is_kept", &["E5"], "/a?"),
        (
            "e5_the_target_is_kept_with_its_dots",
            &["E5", "E6"],
            "/./a/../b//c?x",
        ),
    ];
    let mut cases: Vec<Case> = ROWS
        .iter()
        .map(|&(name, clauses, sent)| {
            Case::new(name, clauses)
                .app(report)
                .sees(move |client: Client| async move {
                    let vars = client.environ(client.request("GET", sent)).await?;
                    vars.is("REQUEST_URI", &client.path(sent))?;
                    Ok(())
                })
        })
        .collect();
    cases.push(
        Case::new("e5_a_mount_does_not_change_the_target", &["E5", "E3"])
            .serves(Mount::new().at("/e5_a_mount_does_not_change_the_target/in", report))
            .sees(async |client: Client| {
                let vars = client.environ(client.request("GET", "/in/a%20b?q")).await?;
                vars.is("REQUEST_URI", &client.path("/in/a%20b?q"))?
                    .is("PATH_INFO", "/a b")?;
                Ok(())
            }),
    );
    cases.push(
        Case::new("e5_an_absolute_target_is_kept_whole", &["E5", "E3"])
            .only(&[Via::Http1, Via::InProcess])
            .app(report)
            .sees(async |client: Client| {
                let target = format!("http://{}{}", client.address(), client.path("/a%20b?q=1"));
                let vars = client.environ(client.request_to("GET", &target)).await?;
                vars.is("REQUEST_URI", &target)?
                    .is("PATH_INFO", "/e5_an_absolute_target_is_kept_whole/a b")?
                    .is("QUERY_STRING", "q=1")?;
                Ok(())
            }),
    );
    cases.push(
        Case::new("e5_a_long_target_is_kept", &["E5", "E3"])
            .app(report)
            .sees(async |client: Client| {
                let long = format!("/{}?{}", "a%41".repeat(700), "q=1&".repeat(300));
                let vars = client.environ(client.request("GET", &long)).await?;
                vars.is("REQUEST_URI", &client.path(&long))?;
                Ok(())
            }),
    );
    cases
}

fn query_strings() -> impl Iterator<Item = Case> {
    type Row = (&'static str, &'static str, &'static str);
    const ROWS: &[Row] = &[
        ("e7_without_a_query_it_is_empty", "/", ""),
        ("e7_a_bare_question_mark_is_an_empty_query", "/?", ""),
        (
            "e7_a_query_is_not_decoded",
            "/?a=%20+%26&b=%zz",
            "a=%20+%26&b=%zz",
        ),
        ("e7_a_query_may_hold_question_marks", "/?a?b=c?", "a?b=c?"),
        ("e7_a_query_may_hold_slashes", "/?a/../b//c", "a/../b//c"),
        (
            "e7_repeated_keys_are_kept_in_order",
            "/?b=2&a=1&b=1&&",
            "b=2&a=1&b=1&&",
        ),
    ];
    ROWS.iter().map(|&(name, sent, seen)| {
        Case::new(name, &["E7"])
            .app(report)
            .sees(move |client: Client| async move {
                let vars = client.environ(client.request("GET", sent)).await?;
                vars.is("QUERY_STRING", seen)?;
                Ok(())
            })
    })
}

fn mounts() -> Vec<Case> {
    vec![
        Case::new("e2_script_name_is_where_the_app_is_mounted", &["E2", "E3"])
            .app(report)
            .sees(async |client: Client| {
                let vars = client.environ(client.request("GET", "/a")).await?;
                vars.is("SCRIPT_NAME", client.prefix())?;
                equal(
                    "SCRIPT_NAME ends in a slash",
                    client.prefix().ends_with('/'),
                    false,
                )
            }),
        Case::new(
            "e2_script_name_has_no_slash_at_its_end",
            &["E2", "E3", "E6"],
        )
        .serves(Mount::new().at("/e2_script_name_has_no_slash_at_its_end/", report))
        .sees(async |client: Client| {
            for (sent, path_info) in [("", ""), ("/", "/"), ("//", "//"), ("/a", "/a")] {
                let vars = client.environ(client.request("GET", sent)).await?;
                vars.is("SCRIPT_NAME", &client.path(""))?
                    .is("PATH_INFO", path_info)?;
            }
            Ok(())
        }),
        Case::new("e3_a_mount_matches_whole_segments", &["E3"])
            .serves(Mount::new().at("/e3_a_mount_matches_whole_segments/ap", report))
            .sees(async |client: Client| {
                client.get("/apple").await?.status(404)?;
                client.get("/a").await?.status(404)?;
                let vars = client.environ(client.request("GET", "/ap/ple")).await?;
                vars.is("SCRIPT_NAME", &client.path("/ap"))?
                    .is("PATH_INFO", "/ple")?;
                Ok(())
            }),
        Case::new("e3_a_mount_is_found_in_an_encoded_path", &["E3", "E4"])
            .serves(Mount::new().at("/e3_a_mount_is_found_in_an_encoded_path/a b", report))
            .sees(async |client: Client| {
                let vars = client
                    .environ(client.request("GET", "/%61%20b/c%2Fd"))
                    .await?;
                vars.is("SCRIPT_NAME", &client.path("/a b"))?
                    .is("PATH_INFO", "/c/d")?
                    .is("raw_path_info", "/c%2Fd")?;
                Ok(())
            }),
        Case::new("e3_an_encoded_slash_matches_no_mount", &["E3", "E4"])
            .serves(Mount::new().at("/e3_an_encoded_slash_matches_no_mount/a/b", report))
            .sees(async |client: Client| {
                client.get("/a%2Fb/c").await?.status(404)?;
                client.get("/a/b/c").await?.status(200)?;
                Ok(())
            }),
        Case::new("e3_the_longest_mount_wins", &["E3"])
            .serves(
                Mount::new()
                    .at("/e3_the_longest_mount_wins", report)
                    .at("/e3_the_longest_mount_wins/a/b", report)
                    .at("/e3_the_longest_mount_wins/a", report),
            )
            .sees(async |client: Client| {
                for (sent, below) in [("/a/b/c", "/a/b"), ("/a/c", "/a"), ("/c", "")] {
                    let vars = client.environ(client.request("GET", sent)).await?;
                    vars.is("SCRIPT_NAME", &client.path(below))?
                        .is("PATH_INFO", "/c")?;
                }
                Ok(())
            }),
        Case::new("e3_mounts_in_mounts_add_up", &["E3", "E2", "E6"])
            .serves(Mount::new().at(
                "/e3_mounts_in_mounts_add_up",
                Mount::new().at("/a", Mount::new().at("/b", report)).boxed(),
            ))
            .sees(async |client: Client| {
                let vars = client.environ(client.request("GET", "/a/b//c/")).await?;
                vars.is("SCRIPT_NAME", &client.path("/a/b"))?
                    .is("PATH_INFO", "//c/")?;
                Ok(())
            }),
    ]
}
