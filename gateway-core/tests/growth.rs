//! What a client sends much of costs as much more. Steps are counted: no clock decides.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use gateway_core::{Gateway, HeadSource, HttpError, Input, LentHead};
use http::{Method, Version};

/// Headers that count how often they are asked for.
struct Counted(usize, Arc<AtomicUsize>);

impl HeadSource for Counted {
    fn target(&self) -> &str {
        "/"
    }

    fn lines<'a>(&'a self, _: &str, _: &mut dyn FnMut(&'a [u8])) {
        self.1.fetch_add(1, Relaxed);
    }

    fn for_each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        for number in 0..self.0 {
            self.1.fetch_add(1, Relaxed);
            visit(&format!("a_{number}"), b"1");
        }
    }
}

#[test]
fn e10_by_opt_in_the_variables_of_many_names_are_linear() {
    let steps = |names| {
        let steps = Arc::new(AtomicUsize::new(0));
        let source = Arc::new(Counted(names, steps.clone()));
        let head = LentHead::new(Method::GET, Version::HTTP_11, source).unwrap();
        let mut environ = Gateway::new(HttpError::not_found()).lend(head, Input::empty());
        environ.keep_underscored_headers();
        let _ = environ.vars();
        steps.load(Relaxed)
    };
    let [small, middle, large] = [100, 200, 400].map(steps);
    assert!(small >= 100, "{small}");
    assert!(
        middle * 10 <= small * 22 && large * 10 <= middle * 22,
        "{small}, {middle}, {large} steps"
    );
}
