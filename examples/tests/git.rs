//! `git clone` and `git push` through `git http-backend`, a CGI program, on every stack.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use adapter_cgi::CgiProgram;
use examples::Stack;
use gateway_core::view;
use gateway_util::Mount;

/// Runs git in a directory, with no settings but these; gives what it prints.
fn git(directory: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command
        .args(["-c", "user.name=a", "-c", "user.email=a@a.example"])
        .args(["-c", "init.defaultBranch=main", "-c", "protocol.version=2"])
        .args(arguments)
        .current_dir(directory)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0");
    for variable in [
        "http_proxy",
        "HTTP_PROXY",
        "all_proxy",
        "ALL_PROXY",
        "GIT_DIR",
    ] {
        command.env_remove(variable);
    }
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn clones_and_pushes(stack: Stack) {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    git(root, &["init", "--bare", "repositories/it.git"]);
    git(
        &root.join("repositories/it.git"),
        &["config", "http.receivepack", "true"],
    );

    let backend = Path::new(git(root, &["--exec-path"]).trim()).join("git-http-backend");
    let backend = CgiProgram::new(backend)
        .env("GIT_PROJECT_ROOT", root.join("repositories"))
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH", std::env::var_os("PATH").unwrap());
    let app = Mount::new()
        .at("/git", backend)
        .fallback(view(async |_| "not git"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/git/it.git", listener.local_addr().unwrap());
    std::thread::spawn(move || stack.serve(listener, app));

    git(root, &["clone", &url, "first"]);
    let first = root.join("first");
    // More than a pipe holds, and more than git sends with a length.
    let noise: Vec<u8> = (0..3_000_000_u32)
        .flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes())
        .collect();
    std::fs::write(first.join("noise"), &noise).unwrap();
    git(&first, &["add", "."]);
    git(&first, &["commit", "-m", "noise"]);
    git(&first, &["push", "origin", "HEAD:main"]);
    git(root, &["clone", "--branch", "main", &url, "second"]);
    let read = std::fs::read(root.join("second/noise")).unwrap();
    assert!(read == noise, "the file is another one");
    let heads = [&first, &root.join("second")].map(|one| git(one, &["rev-parse", "HEAD"]));
    assert_eq!(heads[0], heads[1]);
}

#[test]
fn hyper() {
    clones_and_pushes(Stack::Hyper);
}

#[test]
fn actix() {
    clones_and_pushes(Stack::Actix);
}

#[test]
fn tower() {
    clones_and_pushes(Stack::Tower);
}
