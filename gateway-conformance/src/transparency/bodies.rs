//! Checks of the body: length, trailers, closing and its callbacks, bodies that are not sent.

use gateway_core::{Body, BoxApp};
use http::Method;

use super::check::{Check, Probe, Reading, TEXT, app, status, three_callbacks, trailers};
use crate::cases::sources::endless;

/// Why a middleware that reads whole bodies cannot pass the check of this name.
pub(super) fn why_not_buffered(name: &str) -> Option<&'static str> {
    match name {
        "s2_a_restart_after_commit_aborts"
        | "b8_a_body_that_fails_late_aborts"
        | "b9_a_body_that_panics_late_aborts" => {
            Some("the middleware buffers: a late error comes before the head")
        }
        "l1_a_body_that_is_not_read_is_closed" | "l1_a_body_that_is_half_read_is_closed" => {
            Some("the middleware buffers: it can send no body without an end")
        }
        _ => None,
    }
}

/// Responds with 16 KiB of text, which compressors do not leave alone.
pub(super) fn long_text(p: Probe) -> BoxApp {
    app(p, async |p, _, start| {
        start.start(200, TEXT)?;
        Ok(p.closing(Body::from("All work and no play. ".repeat(745))))
    })
}

/// Responds with a text whose length it declares.
pub(super) fn declared_text(p: Probe) -> BoxApp {
    app(p, async |p, _, start| {
        start.start(
            200,
            [("content-type", "text/plain"), ("content-length", "5")],
        )?;
        Ok(p.closing(Body::from_chunks(["he", "llo"])))
    })
}

/// Why a middleware that changes bytes cannot pass the check of this name.
pub(super) fn why_not_decoded(name: &str) -> Option<&'static str> {
    match name {
        "b5_too_few_bytes_are_a_500" | "b5_too_many_bytes_are_cut" => {
            Some("the middleware changes bytes: the length that the app declared is not theirs")
        }
        _ => None,
    }
}

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "b4_bytes_keep_their_length",
        clauses: &["M1", "B4"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |_, _, start| {
                start.start(200, TEXT)?;
                Ok(Body::from("hello"))
            })
        },
    },
    Check {
        name: "b4_nothing_stays_nothing",
        clauses: &["M1", "B4"],
        method: Method::POST,
        reading: Reading::All,
        app: |p| {
            app(p, async |_, _, start| {
                start.start(200, TEXT)?;
                Ok(Body::empty())
            })
        },
    },
    Check {
        name: "b4_a_stream_keeps_the_length_that_it_knows",
        clauses: &["M1", "B4"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                Ok(p.closing(Body::from("hello")))
            })
        },
    },
    Check {
        name: "b5_a_declared_length_is_kept",
        clauses: &["M1", "B5"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(200, [("content-length", "4")])?;
                Ok(p.closing(Body::from_chunks(["ab", "cd"])))
            })
        },
    },
    Check {
        name: "b10_chunks_pass_untouched",
        clauses: &["M1", "B10", "B2", "B3"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                Ok(p.closing(Body::from_chunks(["", "a\r\n\0", "", "b"])))
            })
        },
    },
    Check {
        name: "b10_a_long_text_passes",
        clauses: &["M1", "B10"],
        method: Method::GET,
        reading: Reading::All,
        app: long_text,
    },
    Check {
        name: "b11_trailers_pass",
        clauses: &["M1", "B11"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(200, [("trailer", "x-sum")])?;
                Ok(p.closing(Body::from_producer(async |mut writer| {
                    writer.write("data").await?;
                    writer.trailers(trailers()).await?;
                    Ok(())
                })))
            })
        },
    },
    Check {
        name: "b11_trailers_without_content_pass",
        clauses: &["M1", "B11"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            // Its closing is not compared: behind `respond` its only frame is handed over twice.
            app(p, async |_, _, start| {
                start.start(200, [("trailer", "x-sum")])?;
                Ok(Body::from_producer(async |mut writer| {
                    writer.trailers(trailers()).await.map_err(Into::into)
                }))
            })
        },
    },
    Check {
        name: "b6_head_has_no_body",
        clauses: &["M1", "B6"],
        method: Method::HEAD,
        reading: Reading::All,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                Ok(p.closing(Body::from("hello")))
            })
        },
    },
    Check {
        name: "b6_head_of_a_stream_does_not_wait",
        clauses: &["M1", "B6"],
        method: Method::HEAD,
        reading: Reading::All,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(200, [("content-length", "99")])?;
                Ok(p.closing(Body::from_producer(async |_| std::future::pending().await)))
            })
        },
    },
    Check {
        name: "b7_204_has_no_body",
        clauses: &["M1", "B7"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| status(p, 204),
    },
    Check {
        name: "b7_205_has_no_body",
        clauses: &["M1", "B7"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| status(p, 205),
    },
    Check {
        name: "b7_304_has_no_body",
        clauses: &["M1", "B7"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| status(p, 304),
    },
    Check {
        name: "l1_a_body_that_is_not_read_is_closed",
        clauses: &["M1", "L1", "L3"],
        method: Method::GET,
        reading: Reading::Nothing,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                Ok(p.closing(Body::from_chunks(std::iter::repeat("more"))))
            })
        },
    },
    Check {
        name: "l1_a_body_that_is_half_read_is_closed",
        clauses: &["M1", "L1", "L3"],
        method: Method::GET,
        reading: Reading::OneChunk,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                Ok(p.closing(endless()))
            })
        },
    },
    Check {
        name: "l2_callbacks_run_in_order_after_the_last_byte",
        clauses: &["M1", "L2"],
        method: Method::GET,
        reading: Reading::All,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                Ok(three_callbacks(&p, Body::from_chunks(["a", "b"])))
            })
        },
    },
    Check {
        name: "l2_callbacks_run_where_nothing_is_read",
        clauses: &["M1", "L2"],
        method: Method::GET,
        reading: Reading::Nothing,
        app: |p| {
            app(p, async |p, _, start| {
                start.start(200, TEXT)?;
                Ok(three_callbacks(&p, Body::from_chunks(["a", "b"])))
            })
        },
    },
];
