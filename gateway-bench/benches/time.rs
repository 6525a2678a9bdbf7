//! Time of a request in process, native and gateway: `cargo bench -p gateway-bench --bench time`.
//!
//! `-- hyper/plaintext` runs those of a name, `-- --test` each once.

#![expect(clippy::unwrap_used, reason = "a benchmark that fails ends")]

use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gateway_bench::{Site, Stack, Target, Variant, Wire, Work};

/// Of a stream.
const SIZE: usize = 4 * 1024 * 1024;

fn requests(criterion: &mut Criterion) {
    for stack in Stack::ALL {
        for work in Work::ALL {
            let mut group = criterion.benchmark_group(format!("{stack}/{work}"));
            if matches!(work, Work::Download | Work::Upload) {
                group.throughput(Throughput::Bytes(SIZE as u64));
            }
            for variant in Variant::ALL {
                let target = Target::new(stack, variant, work);
                let mut wire = Wire::new(&target, work.request(SIZE)).unwrap();
                group.bench_function(variant.name(), |bencher| {
                    bencher.iter_custom(|count| {
                        let begin = Instant::now();
                        wire.run(usize::try_from(count).unwrap()).unwrap();
                        begin.elapsed()
                    });
                });
            }
            group.finish();
        }
    }
}

fn mounts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("mounts");
    for mounts in [1, 10, 100, 1000] {
        let mut site = Site::new(mounts);
        group.bench_function(mounts.to_string(), |bencher| bencher.iter(|| site.run(1)));
    }
    group.finish();
}

criterion_group! {
    name = all;
    // A hundred of them: about three minutes.
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20);
    targets = requests, mounts
}
criterion_main!(all);
