//! The function as Lambda runs it: a process that asks a Runtime API for events and posts its answers. The API is
//! that of `lambda-simulator`.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper that fails fails its test"
)]

mod support;

use std::process::Stdio;
use std::time::Duration;

use lambda_simulator::{InvocationState, InvocationStatus, Simulator};
use serde_json::{Value, json};
use support::{http_api, load_balancer, rest_api};
use tokio::process::{Child, Command};

/// Enough for a machine that is slow, too.
const LONG: Duration = Duration::from_secs(60);

/// A function on a simulator of its own.
struct Function {
    simulator: Simulator,
    process: Child,
}

impl Function {
    async fn start(program: &str) -> Self {
        let simulator = Simulator::builder()
            .function_name("app")
            .build()
            .await
            .unwrap();
        let mut command = Command::new(program);
        command.env_clear().envs(simulator.lambda_env_vars());
        let process = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { simulator, process }
    }

    async fn invoke(&self, event: Value) -> InvocationState {
        let id = self.simulator.enqueue_payload(event).await;
        let done = self.simulator.wait_for_invocation_complete(&id, LONG);
        done.await.unwrap()
    }

    /// What Lambda gets back.
    async fn answer(&self, event: Value) -> Value {
        let state = self.invoke(event).await;
        match (state.status, state.response) {
            (InvocationStatus::Success, Some(response)) => response.payload,
            (status, response) => panic!("{status:?} {response:?} {:?}", state.error),
        }
    }

    async fn stop(mut self) {
        assert!(self.process.try_wait().unwrap().is_none(), "it has ended");
        self.process.kill().await.unwrap();
        self.simulator.shutdown().await;
    }
}

#[tokio::test]
async fn the_function_of_the_example_answers() {
    let function = Function::start(env!("CARGO_BIN_EXE_lambda")).await;
    let answer = function.answer(http_api("GET", "/here", "", None)).await;
    assert_eq!(answer["statusCode"], 200);
    assert_eq!(answer["body"], "Hello from /here\n");
    function.stop().await;
}

#[tokio::test]
async fn e3_e16_each_kind_of_event_is_a_request() {
    let function = Function::start(env!("CARGO_BIN_EXE_laboratory")).await;
    for (event, body) in [
        (
            http_api("POST", "/a b/%2F", "x=1&x=2", Some("hello")),
            "POST /a b// x=1&x=2 192.0.2.7 api.example a=1; b=2 https: hello",
        ),
        (
            rest_api("/a"),
            "GET /prod/a  192.0.2.8 rest.example - https: ",
        ),
        (load_balancer("/a"), "GET /a q=1 - lb.example - http: "),
    ] {
        let answer = function.answer(event).await;
        assert_eq!(
            (&answer["statusCode"], &answer["body"]),
            (&json!(200), &json!(body))
        );
    }
    function.stop().await;
}

#[tokio::test]
async fn s7_b7_n8_responses_are_what_they_are_elsewhere() {
    let function = Function::start(env!("CARGO_BIN_EXE_laboratory")).await;
    let get = |path: &str| http_api("GET", path, "", None);
    let answer = function.answer(get("/bytes")).await;
    assert_eq!(answer["cookies"], json!(["a=1", "b=2; Path=/"]));
    assert_eq!(
        (&answer["body"], &answer["isBase64Encoded"]),
        (&json!("AP/+"), &json!(true))
    );
    for (path, status) in [("/nothing", 204), ("/failure", 500)] {
        let answer = function.answer(get(path)).await;
        assert_eq!(answer["statusCode"], status, "{path}");
    }
    function.stop().await;
}

/// B8: Lambda is told of an error, from which the client gets a 502. The process goes on.
#[tokio::test]
async fn b8_a_body_that_fails_is_an_error_of_its_invocation() {
    let function = Function::start(env!("CARGO_BIN_EXE_laboratory")).await;
    let state = function.invoke(http_api("GET", "/half", "", None)).await;
    assert_eq!(
        state.status,
        InvocationStatus::Error,
        "{:?}",
        state.response
    );
    let answer = function.answer(http_api("GET", "/nothing", "", None)).await;
    assert_eq!(answer["statusCode"], 204);
    function.stop().await;
}
