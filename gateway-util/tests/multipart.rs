//! Multipart forms.
#![cfg(feature = "multipart")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use common::{TempDir, input_of, post};
use gateway_core::{Environ, HttpError, Input};
use gateway_util::{EnvironExt, Form, FormLimits};
use http::Request;
use tokio::io::AsyncReadExt;

const TYPE: &str = "multipart/form-data; boundary=XX";

const FORM: &str = "preamble\r\n--XX\r\n\
    Content-Disposition: form-data; name=\"title\"\r\n\r\nA title\r\n--XX\r\n\
    content-disposition: form-data; name=\"file\"; filename=\"C:\\\\dir\\\\a b.txt\"\r\n\
    Content-Type: text/plain\r\n\r\nline\r\n--X not the end\r\n--XX\r\n\
    Content-Disposition: form-data; name=\"none\"; filename=\"\"\r\n\
    Content-Type: application/octet-stream\r\n\r\n\r\n--XX\r\n\
    Content-Disposition: form-data; name=\"title\"\r\n\r\nü second\r\n--XX--\r\nepilogue";

fn status<T>(result: Result<T, HttpError>) -> Option<u16> {
    result.err().map(|error| error.status().as_u16())
}

async fn read(body: impl gateway_core::IntoInput, limits: FormLimits) -> Result<Form, HttpError> {
    post(TYPE, body).form(limits).await
}

#[tokio::test]
async fn test_basic_fields_and_files() {
    let whole = read(FORM, FormLimits::default()).await.unwrap();
    // Cut into single bytes, every delimiter is split.
    let bytes = FORM
        .as_bytes()
        .chunks(1)
        .map(Bytes::from_static)
        .collect::<Vec<_>>();
    let cut = read(input_of(bytes), FormLimits::default()).await.unwrap();
    for form in [whole, cut] {
        let titles: Vec<_> = form.fields().get_all("title").collect();
        assert_eq!(titles, ["A title", "ü second"]);
        let file = form.file("file").unwrap();
        assert_eq!(file.file_name(), "a b.txt");
        assert_eq!(file.content_type(), Some("text/plain"));
        assert_eq!(file.len(), 21);
        assert!(!file.is_on_disk());
        assert!(form.file("title").is_none());
        let mut files = form.into_files();
        assert_eq!(files.len(), 2);
        let none = files.pop().unwrap();
        assert_eq!((none.file_name(), none.is_empty()), ("", true));
        let content = files.pop().unwrap().bytes(21).await.unwrap();
        assert_eq!(content, "line\r\n--X not the end");
    }
}

fn upload(size: usize) -> Vec<u8> {
    let head = "--XX\r\ncontent-disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n";
    let content = (0..size).map(|n| (n % 251) as u8);
    let end = b"\r\n--XX--\r\n";
    head.bytes()
        .chain(content)
        .chain(end.iter().copied())
        .collect()
}

#[tokio::test]
async fn large_files_go_to_disk_and_come_back_whole() {
    let size = 3_000_000;
    let body = || {
        input_of(
            upload(size)
                .chunks(10_000)
                .map(Bytes::copy_from_slice)
                .collect::<Vec<_>>(),
        )
    };
    let expected: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
    let files = async || {
        read(body(), FormLimits::default())
            .await
            .unwrap()
            .into_files()
    };

    let file = files().await.pop().unwrap();
    assert!(file.is_on_disk());
    assert_eq!(file.len(), size as u64);
    assert!(file.bytes(size as u64).await.unwrap() == expected);

    let mut content = Vec::new();
    let mut reader = files().await.pop().unwrap().into_reader();
    reader.read_to_end(&mut content).await.unwrap();
    assert!(content == expected);

    let temp = TempDir::new();
    let path = temp.path().join("saved");
    files().await.pop().unwrap().save(&path).await.unwrap();
    assert!(std::fs::read(&path).unwrap() == expected);
    let again = files().await.pop().unwrap().save(&path).await;
    assert_eq!(again.unwrap_err().kind(), std::io::ErrorKind::AlreadyExists);

    let mut form = read(body(), FormLimits::default()).await.unwrap();
    assert_eq!(form.files().len(), 1);
    assert!(form.take_file("g").is_none());
    assert_eq!(form.take_file("f").unwrap().len(), size as u64);
    assert!(form.take_file("f").is_none() && form.files().is_empty());

    let over = files().await.pop().unwrap().bytes(size as u64 - 1).await;
    assert_eq!(status(over), Some(413));
    let in_memory = read(body(), FormLimits::default().in_memory(size as u64))
        .await
        .unwrap();
    assert!(!in_memory.file("f").unwrap().is_on_disk());
}

#[tokio::test]
async fn limits_are_413() {
    let form = |limits| read(FORM, limits);
    assert_eq!(
        status(form(FormLimits::default().parts(3)).await),
        Some(413)
    );
    assert!(form(FormLimits::default().parts(4)).await.is_ok());
    assert_eq!(status(form(FormLimits::default().text(8)).await), Some(413));
    assert_eq!(
        status(form(FormLimits::default().body(100)).await),
        Some(413)
    );
    let exact = FORM.len() as u64;
    assert!(form(FormLimits::default().body(exact)).await.is_ok());
}

#[tokio::test]
async fn broken_forms_are_400() {
    for body in [
        "",
        "--XX",
        "--XX\r\n",
        "no boundary at all",
        "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nno end",
        "--XX\r\nContent-Disposition: form-data\r\n\r\nno name\r\n--XX--\r\n",
        "--XX\r\nno colon\r\n\r\nx\r\n--XX--\r\n",
        "--XX\r\n\r\nno head\r\n--XX--\r\n",
    ] {
        assert_eq!(
            status(read(body, FormLimits::default()).await),
            Some(400),
            "{body}"
        );
    }
    let without = post("multipart/form-data", FORM)
        .form(FormLimits::default())
        .await;
    assert_eq!(status(without), Some(400));
}

/// A body of repeated chunks that counts what was taken of it.
fn endless(first: &'static str, count: u64) -> (Input, Arc<AtomicU64>) {
    let taken = Arc::new(AtomicU64::new(0));
    let counter = taken.clone();
    let chunk = Bytes::from(vec![b'x'; 64 * 1024]);
    let chunks = (0..count).map(move |n| {
        counter.store(n + 1, Ordering::Relaxed);
        if n == 0 {
            Bytes::from_static(first.as_bytes())
        } else {
            chunk.clone()
        }
    });
    (input_of(chunks), taken)
}

const FILE_HEAD: &str =
    "--XX\r\ncontent-disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n";

#[tokio::test]
async fn an_upload_of_1_gib_with_a_limit_of_16_mib_is_refused_at_16_mib() {
    let (input, taken) = endless(FILE_HEAD, 16 * 1024);
    let error = read(input, FormLimits::default()).await.unwrap_err();
    assert_eq!(error.status(), 413);
    let taken = taken.load(Ordering::Relaxed) * 64 * 1024;
    assert!(taken <= 17 << 20, "{taken} bytes were taken");
}

#[tokio::test]
async fn a_head_without_end_is_413_long_before_the_limit() {
    let (input, taken) = endless("--XX\r\ncontent-disposition: ", 16 * 1024);
    let limits = FormLimits::default().body(1 << 30);
    assert_eq!(status(read(input, limits).await), Some(413));
    assert!(taken.load(Ordering::Relaxed) < 10);
    // Nor does a preamble.
    let (input, taken) = endless("preamble", 16 * 1024);
    let limits = FormLimits::default().body(1 << 30);
    assert_eq!(status(read(input, limits).await), Some(413));
    assert!(taken.load(Ordering::Relaxed) < 10);
}

/// How much the next test writes to disk. `GATEWAY_FULL=1` takes 1 GiB, which not every machine has to spare.
#[cfg(target_os = "linux")]
fn upload_in_mib() -> usize {
    match std::env::var_os("GATEWAY_FULL") {
        Some(_) => 1024,
        None => 256,
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn memory_stays_bounded_while_an_upload_goes_to_disk_beyond_16_mib() {
    fn peak_kib() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmHWM:"))
            .unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
    let size = upload_in_mib() << 20;
    let head = Bytes::from_static(FILE_HEAD.as_bytes());
    let end = Bytes::from_static(b"\r\n--XX--\r\n");
    let chunk = Bytes::from(vec![b'x'; 64 * 1024]);
    let chunks = std::iter::once(head)
        .chain(std::iter::repeat_n(chunk, size / (64 * 1024)))
        .chain([end]);
    let before = peak_kib();
    let limits = FormLimits::default().body(2 << 30).in_memory(16 << 20);
    let form = read(input_of(chunks), limits).await.unwrap();
    assert_eq!(form.file("f").unwrap().len(), size as u64);
    let grown = peak_kib() - before;
    assert!(grown < 64 * 1024, "{grown} KiB more than before");
}

#[tokio::test]
async fn i3_an_upload_that_is_cut_short_is_400() {
    let request = Request::post("/")
        .header("content-type", TYPE)
        .header("content-length", "100000")
        .body(input_of([FILE_HEAD, "some"]))
        .unwrap();
    let form = Environ::from_request(request)
        .form(FormLimits::default())
        .await;
    assert_eq!(status(form), Some(400));
}

#[tokio::test]
async fn i5_what_follows_the_last_boundary_is_read_and_counted() {
    // As the body of a chunked request comes: its end is an item of its own.
    let (input, taken) = counted(["--XX--", "\r\n", "epilogue", ""]);
    let form = read(input, FormLimits::default()).await.unwrap();
    assert!(form.fields().is_empty());
    assert_eq!(taken.load(Ordering::Relaxed), 4);
    let (input, _) = counted(["--XX--", "\r\n", "epilogue", ""]);
    let over = read(input, FormLimits::default().body(10)).await;
    assert_eq!(status(over), Some(413));
}

fn counted<const N: usize>(chunks: [&'static str; N]) -> (Input, Arc<AtomicU64>) {
    let taken = Arc::<AtomicU64>::default();
    let counter = taken.clone();
    let chunks = chunks.into_iter().inspect(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    (input_of(chunks), taken)
}

#[tokio::test]
async fn a_file_name_is_no_way_to_another_directory() {
    for (sent, name) in [
        ("../../etc/passwd", "passwd"),
        ("..", ""),
        (".", ""),
        ("a/..", ""),
        ("..a", "..a"),
        (".profile", ".profile"),
    ] {
        let body = format!(
            "--XX\r\ncontent-disposition: form-data; name=\"f\"; filename=\"{sent}\"\r\n\r\n\r\n--XX--\r\n"
        );
        let form = read(body, FormLimits::default()).await.unwrap();
        assert_eq!(form.file("f").unwrap().file_name(), name, "{sent}");
    }
}
