//! Instructions of 100 requests or dispatches: `cargo bench -p gateway-bench --bench instructions`.
//!
//! Needs valgrind and `cargo install gungraun-runner` in the version of `gungraun`. It shows what
//! changed since the last run. Setting up and warming up are not counted, and
//! everything that is counted runs in this thread: gungraun counts one function.

#![expect(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark that fails ends; the macros of gungraun make public items"
)]

use gateway_bench::Stack::{Actix, Axum, Bridge, Hyper};
use gateway_bench::Variant::{Gateway, Native};
use gateway_bench::Work::{
    Lint, Lookup, Middleware10, MiddlewareHeader, Observer, Plaintext, ReadHeaders,
};
use gateway_bench::{Site, Stack, Target, Variant, Wire, Work};
use gungraun::{library_benchmark, library_benchmark_group, main};

const REQUESTS: usize = 100;

fn wire(stack: Stack, variant: Variant, work: Work) -> Wire {
    Wire::new(&Target::new(stack, variant, work), work.request(0)).unwrap()
}

#[library_benchmark(setup = wire)]
#[benches::hyper(
    (Hyper, Native, Plaintext),
    (Hyper, Gateway, Plaintext),
    (Hyper, Native, ReadHeaders),
    (Hyper, Gateway, ReadHeaders),
    (Hyper, Native, Lookup),
    (Hyper, Gateway, Lookup),
    (Hyper, Native, Middleware10),
    (Hyper, Gateway, Middleware10),
    (Hyper, Gateway, MiddlewareHeader),
    (Hyper, Gateway, Observer),
    (Hyper, Gateway, Lint),
)]
#[benches::axum(
    (Axum, Native, Plaintext),
    (Axum, Gateway, Plaintext),
    (Axum, Native, ReadHeaders),
    (Axum, Gateway, ReadHeaders),
)]
#[benches::actix(
    (Actix, Native, Plaintext),
    (Actix, Gateway, Plaintext),
    (Actix, Native, ReadHeaders),
    (Actix, Gateway, ReadHeaders),
)]
#[benches::bridge(
    (Bridge, Native, Plaintext),
    (Bridge, Gateway, Plaintext),
)]
fn requests(mut wire: Wire) -> Wire {
    wire.run(REQUESTS).unwrap();
    // Given back: its end is not counted.
    wire
}

#[library_benchmark(setup = Site::new)]
#[benches::mounts(1, 10, 100, 1000)]
fn dispatch(mut site: Site) -> Site {
    site.run(REQUESTS);
    site
}

library_benchmark_group!(name = all, benchmarks = [requests, dispatch]);
main!(library_benchmark_groups = all);
