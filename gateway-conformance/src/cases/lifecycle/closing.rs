//! Cases of L1 and L2: closing a body, and its callbacks.

use gateway_core::{App, AppExt as _, Body, Environ, Error, StartResponse, app_fn};
use http::HeaderValue;
use http::header::CONTENT_ENCODING;

use crate::capability::Capability;
use crate::case::{Case, Draft};
use crate::cases::sources::{endless, fails_after, panics_after, pieces, silent, watched};
use crate::check::{Look as _, ensure, equal};
use crate::client::Client;
use crate::facts::Run;

const TEXT: [(&str, &str); 1] = [("content-type", "text/plain")];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = closing();
    cases.extend(callbacks());
    cases
}

/// An app with a watched body, for every way to end; `method` is what the client sends.
fn closes(case: Draft<()>, method: &'static str, status: u16, body: fn() -> Body) -> Case {
    case.app(
        move |environ: Environ, start_response: StartResponse| async move {
            start_response.start(status, TEXT)?;
            Ok(watched(&Run::of(&environ), body()))
        },
    )
    .sees(move |client: Client| async move {
        // Other cases check what the client sees.
        client.send_whatever(client.request(method, "/")).await?;
        client.closed_once().await
    })
}

/// A case whose response is aborted.
fn aborts(name: &'static str, clauses: &'static [&'static str]) -> Draft<()> {
    Case::new(name, clauses).needs(Capability::AbortedResponses)
}

fn closing() -> Vec<Case> {
    vec![
        closes(
            Case::new("l1_a_stream_is_closed_at_its_end", &["L1"]),
            "GET",
            200,
            || pieces(["a", "b"]),
        ),
        closes(
            Case::new("l1_bytes_are_closed", &["L1"]),
            "GET",
            200,
            || Body::from("bytes"),
        ),
        closes(
            Case::new("l1_an_empty_body_is_closed", &["L1"]),
            "GET",
            200,
            || pieces([]),
        ),
        closes(
            Case::new("l1_a_body_that_fails_first_is_closed", &["L1", "B1"]),
            "GET",
            200,
            || fails_after([]),
        ),
        closes(
            aborts("l1_a_body_that_fails_late_is_closed", &["L1", "B8"]),
            "GET",
            200,
            || fails_after(["a"]),
        ),
        closes(
            aborts("l1_a_body_that_panics_is_closed", &["L1", "B9"]),
            "GET",
            200,
            || panics_after(["a"]),
        ),
        closes(
            Case::new("l1_the_body_of_head_is_closed", &["L1", "B6"]),
            "HEAD",
            200,
            endless,
        ),
        closes(
            Case::new("l1_the_body_of_a_204_is_closed", &["L1", "B7"]),
            "GET",
            204,
            silent,
        ),
        closes(
            Case::new("l1_the_body_of_a_304_is_closed", &["L1", "B7"]),
            "GET",
            304,
            endless,
        ),
        Case::new(
            "l1_the_body_of_a_refused_start_is_closed",
            &["L1", "S1", "S5"],
        )
        .app(async |environ: Environ, start_response: StartResponse| {
            // The error is ignored, so that the body is returned.
            let _ = start_response.start(99, TEXT);
            Ok(watched(&Run::of(&environ), endless()))
        })
        .sees(async |client: Client| {
            client.get("/").await?.status(500)?;
            client.closed_once().await
        }),
        Case::new("l1_a_body_with_no_start_is_closed", &["L1", "S3"])
            .app(async |environ: Environ, _: StartResponse| {
                Ok(watched(&Run::of(&environ), pieces(["refused"])))
            })
            .sees(async |client: Client| {
                client.get("/").await?.status(500)?;
                client.closed_once().await
            }),
        Case::new("l1_what_a_failed_app_held_is_dropped", &["L1", "B1"])
            .app(async |environ: Environ, start_response: StartResponse| {
                start_response.start(200, TEXT)?;
                let _body = watched(&Run::of(&environ), silent());
                Err(Error::msg("private"))
            })
            .sees(async |client: Client| {
                client.get("/").await?.status(500)?;
                client.closed_once().await
            }),
    ]
}

/// A body with three callbacks, the second of which panics if it is told to.
fn with_callbacks(run: &Run, body: Body, panics: bool) -> Body {
    let (first, second, third) = (run.clone(), run.clone(), run.clone());
    body.on_close(move || first.note("first"))
        .on_close(move || {
            second.note("second");
            #[expect(clippy::panic, reason = "L2: callbacks panic")]
            if panics {
                panic!("a panic that the case asks for");
            }
        })
        .on_close(move || third.note("third"))
}

fn callbacks() -> Vec<Case> {
    let calls = |case: Draft<()>, method: &'static str, panics, body: fn(Run) -> Body| {
        case.app(
            move |environ: Environ, start_response: StartResponse| async move {
                start_response.start(200, TEXT)?;
                let run = Run::of(&environ);
                Ok(with_callbacks(&run, body(run.clone()), panics))
            },
        )
        .sees(move |client: Client| async move {
            if let Some(response) = client.send_whatever(client.request(method, "/")).await? {
                response.status(200)?;
            }
            client.wait("third").await?;
            let facts = client.facts().await?;
            let called: Vec<&str> = facts
                .iter()
                .map(String::as_str)
                .filter(|fact| *fact != "produced")
                .collect();
            equal("the callbacks", called, vec!["first", "second", "third"])
        })
    };
    vec![
        calls(
            Case::new("l2_callbacks_run_in_order", &["L2"]),
            "GET",
            false,
            |_| pieces(["a", "b"]),
        ),
        calls(
            Case::new("l2_callbacks_of_bytes_run", &["L2"]),
            "GET",
            false,
            |_| Body::from("bytes"),
        ),
        calls(
            Case::new("l2_a_callback_that_panics_stops_no_other", &["L2"]),
            "GET",
            true,
            |_| pieces(["a", "b"]),
        ),
        calls(
            Case::new("l2_callbacks_of_head_run", &["L2", "B6"]),
            "HEAD",
            false,
            |_| endless(),
        ),
        calls(
            aborts("l2_callbacks_of_a_failed_body_run", &["L2"]),
            "GET",
            false,
            |_| fails_after(["a"]),
        ),
        Case::new("l2_callbacks_of_a_compressed_body_run", &["L2", "B4"])
            .serves(Compresses(app_fn(
                async |environ: Environ, start: StartResponse| {
                    start.start(200, TEXT)?;
                    let run = Run::of(&environ);
                    Ok(with_callbacks(&run, pieces(["aaaa", "bb", "bb"]), false))
                },
            )))
            .sees(async |client: Client| {
                let response = client.get("/").await?;
                response
                    .body("4a4b")?
                    .field("content-length", "4")?
                    .field("content-encoding", "x-runs")?;
                client.wait("third").await?;
                let facts = ["compressed", "first", "second", "third"];
                equal("what the app noted", client.facts().await?, facts)
            }),
        Case::new("l2_callbacks_run_after_the_last_byte", &["L2", "B3"])
            .needs(Capability::StreamedResponses)
            .app(async |environ: Environ, start_response: StartResponse| {
                start_response.start(200, TEXT)?;
                let run = Run::of(&environ);
                let producer = run.clone();
                let body = Body::from_producer(async move |mut writer| {
                    writer.write("a").await?;
                    producer.note("wrote a");
                    producer.wait("go").await;
                    writer.write("b").await?;
                    producer.note("wrote b");
                    Ok(())
                });
                Ok(with_callbacks(&run, body, false))
            })
            .sees(async |client: Client| {
                let mut open = client.open(client.request("GET", "/")).await?;
                open.head().await?;
                equal("the chunk", open.chunk().await?, Some("a".into()))?;
                let early = client.facts().await?;
                ensure(
                    !early.iter().any(|fact| fact == "first"),
                    "a callback ran before the last byte",
                )?;
                client.note("go").await?;
                open.finish().await?.body("ab")?;
                client.wait("third").await?;
                let mut seen = client.facts().await?;
                // The client's own note. In process the producer may learn later that `a` was
                // taken.
                seen.retain(|fact| fact != "go");
                let facts = ["wrote a", "wrote b", "first", "second", "third"];
                equal("what the app noted", seen, facts)
            }),
    ]
}

/// A middleware that reads the body whole, and sends how often each byte follows itself.
struct Compresses<A>(A);

impl<A: App> App for Compresses<A> {
    async fn call(&self, environ: Environ, start: StartResponse) -> Result<Body, Error> {
        let run = Run::of(&environ);
        let (mut parts, body) = self.0.respond(environ).await?.into_parts();
        let body = body.buffer(1 << 20).await?;
        let bytes = body.buffered().unwrap_or_default();
        let runs = bytes.chunk_by(|a, b| a == b);
        let runs: String = runs
            .flat_map(|run| Some(format!("{}{}", run.len(), char::from(*run.first()?))))
            .collect();
        run.note("compressed");
        let encoding = HeaderValue::from_static("x-runs");
        parts.headers.insert(CONTENT_ENCODING, encoding);
        start.send(http::Response::from_parts(parts, body.with_bytes(runs)))
    }

    gateway_core::forward_lifespan!(0);
}
