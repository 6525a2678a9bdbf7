//! A FastCGI server as an app.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use gateway_core::{App, Body, Environ, Error, Input, InputError, StartResponse};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

use super::relay::{Relay, RelayError, Upstream, Watch};
use super::scripts::Scripts;
use super::variables;
use crate::codec::fastcgi::{ROLE_RESPONDER, append_pair, decode, encode, kind};

/// How much is read at a time.
const CHUNK: usize = 32 * 1024;
/// A connection has one request.
const ID: u16 = 1;

/// A FastCGI server as an app: php-fpm, say. A request has a connection of its own.
///
/// - It is told the variables of the environ, `GATEWAY_INTERFACE`, `SERVER_SOFTWARE`, where its scripts are,
///   and what [`param`](Self::param) adds. `HTTP_PROXY` is never among it (E11), nor are headers about the
///   client's connection.
/// - Both directions are streamed at the same time, no faster than the other side takes them. PHP reads as
///   much of the input as `CONTENT_LENGTH` says, and nothing of a body without a length.
/// - What it writes to its standard error is logged.
/// - When the client leaves, the connection is closed.
///
/// | what happens | before the head | after it |
/// |---|---|---|
/// | it cannot be reached within the [`connect_timeout`](Self::connect_timeout); it closes the connection; it breaks the protocol; its head is malformed or over [`max_head_bytes`](Self::max_head_bytes) | 502 | aborted |
/// | it says that it has too much to do | 503 | - |
/// | it neither takes nor gives anything for the [`timeout`](Self::timeout) | 504 | aborted |
///
/// It needs a tokio runtime with I/O and time (L7).
///
/// # Examples
///
/// ```no_run
/// use adapter_cgi::FastCgiClient;
/// use gateway_core::view;
/// use gateway_util::Mount;
///
/// let blog = FastCgiClient::unix("/run/php/php-fpm.sock").root("/srv/blog");
/// let app = Mount::new().at("/blog", blog).fallback(view(async |_| "Hello, World!"));
/// # let _ = app;
/// ```
#[derive(Debug, Clone)]
pub struct FastCgiClient {
    address: Arc<Address>,
    scripts: Scripts,
    params: Vec<(String, Vec<u8>)>,
    connect_timeout: Duration,
    timeout: Duration,
    max_head: usize,
}

#[derive(Debug)]
enum Address {
    Tcp(String),
    Unix(PathBuf),
}

impl FastCgiClient {
    /// The server at a TCP address, such as `127.0.0.1:9000`.
    #[must_use]
    pub fn tcp(address: impl Into<String>) -> Self {
        Self::new(Address::Tcp(address.into()))
    }

    /// The server at a Unix socket.
    #[must_use]
    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Self::new(Address::Unix(path.into()))
    }

    fn new(address: Address) -> Self {
        Self {
            address: Arc::new(address),
            scripts: Scripts::None,
            params: Vec::new(),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(60),
            max_head: 64 * 1024,
        }
    }

    /// Says where the scripts are, for the server: the first segment of the path that ends with `.php` is
    /// the script, and what is behind it is PATH_INFO. A path that names none is answered by
    /// `index.php`, with the whole of it as PATH_INFO. A path with a `.` or `..` segment is a 404.
    #[must_use]
    pub fn root(mut self, root: impl Into<PathBuf>) -> Self {
        self.scripts = Scripts::Below {
            root: root.into(),
            index: "index.php".to_owned(),
        };
        self
    }

    /// Says which script answers every request: SCRIPT_NAME is where this app is mounted, and PATH_INFO
    /// the rest.
    #[must_use]
    pub fn script(mut self, script: impl Into<PathBuf>) -> Self {
        self.scripts = Scripts::One(script.into());
        self
    }

    /// Adds a variable. It replaces one of the request.
    #[must_use]
    pub fn param(mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.params.push((name.into(), value.into()));
        self
    }

    /// Bounds how long a connection may take to be made. By default 5 seconds.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Bounds how long the server may neither take nor give anything. By default 60 seconds. A wait for
    /// the client does not count.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Bounds the head of the response. By default 64 KiB.
    #[must_use]
    pub fn max_head_bytes(mut self, bytes: usize) -> Self {
        self.max_head = bytes;
        self
    }

    async fn connect(&self) -> io::Result<(Reader, Writer)> {
        let connecting = async {
            Ok::<(Reader, Writer), io::Error>(match &*self.address {
                Address::Tcp(address) => {
                    let stream = TcpStream::connect(address).await?;
                    stream.set_nodelay(true)?;
                    let (reader, writer) = stream.into_split();
                    (Box::new(reader), Box::new(writer))
                }
                Address::Unix(path) => {
                    let (reader, writer) = UnixStream::connect(path).await?.into_split();
                    (Box::new(reader), Box::new(writer))
                }
            })
        };
        match tokio::time::timeout(self.connect_timeout, connecting).await {
            Ok(connected) => connected,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

type Reader = Box<dyn AsyncRead + Send + Unpin>;
type Writer = Box<dyn AsyncWrite + Send + Unpin>;

impl App for FastCgiClient {
    async fn call(
        &self,
        mut environ: Environ,
        start_response: StartResponse,
    ) -> Result<Body, Error> {
        let mut variables = variables::of(&environ);
        // php-cgi runs nothing without it.
        variables::set(&mut variables, "REDIRECT_STATUS", b"200".to_vec());
        self.scripts.tell(&environ, &mut variables)?;
        for (name, value) in &self.params {
            variables::set(&mut variables, name, value.clone());
        }
        let input = environ.take_input();
        let connected = self.connect().await;
        let (reader, writer) =
            connected.map_err(|error| RelayError::Unreachable(error).into_page())?;
        let watch = Watch::new();
        let feeding = Box::pin(feed(head(variables), input, writer, watch.clone()));
        let records = Records {
            reader,
            buffer: BytesMut::new(),
        };
        Relay::new(records, feeding, watch, self.timeout)
            .answer(self.max_head, start_response)
            .await
    }
}

/// The records before the input.
fn head(variables: Vec<variables::Variable>) -> BytesMut {
    let mut out = BytesMut::new();
    let [high, low] = ROLE_RESPONDER.to_be_bytes();
    // The connection is not kept.
    let begin = [high, low, 0, 0, 0, 0, 0, 0];
    encode(kind::BEGIN_REQUEST, ID, &begin, &mut out);
    let mut pairs = BytesMut::new();
    for (name, value) in &variables {
        append_pair(name.as_bytes(), value, &mut pairs);
    }
    if !pairs.is_empty() {
        encode(kind::PARAMS, ID, &pairs, &mut out);
    }
    encode(kind::PARAMS, ID, &[], &mut out);
    out
}

/// Hands the request over. A server that does not read it to its end is not at fault. The writer is kept
/// until the exchange has ended: its end would be that of the request.
async fn feed(
    mut out: BytesMut,
    mut input: Input,
    mut writer: Writer,
    watch: Watch,
) -> Result<(), InputError> {
    loop {
        while !out.is_empty() {
            let written = writer.write_buf(&mut out).await;
            if let Err(error) = written {
                tracing::debug!(target: "gateway", "a FastCGI server does not read its input: {error}");
                return std::future::pending().await;
            }
            watch.moved();
        }
        match watch.chunk(&mut input).await? {
            Some(chunk) => encode(kind::STDIN, ID, &chunk, &mut out),
            None => break,
        }
    }
    encode(kind::STDIN, ID, &[], &mut out);
    let _ = writer.write_all(&out).await;
    watch.moved();
    std::future::pending().await
}

struct Records {
    reader: Reader,
    buffer: BytesMut,
}

impl Upstream for Records {
    async fn next(&mut self) -> Result<Option<Bytes>, RelayError> {
        loop {
            let decoded = decode(&mut self.buffer);
            let decoded = decoded.map_err(|_| RelayError::Protocol("a record is malformed"))?;
            let Some(record) = decoded else {
                self.buffer.reserve(CHUNK);
                let read = self.reader.read_buf(&mut self.buffer).await;
                match read.map_err(RelayError::Io)? {
                    0 => {
                        return Err(RelayError::Protocol(
                            "the connection ends before the request",
                        ));
                    }
                    _ => continue,
                }
            };
            match (record.kind, record.id) {
                (kind::STDOUT, ID) if !record.content.is_empty() => {
                    return Ok(Some(record.content));
                }
                (kind::STDERR, ID) => {
                    for line in record.content.split(|byte| *byte == b'\n') {
                        if !line.trim_ascii().is_empty() {
                            tracing::warn!(
                                target: "gateway", "a FastCGI server says: {}",
                                line.trim_ascii_end().escape_ascii()
                            );
                        }
                    }
                }
                (kind::END_REQUEST, ID) => return ended(&record.content),
                _ => {}
            }
        }
    }
}

/// How a request has ended (section 5.5).
fn ended(content: &[u8]) -> Result<Option<Bytes>, RelayError> {
    match content {
        [0, 0, 0, 0, 0, ..] => Ok(None),
        [a, b, c, d, 0, ..] => {
            let status = u32::from_be_bytes([*a, *b, *c, *d]);
            Err(RelayError::Failed(format!("exit status {status}")))
        }
        [_, _, _, _, 2, ..] => Err(RelayError::Overloaded),
        [_, _, _, _, ..] => Err(RelayError::Protocol("it does not take the request")),
        _ => Err(RelayError::Protocol("a record is malformed")),
    }
}
