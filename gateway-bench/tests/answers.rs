//! Both variants of a work answer the same bytes: what is compared is the same work.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use gateway_bench::{Stack, Target, Variant, Wire, Work};

fn answer(stack: Stack, variant: Variant, work: Work) -> String {
    let target = Target::new(stack, variant, work);
    Wire::new(&target, work.request(100_000)).unwrap().answer()
}

#[test]
fn native_and_gateway_answer_the_same() {
    for stack in Stack::ALL {
        for work in Work::ALL {
            let native = answer(stack, Variant::Native, work);
            let gateway = answer(stack, Variant::Gateway, work);
            assert_eq!(native, gateway, "{work} on {stack}");
            let expected = match work {
                Work::NotFound => "HTTP/1.1 404 Not Found\n",
                _ => "HTTP/1.1 200 OK\n",
            };
            assert!(native.starts_with(expected), "{work} on {stack}: {native}");
        }
    }
}
