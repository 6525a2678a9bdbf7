//! M1: the check of middlewares passes what is transparent, and finds what is not.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gateway_conformance::clauses::clauses;
use gateway_conformance::{CaseOutcome, MiddlewareCheck, check_middleware};
use gateway_core::lint::{Findings, Lint};
use gateway_core::{App, AppExt as _, Body, Environ, Error, StartResponse, Upgrade};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

#[tokio::test]
async fn m1_the_wrappers_of_the_core_are_transparent() {
    check_middleware(|app| app).await.assert_passed();
    check_middleware(Arc::new).await.assert_passed();
    check_middleware(|app| app.boxed()).await.assert_passed();
    check_middleware(|app| Arc::new(app).boxed())
        .await
        .assert_passed();
    let findings = Findings::new();
    let lint = check_middleware(|app| Lint::new(app).on_finding(&findings));
    lint.await.assert_passed();
    assert!(!findings.take().is_empty(), "the lint was not there");
}

#[tokio::test]
async fn every_check_is_named_after_a_clause_of_its_own() {
    let report = check_middleware(|app| app).await;
    let mut names = BTreeSet::new();
    for row in report.rows() {
        assert!(names.insert(row.name), "{} is there twice", row.name);
        let first = row.name.split('_').next().unwrap_or_default();
        assert!(
            row.clauses.contains(&&*first.to_uppercase()),
            "{}",
            row.name
        );
        for clause in row.clauses {
            assert!(
                clauses().any(|known| known.id == *clause),
                "{}: {clause}",
                row.name
            );
        }
    }
    // A check that is added or taken away is counted here, so that none is lost unseen.
    assert_eq!(names.len(), 53);
}

/// Collects the body, as the specification says that a middleware must not.
struct Collects<A>(A);

impl<A: App> App for Collects<A> {
    async fn call(&self, environ: Environ, start: StartResponse) -> Result<Body, Error> {
        let (parts, body) = self.0.respond(environ).await?.into_parts();
        start.start(parts.status, parts.headers)?;
        Ok(Body::from(body.bytes().await?))
    }

    gateway_core::forward_lifespan!(0);
}

#[tokio::test]
async fn a_middleware_that_collects_bodies_is_found() {
    // An early commit waits for a client that waits for the head.
    let check = MiddlewareCheck::new().deadline(Duration::from_millis(200));
    let report = check.run(Collects).await;
    for name in [
        "b1_an_early_commit_of_the_body_passes",
        "b1_an_early_commit_of_the_handle_passes",
        "b4_a_stream_keeps_the_length_that_it_knows",
        "b10_chunks_pass_untouched",
        "b11_trailers_pass",
        "b6_head_of_a_stream_does_not_wait",
        "s7_a_wish_to_close_passes",
        "u13_a_switch_passes",
    ] {
        assert!(report.failures().contains(&name), "{name}\n{report}");
    }
}

/// Loses what others have put into the request.
struct Forgets<A>(A);

impl<A: App> App for Forgets<A> {
    async fn call(&self, mut environ: Environ, start: StartResponse) -> Result<Body, Error> {
        environ.extensions_mut().clear();
        self.0.call(environ, start).await
    }

    gateway_core::forward_lifespan!(0);
}

/// Makes one line of the Set-Cookie lines.
struct Joins<A>(A);

impl<A: App> App for Joins<A> {
    async fn call(&self, environ: Environ, start: StartResponse) -> Result<Body, Error> {
        let start = start.wrap(|_, headers| {
            let cookies: Vec<String> = headers
                .get_all("set-cookie")
                .iter()
                .filter_map(|value| value.to_str().ok().map(str::to_owned))
                .collect();
            if let Ok(joined) = cookies.join(", ").parse()
                && cookies.len() > 1
            {
                headers.insert("set-cookie", joined);
            }
        });
        self.0.call(environ, start).await
    }

    gateway_core::forward_lifespan!(0);
}

/// Loses what a server tells its app beside requests.
struct Silences<A>(A);

impl<A: App> App for Silences<A> {
    async fn call(&self, environ: Environ, start: StartResponse) -> Result<Body, Error> {
        self.0.call(environ, start).await
    }
}

#[tokio::test]
async fn what_a_middleware_loses_is_named() {
    let silences = check_middleware(Silences).await;
    assert_eq!(
        silences.failures(),
        ["l11_startup_and_shutdown_pass"],
        "{silences}"
    );
    let forgets = check_middleware(Forgets).await;
    assert_eq!(
        forgets.failures(),
        ["e15_extensions_and_variables_pass"],
        "{forgets}"
    );
    let joins = check_middleware(Joins).await;
    assert_eq!(
        joins.failures(),
        ["s8_repeated_fields_stay_apart_and_in_order"],
        "{joins}"
    );
}

/// Puts a page of its own in the place of each body that is no page.
struct Replaces<A>(A);

impl<A: App> App for Replaces<A> {
    async fn call(&self, environ: Environ, start: StartResponse) -> Result<Body, Error> {
        let body = self.0.call(environ, start).await?;
        Ok(match body.upgrade_protocol() {
            Some(_) => body.with_bytes("a page"),
            None => body,
        })
    }

    gateway_core::forward_lifespan!(0);
}

/// Lets nothing be switched.
struct Withdraws<A>(A);

impl<A: App> App for Withdraws<A> {
    async fn call(&self, mut environ: Environ, start: StartResponse) -> Result<Body, Error> {
        environ.withdraw_upgrades();
        self.0.call(environ, start).await
    }

    gateway_core::forward_lifespan!(0);
}

/// Runs the switch in a task, so that the exchange does not wait for it.
struct Detaches<A>(A);

impl<A: App> App for Detaches<A> {
    async fn call(&self, environ: Environ, start: StartResponse) -> Result<Body, Error> {
        let body = self.0.call(environ, start).await?;
        let upgrade = match Upgrade::from_body(body) {
            Ok(upgrade) => upgrade,
            Err(body) => return Ok(body),
        };
        let protocol = upgrade.protocol().to_owned();
        Ok(Body::upgrade(protocol, async move |stream| {
            tokio::spawn(upgrade.run(stream));
            Ok(())
        }))
    }

    gateway_core::forward_lifespan!(0);
}

#[tokio::test]
async fn u13_a_middleware_that_touches_a_switch_is_found() {
    let switched = [
        "u13_a_switch_of_a_view_passes",
        "u13_a_switch_passes",
        "u14_callbacks_of_a_switch_wait_for_its_end",
        "u9_a_switch_that_fails_aborts",
    ];
    let replaces = check_middleware(Replaces).await;
    assert_eq!(replaces.failures(), switched, "{replaces}");
    let withdraws = check_middleware(Withdraws).await;
    let all = [&switched[..], &["u2_offers_pass"]].concat();
    let mut all: Vec<_> = all;
    all.sort_unstable();
    assert_eq!(withdraws.failures(), all, "{withdraws}");
    let detaches = check_middleware(Detaches).await;
    let late = "u9_a_switch_that_fails_aborts";
    assert!(detaches.failures().contains(&late), "{detaches}");
}

/// Keeps its thread forever.
struct Keeps;

impl App for Keeps {
    async fn call(&self, _: Environ, _: StartResponse) -> Result<Body, Error> {
        loop {
            std::thread::park();
        }
    }

    async fn startup(&self) -> Result<(), Error> {
        loop {
            std::thread::park();
        }
    }
}

#[tokio::test]
async fn a_middleware_that_neither_ends_nor_waits_is_given_up() {
    let check = MiddlewareCheck::new().deadline(Duration::from_millis(5));
    let report = check.run(|_| Keeps).await;
    assert_eq!(report.failed(), report.rows().len(), "{report}");
    for row in report.rows() {
        let CaseOutcome::Failed(message) = &row.outcome else {
            panic!("{report}");
        };
        assert!(message.starts_with("given up after "), "{message}");
    }
}

/// What a middleware that reads whole bodies may get wrong.
#[derive(Clone, Copy, PartialEq)]
enum Wrong {
    Nothing,
    /// It makes a new body of the bytes.
    Trailers,
    /// It runs the callbacks before the bytes are sent.
    Callbacks,
    /// It lets an early commit wait.
    Commit,
    /// It adds a byte.
    Bytes,
}

/// Reads whole bodies.
struct Buffers<A>(A, Wrong);

impl<A: App> App for Buffers<A> {
    async fn call(&self, environ: Environ, start: StartResponse) -> Result<Body, Error> {
        if environ.request_method() == Method::HEAD {
            return self.0.call(environ, start).await;
        }
        let (parts, mut body) = self.0.respond(environ).await?.into_parts();
        let waits = self.1 == Wrong::Commit || !body.commits_early();
        if waits && body.upgrade_protocol().is_none() {
            body = body.buffer(1 << 20).await?;
            let bytes = body.buffered().unwrap_or_default();
            body = match self.1 {
                // The callbacks stay, and the trailers do not.
                Wrong::Trailers => Body::from(bytes).on_close(move || drop(body)),
                Wrong::Callbacks => {
                    drop(body);
                    Body::from(bytes)
                }
                Wrong::Bytes => body.with_bytes([&bytes[..], b"!"].concat()),
                _ => body,
            };
        }
        start.send(http::Response::from_parts(parts, body))
    }

    gateway_core::forward_lifespan!(0);
}

#[tokio::test]
async fn a_middleware_that_buffers_keeps_trailers_callbacks_and_early_commits() {
    let check = MiddlewareCheck::new().buffers();
    let right = check.run(|app| Buffers(app, Wrong::Nothing)).await;
    right.assert_passed();
    let excused = right.rows().iter();
    let excused = excused.filter(|row| matches!(row.outcome, CaseOutcome::Excused(_)));
    let excused: Vec<_> = excused.map(|row| row.name).collect();
    // What is excused is what it cannot pass, and all of it has to be a check.
    assert_eq!(
        excused,
        [
            "s2_a_restart_after_commit_aborts",
            "l1_a_body_that_is_not_read_is_closed",
            "l1_a_body_that_is_half_read_is_closed",
            "b8_a_body_that_fails_late_aborts",
            "b9_a_body_that_panics_late_aborts",
        ]
    );

    let loses = check.run(|app| Buffers(app, Wrong::Trailers)).await;
    for name in ["b11_trailers_pass", "b11_trailers_without_content_pass"] {
        assert!(loses.failures().contains(&name), "{name}\n{loses}");
    }
    let early = check.run(|app| Buffers(app, Wrong::Callbacks)).await;
    for name in [
        "b10_chunks_pass_untouched",
        "b11_trailers_pass",
        "l2_callbacks_run_in_order_after_the_last_byte",
    ] {
        assert!(early.failures().contains(&name), "{name}\n{early}");
    }
    let changes = check.run(|app| Buffers(app, Wrong::Bytes)).await;
    for name in ["b4_bytes_keep_their_length", "b10_chunks_pass_untouched"] {
        assert!(changes.failures().contains(&name), "{name}\n{changes}");
    }
    let check = check.deadline(Duration::from_millis(200));
    let waits = check.run(|app| Buffers(app, Wrong::Commit)).await;
    for name in [
        "b1_an_early_commit_of_the_body_passes",
        "b1_an_early_commit_of_the_handle_passes",
    ] {
        assert!(waits.failures().contains(&name), "{name}\n{waits}");
    }
}

/// What is done with the length of HEAD.
#[derive(Clone, Copy)]
enum Length {
    /// As the app says it.
    Kept,
    /// A declared one is kept.
    Unknown,
    Removed,
}

/// Sends everything twice.
struct Doubles<A>(A, Length);

impl<A: App> App for Doubles<A> {
    async fn call(&self, environ: Environ, start: StartResponse) -> Result<Body, Error> {
        if environ.request_method() == Method::HEAD {
            let start = match self.1 {
                Length::Removed => start.wrap(|_, headers| {
                    headers.remove(http::header::CONTENT_LENGTH);
                }),
                Length::Kept | Length::Unknown => start,
            };
            let body = self.0.call(environ, start).await?;
            return Ok(match self.1 {
                Length::Kept => body,
                Length::Unknown | Length::Removed => body.without_length(),
            });
        }
        let (mut parts, mut body) = self.0.respond(environ).await?.into_parts();
        if !body.commits_early() && body.upgrade_protocol().is_none() {
            let buffered = body.buffer(1 << 20).await?;
            let doubled = buffered.buffered().unwrap_or_default().repeat(2);
            body = buffered.with_bytes(doubled);
            parts.headers.remove(http::header::CONTENT_LENGTH);
            parts
                .headers
                .insert(DOUBLED, HeaderValue::from_static("yes"));
        }
        start.send(http::Response::from_parts(parts, body))
    }

    gateway_core::forward_lifespan!(0);
}

const DOUBLED: HeaderName = HeaderName::from_static("x-doubled");

/// The other way round.
fn halve(headers: &HeaderMap, data: Bytes) -> Bytes {
    match headers.get(DOUBLED) {
        Some(_) => data.slice(..data.len() / 2),
        None => data,
    }
}

#[tokio::test]
async fn m1_a_middleware_that_changes_bytes_is_checked_by_what_they_decode_to() {
    let check = MiddlewareCheck::new().buffers().adds(DOUBLED);
    let check = check.decodes(halve);
    for length in [Length::Kept, Length::Unknown] {
        // A true fault: HEAD has the length of half of it.
        let report = check.run(|app| Doubles(app, length)).await;
        let fault = "b6_head_says_the_length_of_get_or_none";
        assert_eq!(report.failures(), [fault], "{report}");
    }
    let right = check.run(|app| Doubles(app, Length::Removed));
    right.await.assert_passed();

    // Without the decoder the bytes differ.
    let plain = MiddlewareCheck::new().buffers().adds(DOUBLED);
    let report = plain.run(|app| Doubles(app, Length::Removed)).await;
    assert!(report.failures().contains(&"b4_bytes_keep_their_length"));

    // What an earlier run has changed counts for nothing.
    assert!(!check.run(|app| app).await.has_passed());

    // Callbacks that are lost are found as ever.
    let check = MiddlewareCheck::new().buffers().decodes(|_, data| data);
    let check = check.deadline(Duration::from_millis(200));
    let report = check.run(Collects).await;
    assert!(report.failures().contains(&"b11_trailers_pass"), "{report}");
}

#[tokio::test]
async fn m1_a_middleware_that_has_changed_nothing_was_not_checked() {
    let report = MiddlewareCheck::new().decodes(halve).run(|app| app).await;
    assert!(report.failures().is_empty(), "{report}");
    assert!(!report.has_passed(), "{report}");
    assert!(report.to_string().contains("changed the bytes of no body"));
}
