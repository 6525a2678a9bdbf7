//! The files of uploads, in a directory of the test's own: a program of its own, since the directory
//! is that of the process.
#![cfg(feature = "multipart")]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use common::{TempDir, input_of};
use futures_util::stream::{self, StreamExt};
use gateway_core::{Body, Environ, HttpError, Input, IntoInput};
use gateway_util::{EnvironExt, Form, FormLimits};
use http::Request;

const TYPE: &str = "multipart/form-data; boundary=XX";
const HEAD: &str = "--XX\r\ncontent-disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n";

/// 1 MiB of a file.
fn file() -> impl Iterator<Item = Bytes> + Send {
    let chunk = Bytes::from(vec![b'x'; 64 * 1024]);
    std::iter::once(Bytes::from_static(HEAD.as_bytes())).chain(std::iter::repeat_n(chunk, 16))
}

/// Reads a form, of which 64 KiB stay in memory.
async fn read(input: Input) -> Result<Form, HttpError> {
    let request = Request::post("/").header("content-type", TYPE);
    let mut environ = Environ::from_request(request.body(input).unwrap());
    let limits = FormLimits::default().in_memory(64 << 10);
    environ.form(limits).await
}

async fn upload(end: &'static str) -> Result<Form, HttpError> {
    read(input_of(file().chain([Bytes::from_static(end.as_bytes())]))).await
}

/// Runs it, and all that it left to the pool of blocking threads.
fn run<T>(test: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().build().unwrap().block_on(test)
}

#[test]
fn nothing_is_left_of_an_upload() {
    let temp = TempDir::new();
    tempfile::env::override_temp_dir(temp.path()).unwrap();
    let left = || std::fs::read_dir(temp.path()).unwrap().count();

    run(async {
        let form = upload("\r\n--XX--\r\n").await.unwrap();
        assert!(form.file("f").unwrap().is_on_disk());
    });
    assert_eq!(left(), 0, "of one that was read");

    run(async {
        let mut files = upload("\r\n--XX--\r\n").await.unwrap().into_files();
        let bytes = files.pop().unwrap().bytes(2 << 20).await.unwrap();
        assert_eq!(bytes.len(), 1 << 20);
    });
    assert_eq!(left(), 0, "of a file that was taken");

    assert_eq!(run(upload("")).unwrap_err().status(), 400);
    assert_eq!(left(), 0, "of one that was cut short");

    // The client leaves while the form is read.
    run(async {
        let sent = stream::iter(file().map(Ok::<_, Infallible>));
        let reading = read(Body::from_stream(sent.chain(stream::pending())).into_input());
        // Long enough for a file to be there, as a rule; nothing depends on it.
        let gone = tokio::time::timeout(Duration::from_millis(50), reading).await;
        assert!(gone.is_err());
    });
    assert_eq!(left(), 0, "of one that was given up");

    // It does go there: where there is no directory, there is no file.
    drop(temp);
    assert_eq!(run(upload("\r\n--XX--\r\n")).unwrap_err().status(), 500);
}
