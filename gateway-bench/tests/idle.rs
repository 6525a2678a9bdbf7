//! What a connection that has answered a request and waits for the next holds of the heap.
//!
//! What a process shows for many of them (`figures.sh idle`) has the steps of the allocator in it;
//! this is exact.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use gateway_bench::{Stack, Target, Variant, Wire, Work};

const CONNECTIONS: usize = 20;

/// What an idle connection may hold beyond that beside a native handler.
///
/// hyper keeps the header map of the last response for the next request. The gateway's is the map of
/// an earlier request, with room for as many headers as clients send, and nothing is allocated for
/// the next ones; that of a native handler has room for the few of its response.
const MOST: [(Stack, i64); 3] = [
    (Stack::Hyper, 1024),
    (Stack::Axum, 1024),
    (Stack::Actix, 128),
];

fn held(stack: Stack, variant: Variant) -> i64 {
    let target = Target::new(stack, variant, Work::Plaintext);
    let connect = || Wire::new(&target, Work::Plaintext.request(0)).unwrap();
    // What the service keeps for all of them is there with the first.
    let first = connect();
    let mut wires = Vec::with_capacity(CONNECTIONS);
    let held = allocation_counter::measure(|| {
        wires.extend((0..CONNECTIONS).map(|_| connect()));
    });
    drop(first);
    held.bytes_current / CONNECTIONS as i64
}

#[test]
fn an_idle_connection_holds_no_more_than_beside_a_native_handler() {
    for (stack, most) in MOST {
        let native = held(stack, Variant::Native);
        let gateway = held(stack, Variant::Gateway);
        println!("{stack}: {native} bytes, {gateway} through the gateway");
        assert!(native > 1024, "{stack}: {native}");
        assert!(gateway <= native + most, "{stack}: {native}, {gateway}");
    }
}
