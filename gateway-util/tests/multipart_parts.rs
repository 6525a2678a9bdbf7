//! The parts of multipart forms: what their heads say, and how they are read.
#![cfg(feature = "multipart")]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use common::{input_of, post};
use gateway_core::{HttpError, IntoInput};
use gateway_util::{EnvironExt, Form, FormLimits};
use tokio::io::AsyncReadExt;

const TYPE: &str = "multipart/form-data; boundary=b";

async fn read(body: impl IntoInput) -> Result<Form, HttpError> {
    post(TYPE, body).form(FormLimits::default()).await
}

/// A form of parts, each a head and a content.
fn form(parts: &[(&[u8], &[u8])]) -> Bytes {
    let mut form = Vec::new();
    for (head, content) in parts {
        form.extend_from_slice(b"--b\r\nContent-Disposition: form-data; ");
        form.extend_from_slice(head);
        form.extend_from_slice(b"\r\n\r\n");
        form.extend_from_slice(content);
        form.extend_from_slice(b"\r\n");
    }
    form.extend_from_slice(b"--b--\r\n");
    form.into()
}

#[tokio::test]
async fn rfc7578_4_2_a_file_stays_a_file() {
    for (head, name) in [
        (
            &b"name=\"f\"; filename*=UTF-8''%E2%82%AC.txt"[..],
            "\u{20ac}.txt",
        ),
        (
            b"name=\"f\"; filename*=UTF-8''%E2%82%AC.txt; filename=\"euro.txt\"",
            "\u{20ac}.txt",
        ),
        (b"name=\"f\"; filename=\"caf\xE9.txt\"", "caf\u{fffd}.txt"),
        (b"name=\"f\"; filename=\"a\\\\\"", "a"),
        (b"Name=\"f\"; Filename=\"a.txt\"", "a.txt"),
        (b"filename=\"; name=g\"; name=\"f\"", "; name=g"),
    ] {
        let read = read(form(&[(head, b"x")])).await.unwrap();
        let file = read.file("f").unwrap();
        assert_eq!(file.file_name(), name, "{}", head.escape_ascii());
        assert_eq!(file.len(), 1);
        assert!(read.fields().is_empty());
    }
}

#[tokio::test]
async fn rfc2046_5_1_1_a_part_without_content_swallows_nothing() {
    let body = "--b\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\n\
                --b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\n\
                --b\r\nContent-Disposition: form-data; name=\"last\"\r\n\r\nx\r\n--b--\r\n";
    let form = read(body).await.unwrap();
    assert_eq!((form.get("title"), form.get("last")), (Some(""), Some("x")));
    assert!(form.file("f").unwrap().is_empty());
}

#[tokio::test]
async fn rfc7578_4_5_a_part_is_decoded_from_its_charset() {
    let latin = b"name=\"t\"\r\nContent-Type: text/plain; charset=iso-8859-1";
    let read_one = async |parts: &[(&[u8], &[u8])]| {
        let form = read(form(parts)).await?;
        Ok::<_, HttpError>(form.require("t")?.to_owned())
    };
    assert_eq!(read_one(&[(latin, b"caf\xE9")]).await.unwrap(), "caf\u{e9}");
    let utf8 = b"name=\"t\"\r\nContent-Type: text/plain ; charset=\"UTF-8\"";
    assert_eq!(
        read_one(&[(utf8, "caf\u{e9}".as_bytes())]).await.unwrap(),
        "caf\u{e9}"
    );
    assert_eq!(
        read_one(&[(b"name=t", b"caf\xE9")]).await.unwrap(),
        "caf\u{fffd}"
    );
    // RFC 7578 section 4.6.
    let default: (&[u8], &[u8]) = (b"name=_charset_", b"iso-8859-1");
    assert_eq!(
        read_one(&[default, (b"name=t", b"caf\xE9")]).await.unwrap(),
        "caf\u{e9}"
    );
    let unknown = b"name=\"t\"\r\nContent-Type: text/plain; charset=klingon";
    let refused = read_one(&[(unknown, b"x")]).await.unwrap_err();
    assert_eq!(refused.status(), 415);
}

#[tokio::test]
async fn rfc9110_8_3_1_the_boundary_is_a_parameter() {
    for content_type in [
        "multipart/form-data ; boundary=b",
        "multipart/form-data;\tboundary=\"b\" ;",
        "Multipart/Form-Data; charset=\"\"; Boundary=b",
        "multipart/form-data;; boundary=\"\\b\"",
    ] {
        let mut environ = post(content_type, form(&[(b"name=n", b"x")]));
        let form = environ.form(FormLimits::default()).await.unwrap();
        assert_eq!(form.get("n"), Some("x"), "{content_type}");
    }
    let body = "------=_x\r\ncontent-disposition: form-data; name=n\r\n\r\nx\r\n------=_x--\r\n";
    let mut environ = post("multipart/form-data; boundary=----=_x", body);
    let form = environ.form(FormLimits::default()).await.unwrap();
    assert_eq!(form.get("n"), Some("x"));
    for boundary in ["\"\"", &"b".repeat(71)] {
        let mut environ = post(&format!("multipart/form-data; boundary={boundary}"), "");
        let refused = environ.form(FormLimits::default()).await.unwrap_err();
        assert_eq!(refused.status(), 400, "{boundary}");
    }
}

/// How many files of this process have no name: those of forms among them.
#[cfg(target_os = "linux")]
fn unnamed_files() -> usize {
    let links = std::fs::read_dir("/proc/self/fd").unwrap();
    let target =
        |link: std::io::Result<std::fs::DirEntry>| std::fs::read_link(link.ok()?.path()).ok();
    links
        .filter_map(target)
        .filter(|target| target.to_string_lossy().ends_with("(deleted)"))
        .count()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_form_takes_one_descriptor_however_many_files_it_has() {
    let fill = vec![b'x'; 256 << 10];
    let head: &[u8] = b"name=f; filename=a";
    let mut parts: Vec<(&[u8], &[u8])> = vec![(head, &fill)];
    let contents: Vec<String> = (0..999).map(|n| n.to_string()).collect();
    parts.extend(contents.iter().map(|content| (head, content.as_bytes())));
    let form = read(form(&parts)).await.unwrap();
    assert_eq!(form.files().len(), 1000);
    // Other tests of this program may hold one each.
    let held = unnamed_files();
    assert!((1..=8).contains(&held), "{held} files");
    let mut files = form.into_files();
    let last = files.pop().unwrap();
    assert!(last.is_on_disk());
    // Files of one spool are read side by side.
    let other = files.swap_remove(500);
    let (mut first, mut second) = (last.into_reader(), other.into_reader());
    let (mut one, mut two) = (String::new(), String::new());
    let (left, right) = tokio::join!(
        first.read_to_string(&mut one),
        second.read_to_string(&mut two)
    );
    assert_eq!((left.unwrap(), right.unwrap()), (3, 3));
    assert_eq!((&*one, &*two), ("998", "499"));
    assert_eq!(files.remove(0).bytes(1 << 20).await.unwrap(), fill);
    drop((files, first, second));
}

#[tokio::test]
async fn a_stream_of_parts_reads_no_more_than_it_is_asked_for() {
    let taken = Arc::<AtomicU64>::default();
    let counter = taken.clone();
    let head = "--b\r\ncontent-disposition: form-data; name=f; filename=a\r\n\r\n";
    let chunks = [
        head,
        "one",
        "two",
        "three",
        "\r\n--b\r\ncontent-disposition: form-data; name=t\r\n\r\nx\r\n--b--",
    ];
    let chunks = chunks.map(Bytes::from).into_iter().inspect(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    let mut environ = post(TYPE, input_of(chunks));
    let mut multipart = environ.multipart(FormLimits::default()).unwrap();
    let mut part = multipart.next_part().await.unwrap().unwrap();
    assert_eq!((part.name(), part.file_name()), ("f", Some("a")));
    assert_eq!(taken.load(Ordering::Relaxed), 1);
    assert_eq!(part.chunk().await.unwrap().unwrap(), "one");
    assert_eq!(taken.load(Ordering::Relaxed), 2);
    // The rest of it is skipped.
    let part = multipart.next_part().await.unwrap().unwrap();
    assert_eq!((part.name(), part.file_name()), ("t", None));
    assert_eq!(part.text().await.unwrap(), "x");
    assert!(multipart.next_part().await.unwrap().is_none());
    assert!(multipart.next_part().await.unwrap().is_none());
}

#[tokio::test]
async fn the_limits_of_a_stream_hold() {
    let body = form(&[(b"name=a", b"12345"), (b"name=b", b"12345")]);
    let multipart = |limits: FormLimits| post(TYPE, body.clone()).multipart(limits);
    let mut one = multipart(FormLimits::default().parts(1)).unwrap();
    assert!(one.next_part().await.unwrap().is_some());
    assert_eq!(one.next_part().await.unwrap_err().status(), 413);
    assert!(one.next_part().await.is_err());
    let mut text = multipart(FormLimits::default().text(9)).unwrap();
    assert_eq!(
        text.next_part()
            .await
            .unwrap()
            .unwrap()
            .text()
            .await
            .unwrap(),
        "12345"
    );
    let part = text.next_part().await.unwrap().unwrap();
    assert_eq!(part.text().await.unwrap_err().status(), 413);
    let mut bytes = multipart(FormLimits::default()).unwrap();
    let part = bytes.next_part().await.unwrap().unwrap();
    assert_eq!(part.bytes(4).await.unwrap_err().status(), 413);
    let mut head = multipart(FormLimits::default().part_head(20)).unwrap();
    assert_eq!(head.next_part().await.unwrap_err().status(), 413);
    let other = post("text/plain", "").multipart(FormLimits::default());
    assert_eq!(other.unwrap_err().status(), 415);
}
