//! Tests of the multipart parser: boundaries, limits and random input.

use proptest::prelude::*;

use super::*;
use crate::field::assert_linear;

/// All of a form, as lines.
fn read(chunks: impl IntoIterator<Item = Bytes>) -> Result<Vec<String>, u16> {
    let mut parser = Parser::new(b"b", 200);
    let mut lines: Vec<String> = Vec::new();
    let mut chunks = chunks.into_iter();
    loop {
        match parser.step().map_err(|error| error.status().as_u16())? {
            Step::More => match chunks.next() {
                Some(chunk) => parser.feed(chunk),
                None => return Err(400),
            },
            Step::Head(head) => lines.push(format!("{head:?}: ")),
            Step::Data(data) => {
                assert!(!data.is_empty());
                let line = lines.last_mut().unwrap();
                line.push_str(&data.escape_ascii().to_string());
            }
            Step::EndOfPart => lines.push(String::new()),
            Step::End => return Ok(lines),
        }
    }
}

fn whole(form: &str) -> Result<Vec<String>, u16> {
    read([Bytes::copy_from_slice(form.as_bytes())])
}

const HEAD: &str = "--b\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n";

/// The contents of a form's parts.
fn contents(form: &str) -> Vec<String> {
    let lines = whole(form).unwrap();
    let text = |line: &String| line.split_once("}: ").unwrap().1.to_owned();
    lines
        .iter()
        .filter(|line| !line.is_empty())
        .map(text)
        .collect()
}

#[test]
fn rfc2046_5_1_1_a_delimiter_is_a_whole_line() {
    for (content, expected) in [
        ("x\r\n", "x"),
        ("\r\n", ""),
        // A part without content: the delimiter's line end is that of the head.
        ("", ""),
        ("\r\n\r\n", "\\r\\n"),
        ("x--b--\r\n", "x--b--"),
        ("--bb\r\n", "--bb"),
        ("x\r\n--bb\r\n", "x\\r\\n--bb"),
        ("x\r\n--b-\r\n", "x\\r\\n--b-"),
        ("x\r\n--b x\r\n", "x\\r\\n--b x"),
        ("x\n--b\n\r\n", "x\\n--b\\n"),
        ("\r\r\n", "\\r"),
        ("--b\r\r\n", "--b\\r"),
    ] {
        let form = format!("{HEAD}{content}--b--");
        assert_eq!(contents(&form), [expected], "{content:?}");
        let form = format!(
            "preamble\r\n{HEAD}{content}--b \t\r\n{}x\r\n--b--",
            &HEAD[5..]
        );
        assert_eq!(contents(&form), [expected, "x"], "{content:?}");
    }
    assert!(whole("--b--").unwrap().is_empty());
    assert!(whole("\r\n--b--junk").unwrap().is_empty());
}

#[test]
fn what_is_no_form_is_refused() {
    for form in [
        "",
        "--b",
        "--b\r\n",
        "--b-",
        "x",
        "--b\r\n\r\nx\r\n--b--",
        "--b\r\nx: y\r\n--b--",
    ] {
        assert_eq!(whole(form), Err(400), "{form:?}");
    }
    assert_eq!(whole(&format!("{HEAD}x")), Err(400));
    let long = "x".repeat(201);
    assert_eq!(whole(&format!("{long}\r\n{HEAD}x\r\n--b--")), Err(413));
    assert_eq!(
        whole(&format!("--b\r\nx: {long}\r\n\r\nx\r\n--b--")),
        Err(413)
    );
}

#[test]
fn forms_are_linear_in_any_chunks() {
    let bodies = [
        "x", "\r", "\r\n", "\r\n-", "\r\n--", "\r\n--b", "\r\n--bb", "\r\n--b ", "--b\r\n", "-",
    ];
    for unit in bodies {
        for chunk in [1, 7, usize::MAX] {
            assert_linear(unit, |size| {
                let form = Bytes::from(format!("{HEAD}{}\r\n--b--", unit.repeat(size)));
                let _ = read(form.chunks(chunk).map(|chunk| form.slice_ref(chunk)));
            });
        }
    }
    for unit in [
        HEAD, "x: y\r\n", ";", ";a=\"", "\"", ":", "\r\n ", "\\", "a=b;",
    ] {
        for chunk in [1, usize::MAX] {
            assert_linear(unit, |size| {
                let head = format!("{}{}", &HEAD[..HEAD.len() - 4], unit.repeat(size));
                let form = Bytes::from(format!("{head}\r\n\r\nx\r\n--b--"));
                let mut parser = Parser::new(b"b", usize::MAX);
                for chunk in form.chunks(chunk) {
                    parser.feed(form.slice_ref(chunk));
                    let step = loop {
                        match parser.step() {
                            Ok(Step::Head(_) | Step::Data(_) | Step::EndOfPart) => {}
                            step => break step,
                        }
                    };
                    // An error ends the form.
                    if step.is_err() {
                        break;
                    }
                }
            });
        }
    }
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\r\n--b\r\n"),
        Just("\r\n--b--"),
        Just("--b\r\n"),
        Just("\r"),
        Just("\n"),
        Just("-"),
        Just("b"),
        Just(" "),
        Just(HEAD),
        Just("\r\n"),
        Just("xyz"),
        Just("Content-Disposition: form-data; name=n\r\n\r\n"),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_split_gives_the_same_form(
        form in pieces(),
        is_begun in any::<bool>(),
        cuts in proptest::collection::vec(1_usize..9, 1..9),
    ) {
        let form = if is_begun { format!("{HEAD}{form}") } else { form };
        let expected = whole(&form);
        let mut rest = Bytes::from(form);
        let mut cuts = cuts.into_iter().cycle();
        let chunks = std::iter::from_fn(|| {
            let cut = cuts.next()?.min(rest.len());
            (cut > 0).then(|| rest.split_to(cut))
        });
        prop_assert_eq!(read(chunks), expected);
    }

    #[test]
    fn every_content_comes_back(
        contents in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..5),
    ) {
        let mut form = Vec::new();
        for content in &contents {
            form.extend_from_slice(b"--bound\r\ncontent-disposition: form-data; name=n\r\n\r\n");
            form.extend_from_slice(content);
            form.extend_from_slice(b"\r\n");
        }
        form.extend_from_slice(b"--bound--\r\n");
        let mut parser = Parser::new(b"bound", 1_000);
        let mut read: Vec<Vec<u8>> = Vec::new();
        parser.feed(form.into());
        loop {
            match parser.step().unwrap() {
                Step::Head(_) => read.push(Vec::new()),
                Step::Data(data) => read.last_mut().unwrap().extend_from_slice(&data),
                Step::EndOfPart => {}
                Step::More | Step::End => break,
            }
        }
        prop_assert_eq!(read, contents);
    }
}
