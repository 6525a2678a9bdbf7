//! A CGI program as an app.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use gateway_core::{App, Body, Environ, Error, HttpError, Input, InputError, StartResponse};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};

use super::process::Process;
use super::relay::{Relay, RelayError, Upstream, Watch};
use super::variables;

/// How much is read at a time.
const CHUNK: usize = 32 * 1024;
/// A longer line of the standard error is logged in pieces.
const LOGGED_LINE: u64 = 4096;
/// How long a program that has closed its output may take to end.
const LAST_MOMENT: Duration = Duration::from_secs(5);

/// A CGI program as an app (RFC 3875): one process for each request.
///
/// - Its environment holds the variables of the environ, `GATEWAY_INTERFACE`, `SERVER_SOFTWARE`, and
///   what [`env`](Self::env) adds; nothing of this process. `HTTP_PROXY` is never among it (E11), nor are
///   headers about the client's connection. `PATH` is not set unless it is added.
/// - The input is streamed to its standard input, the response from its standard output, at the same
///   time and no faster than the other side takes it. A body without a length has no `CONTENT_LENGTH`:
///   the input ends with the file, which not every program looks for.
/// - What it writes to its standard error is logged, a line at a time.
/// - Its head has `Content-Type`, `Location` or `Status`. A `Location` without a status is a 302, also
///   where it is a path. Programs that write a whole HTTP response ("non-parsed headers") are not
///   supported.
/// - When the client leaves, the program and the processes that it has started are killed.
///
/// | what happens | before the head | after it |
/// |---|---|---|
/// | it cannot be started; it ends without a head; its head is malformed or over [`max_head_bytes`](Self::max_head_bytes) | 502 | - |
/// | it neither takes nor gives anything for the [`timeout`](Self::timeout) | 504 | aborted |
/// | it ends with a status that is not 0, or by a signal | 502 | aborted |
///
/// It needs a tokio runtime with I/O and time (L7). Bound the programs that run at a time by a middleware
/// in front.
///
/// # Examples
///
/// ```
/// use adapter_cgi::CgiProgram;
/// use gateway_core::{AppExt, Environ};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let script = r#"printf 'Content-Type: text/plain\n\nHello from %s' "$PATH_INFO""#;
/// let app = CgiProgram::new("/bin/sh").arg("-c").arg(script);
/// let environ = Environ::from_request(http::Request::get("/here").body(())?);
/// let response = app.respond(environ).await?;
/// assert_eq!(response.headers()["content-type"], "text/plain");
/// assert_eq!(response.into_body().bytes().await?, "Hello from /here");
/// # Ok::<(), gateway_core::Error>(())
/// # }).map_err(|error| error.to_string())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct CgiProgram {
    program: Arc<Path>,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    directory: Option<PathBuf>,
    timeout: Duration,
    max_head: usize,
}

impl CgiProgram {
    /// The program at this path.
    #[must_use]
    pub fn new(program: impl AsRef<Path>) -> Self {
        Self {
            program: program.as_ref().into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            directory: None,
            timeout: Duration::from_secs(60),
            max_head: 64 * 1024,
        }
    }

    /// Adds an argument. Nothing of a request becomes one.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds a variable to the environment. It replaces one of the request.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        let variable = (name.as_ref().to_owned(), value.as_ref().to_owned());
        self.environment.push(variable);
        self
    }

    /// The directory that the program is started in. By default that of this process.
    #[must_use]
    pub fn current_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Bounds how long the program may neither take nor give anything. By default 60 seconds. A wait for
    /// the client does not count.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Bounds the head of the program's response. By default 64 KiB.
    #[must_use]
    pub fn max_head_bytes(mut self, bytes: usize) -> Self {
        self.max_head = bytes;
        self
    }

    fn command(&self, variables: Vec<variables::Variable>) -> Command {
        let mut command = Command::new(&*self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(
                variables
                    .into_iter()
                    .map(|(name, value)| (name, OsString::from_vec(value))),
            )
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own: what it starts ends with it.
            .process_group(0)
            .kill_on_drop(true);
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        command
    }
}

impl App for CgiProgram {
    async fn call(
        &self,
        mut environ: Environ,
        start_response: StartResponse,
    ) -> Result<Body, Error> {
        let variables = variables::of(&environ);
        // It ends a value in a process environment.
        if variables.iter().any(|(_, value)| value.contains(&0)) {
            let error = HttpError::bad_request();
            return Err(error.with_source("a variable holds a NUL").into());
        }
        let input = environ.take_input();
        let spawned = self.command(variables).spawn();
        let mut child = spawned.map_err(|error| RelayError::Unreachable(error).into_page())?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let process = Process::new(child);
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(RelayError::Ended.into_page().into());
        };
        let watch = Watch::new();
        let output = Output {
            stdout,
            buffer: BytesMut::new(),
            stderr: Some(BufReader::new(stderr)),
            line: Vec::new(),
            process,
        };
        let feeding = Box::pin(feed(input, stdin, watch.clone()));
        Relay::new(output, feeding, watch, self.timeout)
            .answer(self.max_head, start_response)
            .await
    }
}

/// Hands the input over. A program that does not read it to its end is not at fault.
async fn feed(mut input: Input, mut stdin: ChildStdin, watch: Watch) -> Result<(), InputError> {
    while let Some(mut chunk) = watch.chunk(&mut input).await? {
        while !chunk.is_empty() {
            if let Err(error) = stdin.write_buf(&mut chunk).await {
                tracing::debug!(target: "gateway", "a CGI program does not read its input: {error}");
                return Ok(());
            }
            watch.moved();
        }
    }
    Ok(())
}

struct Output {
    stdout: ChildStdout,
    buffer: BytesMut,
    stderr: Option<BufReader<ChildStderr>>,
    /// What has come of a line.
    line: Vec<u8>,
    process: Process,
}

impl Output {
    /// Logs what comes, and ends with it.
    async fn log(stderr: &mut Option<BufReader<ChildStderr>>, line: &mut Vec<u8>) {
        while let Some(reader) = stderr {
            let room = LOGGED_LINE.saturating_sub(line.len() as u64);
            let read = reader.take(room).read_until(b'\n', line).await;
            let text = line.trim_ascii_end();
            if !text.is_empty() {
                tracing::warn!(target: "gateway", "a CGI program says: {}", text.escape_ascii());
            }
            line.clear();
            if !matches!(read, Ok(1..)) {
                *stderr = None;
            }
        }
    }
}

impl Upstream for Output {
    async fn next(&mut self) -> Result<Option<Bytes>, RelayError> {
        self.buffer.reserve(CHUNK);
        let read = {
            let logging = Self::log(&mut self.stderr, &mut self.line);
            let logging = async {
                logging.await;
                std::future::pending::<()>().await;
            };
            tokio::select! {
                biased;
                read = self.stdout.read_buf(&mut self.buffer) => read,
                () = logging => return Ok(None),
            }
        };
        if read.map_err(RelayError::Io)? > 0 {
            return Ok(Some(self.buffer.split().freeze()));
        }
        // The output is whole if the program says so.
        let ended = tokio::time::timeout(LAST_MOMENT, async {
            let status = self.process.wait().await;
            // What it said last; a process that it has left behind may hold the pipe open.
            let last = Self::log(&mut self.stderr, &mut self.line);
            let _ = tokio::time::timeout(Duration::from_millis(100), last).await;
            status
        });
        match ended.await {
            Ok(Ok(status)) if status.success() => Ok(None),
            Ok(Ok(status)) => Err(RelayError::Failed(status.to_string())),
            Ok(Err(error)) => Err(RelayError::Io(error)),
            Err(_) => Err(RelayError::Stalled),
        }
    }
}
