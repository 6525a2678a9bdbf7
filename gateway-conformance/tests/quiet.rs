//! The panics that checks ask for are not shown, and those of tested code are. It is the only test of
//! its program, because the panic hook is the process's.

use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};

use gateway_conformance::{MiddlewareCheck, Suite, app};
use gateway_core::{App, Body, BoxApp, Environ, Error, StartResponse};

static SHOWN: AtomicUsize = AtomicUsize::new(0);

struct Panics(BoxApp);

impl App for Panics {
    #[expect(clippy::panic, reason = "it stands for a mistake")]
    async fn call(&self, environ: Environ, _: StartResponse) -> Result<Body, Error> {
        panic!("a mistake at {}", environ.path_info());
    }

    gateway_core::forward_lifespan!(0);
}

#[tokio::test]
async fn only_the_panics_of_tested_code_are_shown() {
    panic::set_hook(Box::new(|_| {
        SHOWN.fetch_add(1, Ordering::Relaxed);
    }));
    let report = MiddlewareCheck::new().run(|app| app).await;
    report.assert_passed();
    let report = Suite::new().only("b9_").run_in_process(app()).await;
    report.assert_passed();
    assert_eq!(SHOWN.load(Ordering::Relaxed), 0, "a case's own panic");

    let report = MiddlewareCheck::new().run(Panics).await;
    assert!(!report.has_passed());
    assert!(SHOWN.load(Ordering::Relaxed) > 0, "a panic of tested code");
}
