//! Heap allocations per request, gateway minus native, for each work on each stack.
//!
//! They are those of a warm keep-alive connection, in this thread. `-- --nocapture` prints them.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use gateway_bench::{Stack, Target, Variant, Wire, Work};

const REQUESTS: usize = 500;

/// Of a stream.
const SIZE: usize = 100_000;

/// Of an allocation: once a second the servers render the date, and in each few requests actix makes a
/// new buffer.
const BUFFERS: f64 = 0.4;

/// The most that an app may allocate beside the native handler, on each of [`Stack::ALL`].
const MOST: [(Work, [f64; 4]); 12] = [
    (Work::Plaintext, [-4.0, -10.0, -4.0, 14.0]),
    (Work::ReadHeaders, [-4.0, -10.0, -4.0, 14.0]),
    (Work::Lookup, [-4.0, -10.0, -4.0, 14.0]),
    (Work::Json, [-4.0, -10.0, -4.0, 14.0]),
    (Work::Cookies, [-3.0, -9.0, -2.0, 16.0]),
    (Work::Echo, [-4.0, -11.0, -4.0, 18.0]),
    // An error, in its box and in that of what a view fails with; the native handlers answer a constant.
    (Work::NotFound, [-2.0, -8.0, -2.0, 14.0]),
    (Work::Middleware1, [-4.0, -17.0, -5.0, 14.0]),
    (Work::Middleware5, [-4.0, -65.0, -9.0, 14.0]),
    (Work::Middleware10, [-4.0, -170.0, -14.0, 14.0]),
    (Work::Download, [-2.0, -9.0, 1.0, 13.0]),
    (Work::Upload, [-3.0, -9.0, -2.0, 22.0]),
];

fn count(stack: Stack, variant: Variant, work: Work) -> f64 {
    let target = Target::new(stack, variant, work);
    let mut wire = Wire::new(&target, work.request(SIZE)).unwrap();
    let counted = allocation_counter::measure(|| wire.run(REQUESTS).unwrap());
    let count = counted.count_total as f64 / REQUESTS as f64;
    println!("allocations\t{stack}\t{work}\t{variant}\t{count:.0}");
    count
}

#[test]
fn an_app_allocates_no_more_beside_the_native_handler_than_is_known() {
    let mut over = Vec::new();
    for (work, most) in MOST {
        for (stack, most) in Stack::ALL.into_iter().zip(most) {
            let native = count(stack, Variant::Native, work);
            let gateway = count(stack, Variant::Gateway, work);
            // It measures something.
            assert!(native >= 1.0, "{work} on {stack}");
            if gateway - native > most + BUFFERS {
                over.push(format!("{work} on {stack}: {native} and {gateway}"));
            }
        }
    }
    assert!(over.is_empty(), "more than known: {over:#?}");
}

#[test]
fn middlewares_that_do_nothing_allocate_nothing() {
    for stack in [Stack::Hyper, Stack::Axum, Stack::Actix] {
        let bare = count(stack, Variant::Gateway, Work::Plaintext);
        for work in [Work::Middleware1, Work::Middleware5, Work::Middleware10] {
            let wrapped = count(stack, Variant::Gateway, work);
            assert!(
                wrapped <= bare + BUFFERS,
                "{work}: {wrapped}, without {bare}"
            );
        }
    }
}
