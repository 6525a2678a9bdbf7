//! CGI programs as apps: shell scripts that behave, and some that do not.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::path::Path;
use std::time::Duration;

use adapter_cgi::CgiProgram;
use gateway_core::{Body, Gateway, Input, IntoInput, Outgoing};
use http::{Request, Response};
use http_body_util::BodyExt;
use support::within;

fn shell(script: &str) -> CgiProgram {
    CgiProgram::new("/bin/sh")
        .arg("-c")
        .arg(script)
        .env("PATH", "/usr/bin:/bin")
}

async fn ask(app: CgiProgram, request: Request<Input>) -> Response<Outgoing> {
    let gateway = Gateway::new(app);
    let (parts, input) = request.into_parts();
    within("a response", gateway.handle(gateway.environ(parts, input))).await
}

async fn answer(app: CgiProgram, request: Request<Input>) -> (u16, String) {
    let response = ask(app, request).await;
    let status = response.status().as_u16();
    let body = within("a body", Body::new(response.into_body()).bytes()).await;
    (status, String::from_utf8(body.unwrap().to_vec()).unwrap())
}

fn get(target: &str) -> Request<Input> {
    Request::get(target).body(Input::empty()).unwrap()
}

#[tokio::test]
async fn a_timeout_beyond_the_clock_is_none() {
    let program =
        shell("sleep 0.01; printf 'Content-Type: text/plain\\n\\nhere'").timeout(Duration::MAX);
    assert_eq!(answer(program, get("/")).await, (200, "here".to_owned()));
}

#[tokio::test]
async fn e11_the_environment_is_the_requests_and_nothing_else() {
    let request = Request::get("/a%20b?q=1")
        .header("host", "a.example:81")
        .header("proxy", "http://evil.example")
        .header("connection", "close")
        .header("x-mine", "1")
        .body(Input::empty())
        .unwrap();
    let program = CgiProgram::new("/bin/sh")
        .arg("-c")
        .arg("printf 'Content-Type: text/plain\\n\\n'; /usr/bin/env")
        .env("ADDED", "yes");
    let (status, text) = answer(program, request).await;
    assert_eq!(status, 200);
    let mut seen: Vec<&str> = text.lines().collect();
    seen.sort_unstable();
    // What the shell adds by itself.
    seen.retain(|line| {
        !line.starts_with("PWD=")
            && !line.starts_with('_')
            && !line.starts_with("SHLVL")
            && !line.starts_with("OLDPWD")
    });
    assert_eq!(
        seen,
        [
            "ADDED=yes",
            "GATEWAY_INTERFACE=CGI/1.1",
            "HTTP_HOST=a.example:81",
            "HTTP_X_MINE=1",
            "PATH_INFO=/a b",
            "QUERY_STRING=q=1",
            "REQUEST_METHOD=GET",
            "REQUEST_SCHEME=http",
            "REQUEST_URI=/a%20b?q=1",
            "SCRIPT_NAME=",
            "SERVER_NAME=a.example",
            "SERVER_PORT=81",
            "SERVER_PROTOCOL=HTTP/1.1",
            "SERVER_SOFTWARE=adapter-cgi",
        ]
    );
}

#[tokio::test]
async fn the_input_is_the_standard_input() {
    let request = Request::post("/").body("some input".into_input()).unwrap();
    let program = shell("printf 'Status: 201 Made\\nContent-Type: text/plain\\n\\n'; cat");
    assert_eq!(answer(program, request).await, (201, "some input".into()));
}

#[tokio::test]
async fn what_is_no_response_is_a_502() {
    for script in [
        // Nothing; no head; no end of it; a malformed one; one without end; a failure behind it.
        "exit 0",
        "echo 'just text'",
        "printf 'Content-Type: text/plain\\n'",
        "printf 'X: y\\n\\nbody'",
        "printf 'HTTP/1.1 200 OK\\n\\nbody'",
        "while :; do printf 'X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\\n'; done",
        "exit 3",
        "kill -9 $$",
    ] {
        let (status, page) = answer(shell(script), get("/")).await;
        assert_eq!(status, 502, "{script}: {page}");
        assert!(page.contains("Bad Gateway"), "{page}");
    }
    let (status, _) = answer(CgiProgram::new("/nowhere/to/be/found"), get("/")).await;
    assert_eq!(status, 502);
    let (status, _) = answer(shell("echo"), get("/a%00b")).await;
    assert_eq!(status, 400, "a NUL cannot be in an environment");
}

#[tokio::test]
async fn a_program_that_hangs_is_a_504() {
    let program = shell("sleep 1000").timeout(Duration::from_millis(50));
    assert_eq!(answer(program, get("/")).await.0, 504);
}

#[tokio::test]
async fn b8_a_program_that_fails_behind_its_head_aborts() {
    let program = shell("printf 'Content-Type: text/plain\\n\\nhalf'; sleep 0.2; exit 1");
    let response = ask(program, get("/")).await;
    assert_eq!(response.status(), 200);
    let read = within("the end", Body::new(response.into_body()).bytes()).await;
    assert!(read.is_err(), "{read:?}");
}

/// True as long as a process has this word among its arguments.
fn runs(word: &str) -> bool {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return false;
    };
    processes.filter_map(Result::ok).any(|process| {
        let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        line.windows(word.len()).any(|text| text == word.as_bytes()) && !is_reaped(&process.path())
    })
}

/// True if it is only left to be reaped.
fn is_reaped(process: &Path) -> bool {
    let status = std::fs::read_to_string(process.join("stat")).unwrap_or_default();
    status
        .rsplit(')')
        .next()
        .is_none_or(|rest| rest.trim_start().starts_with('Z'))
}

#[tokio::test]
async fn l3_a_client_that_leaves_ends_the_program_and_what_it_has_started() {
    for leaves_after_head in [false, true] {
        let word = format!("31{}.{}", std::process::id(), u8::from(leaves_after_head));
        let head = match leaves_after_head {
            true => "printf 'Content-Type: text/plain\\n\\nsome'; ",
            false => "",
        };
        // The shell stays, with a child.
        let program = shell(&format!("{head}sleep {word}; true"));
        let gateway = Gateway::new(program);
        let (parts, input) = get("/").into_parts();
        let mut handled = Box::pin(gateway.handle(gateway.environ(parts, input)));
        let started = async {
            while !runs(&word) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if leaves_after_head {
            let mut response = within("a response", handled).await;
            let first = within("a frame", response.body_mut().frame()).await;
            assert_eq!(first.unwrap().unwrap().into_data().unwrap(), "some");
            within("the program", started).await;
            drop(response);
        } else {
            tokio::select! {
                _ = &mut handled => panic!("there is no response"),
                () = within("the program", started) => {}
            }
            drop(handled);
        }
        let ended = async {
            while runs(&word) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        within("the end of the program", ended).await;
    }
}

/// B3: a client that does not take the response stops the program, and one that is not done sending does
/// not keep the response back.
#[tokio::test]
async fn b3_input_and_output_are_streamed_at_the_same_time() {
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<&'static str>(1);
    let body = Body::from_producer(move |mut writer| async move {
        while let Some(text) = receiver.recv().await {
            writer.write(text).await?;
        }
        Ok(())
    });
    let request = Request::post("/").body(Input::new(body)).unwrap();
    let program = shell("printf 'Content-Type: text/plain\\n\\nready '; cat");
    let mut response = ask(program, request).await;
    let mut seen = String::new();
    for (text, expected) in [
        ("", "ready "),
        ("one ", "ready one "),
        ("two", "ready one two"),
    ] {
        if !text.is_empty() {
            sender.send(text).await.unwrap();
        }
        while seen != expected {
            let frame = within("a frame", response.body_mut().frame()).await;
            let data = frame.unwrap().unwrap().into_data().unwrap();
            seen.push_str(std::str::from_utf8(&data).unwrap());
        }
    }
    drop(sender);
    assert!(
        within("the end", response.body_mut().frame())
            .await
            .is_none()
    );
}

#[tokio::test]
async fn a_large_output_passes_whole() {
    let program = shell("printf 'Content-Type: text/plain\\n\\n'; head -c 20000000 /dev/zero");
    let response = ask(program, get("/")).await;
    let body = within("the body", Body::new(response.into_body()).bytes()).await;
    assert_eq!(body.unwrap().len(), 20_000_000);
}
