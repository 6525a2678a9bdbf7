//! Heap allocations per request, gateway minus native, for each work on each stack.
//!
//! They are those of a warm keep-alive connection, in this thread. `-- --nocapture` prints them. What is
//! known is in `exact.tsv`; `figures.sh allocations exact` writes it.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use gateway_bench::{Stack, Target, Variant, Wire, Work};

const EXACT: &str = include_str!("../exact.tsv");

const REQUESTS: usize = 500;

/// Of a stream.
const SIZE: usize = 100_000;

/// Of an allocation: once a second the servers render the date, and in each few requests actix makes a
/// new buffer.
const BUFFERS: f64 = 0.4;

/// What an app allocates beside the native handler.
fn known(stack: Stack, work: Work) -> Option<f64> {
    let start = format!("allocations\t{stack}\t{work}\t");
    let row = EXACT.lines().find_map(|line| line.strip_prefix(&start))?;
    let (native, gateway) = row.split_once('\t')?;
    Some(gateway.parse::<f64>().ok()? - native.parse::<f64>().ok()?)
}

fn count(stack: Stack, variant: Variant, work: Work) -> f64 {
    let target = Target::new(stack, variant, work);
    let mut wire = Wire::new(&target, work.request(SIZE)).unwrap();
    let counted = allocation_counter::measure(|| wire.run(REQUESTS).unwrap());
    let count = counted.count_total as f64 / REQUESTS as f64;
    println!("allocations\t{stack}\t{work}\t{variant}\t{count:.0}");
    count
}

/// Fewer fail, too: the file is the state of the code.
#[test]
fn an_app_allocates_beside_the_native_handler_what_is_known() {
    let mut wrong = Vec::new();
    for work in Work::ALL.into_iter().filter(|work| *work != Work::Lint) {
        for stack in Stack::ALL {
            let native = count(stack, Variant::Native, work);
            let gateway = count(stack, Variant::Gateway, work);
            // It measures something.
            assert!(native >= 1.0, "{work} on {stack}");
            let known = known(stack, work);
            if known.is_none_or(|known| (gateway - native - known).abs() > BUFFERS) {
                wrong.push(format!(
                    "{work} on {stack}: {native} and {gateway}, known: {known:?}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "not as in exact.tsv: {wrong:#?}");
}

#[test]
fn middlewares_that_do_nothing_and_observers_allocate_nothing() {
    for stack in [Stack::Hyper, Stack::Axum, Stack::Actix] {
        let bare = count(stack, Variant::Gateway, Work::Plaintext);
        for work in [
            Work::Middleware1,
            Work::Middleware5,
            Work::Middleware10,
            Work::Observer,
        ] {
            let wrapped = count(stack, Variant::Gateway, work);
            assert!(
                wrapped <= bare + BUFFERS,
                "{work}: {wrapped}, without {bare}"
            );
        }
    }
}
