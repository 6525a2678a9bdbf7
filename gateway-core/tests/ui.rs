//! What the compiler says to those who have not met the types yet.

#[test]
#[cfg(all(
    feature = "cookies",
    feature = "json",
    feature = "tracing",
    feature = "tokio",
    feature = "lint"
))]
fn compile_errors_say_what_is_expected() {
    // The features decide which implementations rustc lists.
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
