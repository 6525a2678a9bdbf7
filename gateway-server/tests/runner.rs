//! A server from its app's startup to its shutdown, on one runtime and on workers.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests may fail like a test"
)]

use std::collections::HashSet;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gateway_core::{App, Body, Connection, Environ, Error, Gateway, StartResponse};
use gateway_server::{Ending, Listener, Runner, Socket, SocketStream};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Longer than any test.
const LONG: Duration = Duration::from_secs(3600);

/// An app that notes its lifespan. Its requests are of no protocol.
#[derive(Clone, Default)]
struct Noted {
    notes: Arc<Mutex<Vec<String>>>,
    fails: &'static str,
}

impl Noted {
    fn note(&self, note: impl Into<String>) {
        self.notes.lock().unwrap().push(note.into());
    }

    fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap().clone()
    }

    fn step(&self, step: &str) -> Result<(), Error> {
        self.note(step);
        match self.fails == step {
            true => Err(Error::msg(format!("{step} failed"))),
            false => Ok(()),
        }
    }
}

impl App for Noted {
    async fn call(&self, _: Environ, _: StartResponse) -> Result<Body, Error> {
        Err(Error::msg("there is no protocol"))
    }

    async fn startup(&self) -> Result<(), Error> {
        self.step("startup")
    }

    async fn shutdown(&self) -> Result<(), Error> {
        self.step("shutdown")
    }
}

/// Answers each byte with the name of its thread, panics at a `p`, and ends with the server.
async fn name_thread(
    mut stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    mut ending: Ending,
) {
    loop {
        let byte = tokio::select! {
            biased;
            byte = stream.read_u8() => byte,
            () = ending.begun() => return,
        };
        match byte {
            Ok(b'p') => panic!("a connection"),
            Ok(_) => {}
            Err(_) => return,
        }
        let name = format!("{:?}\n", std::thread::current().name());
        if stream.write_all(name.as_bytes()).await.is_err() {
            return;
        }
    }
}

struct Running {
    addr: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

async fn start(app: &Noted, configure: impl FnOnce(Runner<Socket>) -> Runner<Socket>) -> Running {
    start_on(Socket::bind("127.0.0.1:0").await.unwrap(), app, configure)
}

fn start_on(
    socket: Socket,
    app: &Noted,
    configure: impl FnOnce(Runner<Socket>) -> Runner<Socket>,
) -> Running {
    let addr = socket.local_addr().unwrap();
    let runner = configure(Runner::new(socket).shutdown_deadline(LONG));
    let gateway = Gateway::new(app.clone());
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(async move {
        let serve =
            |stream: SocketStream, _: Connection, ending: Ending| name_thread(stream, ending);
        let stop = async move { drop(stopped.await) };
        runner.run(&gateway, serve, stop, pending()).await
    });
    Running { addr, stop, task }
}

async fn within<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(Duration::from_secs(60), future).await {
        Ok(output) => output,
        Err(_) => panic!("{what} did not come"),
    }
}

impl Running {
    async fn stop(self) -> io::Result<()> {
        drop(self.stop);
        within("the end", self.task).await.unwrap()
    }
}

/// Sends a byte, and gives the line that comes back; nothing if the connection ends.
async fn ask(stream: &mut TcpStream, byte: u8) -> String {
    stream.write_all(&[byte]).await.unwrap();
    let mut line = String::new();
    while !line.ends_with('\n') {
        match within("an answer", stream.read_u8()).await {
            Ok(byte) => line.push(char::from(byte)),
            Err(_) => break,
        }
    }
    line.trim_end().to_owned()
}

/// The threads that have answered, until there are `count` of them.
async fn threads(addr: SocketAddr, count: usize) -> HashSet<String> {
    let mut seen = HashSet::new();
    // Each connection goes to any of them. That one of four is never met in 2000 does not happen.
    for _ in 0..2000 {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        seen.insert(ask(&mut stream, b'a').await);
        if seen.len() == count {
            break;
        }
    }
    seen
}

#[tokio::test]
async fn every_worker_accepts_and_the_app_starts_once() {
    let app = Noted::default();
    let server = start(&app, |runner| runner.workers(4)).await;
    let seen = threads(server.addr, 4).await;
    let expected = (0..4).map(|number| format!("Some(\"gateway-{number}\")"));
    assert_eq!(seen, expected.collect());
    server.stop().await.unwrap();
    assert_eq!(app.notes(), ["startup", "shutdown"]);
}

/// Of a socket that somebody has passed, all workers share the queue.
#[tokio::test]
async fn workers_share_a_socket_that_is_not_their_own() {
    let app = Noted::default();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let kept = listener.try_clone().unwrap();
    let socket = Socket::from_std(listener).unwrap();
    let server = start_on(socket, &app, |runner| runner.workers(2));
    let addr = server.addr;
    assert!(!threads(addr, 1).await.is_empty());
    server.stop().await.unwrap();
    // Whoever has the socket is listening on, and no worker took a part of the port with it.
    let mut waiting = TcpStream::connect(addr).await.unwrap();
    let server = start_on(Socket::from_std(kept).unwrap(), &app, |runner| runner);
    assert!(!ask(&mut waiting, b'a').await.is_empty());
    drop(waiting);
    server.stop().await.unwrap();
}

/// With SO_REUSEPORT from the beginning, two programs would get half of the clients each.
#[tokio::test]
async fn a_second_server_on_the_port_of_workers_is_an_error() {
    let app = Noted::default();
    let server = start(&app, |runner| runner.workers(2)).await;
    assert!(!threads(server.addr, 1).await.is_empty());
    let error = Socket::bind(server.addr).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    let plain = format!(
        "cannot listen on {}: another program listens there",
        server.addr
    );
    assert_eq!(
        (error.to_string(), format!("{error:?}").contains(&plain)),
        (plain, true)
    );
    server.stop().await.unwrap();
}

#[tokio::test]
async fn b9_a_panic_ends_its_connection_only() {
    for workers in [0, 1] {
        let app = Noted::default();
        let server = start(&app, |runner| runner.workers(workers)).await;
        let mut other = TcpStream::connect(server.addr).await.unwrap();
        let thread = ask(&mut other, b'a').await;
        let mut panics = TcpStream::connect(server.addr).await.unwrap();
        assert_eq!(ask(&mut panics, b'p').await, "");
        assert_eq!(ask(&mut other, b'a').await, thread);
        let mut next = TcpStream::connect(server.addr).await.unwrap();
        assert_eq!(ask(&mut next, b'a').await, thread);
        server.stop().await.unwrap();
        assert_eq!(app.notes(), ["startup", "shutdown"]);
    }
}

#[tokio::test]
async fn l9_an_error_of_the_startup_is_the_server_s_and_nothing_is_accepted() {
    for workers in [0, 2] {
        let app = Noted {
            fails: "startup",
            ..Noted::default()
        };
        let server = start(&app, |runner| runner.workers(workers)).await;
        let addr = server.addr;
        let error = within("the end", server.task).await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "startup failed");
        assert_eq!(app.notes(), ["startup"]);
        // The workers' threads have let go of the port, or do so now.
        let refused = async {
            while TcpStream::connect(addr).await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        within("the end of the workers", refused).await;
    }
}

#[tokio::test]
async fn l4_all_workers_let_their_connections_end_and_are_cut_at_the_deadline() {
    let app = Noted::default();
    let socket = Socket::bind("127.0.0.1:0").await.unwrap();
    let addr = socket.local_addr().unwrap();
    let runner = Runner::new(socket)
        .workers(2)
        .shutdown_deadline(Duration::from_millis(50));
    let gateway = Gateway::new(app.clone());
    let (begun, mut begins) = mpsc::unbounded_channel();
    let noted = app.clone();
    let serve = move |stream: SocketStream, _: Connection, mut ending: Ending| {
        let (begun, noted) = (begun.clone(), noted.clone());
        async move {
            struct Cut(Noted);
            impl Drop for Cut {
                fn drop(&mut self) {
                    self.0.note("cut");
                }
            }
            let _cut = Cut(noted.clone());
            let _ = begun.send(());
            ending.begun().await;
            noted.note("told");
            pending::<()>().await;
            drop(stream);
        }
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let stop_signal = async move { drop(stopped.await) };
    let served =
        tokio::spawn(async move { runner.run(&gateway, serve, stop_signal, pending()).await });
    let mut clients = Vec::new();
    for _ in 0..6 {
        clients.push(TcpStream::connect(addr).await.unwrap());
        within("a connection", begins.recv()).await.unwrap();
    }
    drop(stop);
    within("the end", served).await.unwrap().unwrap();
    let mut notes = app.notes();
    assert_eq!(
        notes.pop().as_deref(),
        Some("shutdown"),
        "behind the last connection"
    );
    assert_eq!(notes.iter().filter(|note| *note == "told").count(), 6);
    assert_eq!(notes.iter().filter(|note| *note == "cut").count(), 6);
}

/// Each worker has a part, and none has less than one connection.
#[tokio::test]
async fn connections_are_limited_over_all_workers() {
    let app = Noted::default();
    // One queue, so that both are offered every connection.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let socket = Socket::from_std(listener).unwrap();
    let server = start_on(socket, &app, |runner| runner.workers(2).max_connections(3));
    let mut open = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(server.addr).await.unwrap();
        open.push((ask(&mut stream, b'a').await, stream));
    }
    let names: HashSet<_> = open.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    let mut waits = TcpStream::connect(server.addr).await.unwrap();
    waits.write_all(b"a").await.unwrap();
    let answered = tokio::time::timeout(Duration::from_millis(200), waits.read_u8());
    assert!(answered.await.is_err(), "a fifth connection was accepted");
    drop(open);
    within("its turn", waits.read_u8()).await.unwrap();
    drop(waits);
    server.stop().await.unwrap();
}

/// A listener of one client after another, within the process.
struct InProcess(mpsc::Receiver<DuplexStream>);

impl Listener for InProcess {
    type Stream = DuplexStream;

    async fn accept(&mut self) -> io::Result<(DuplexStream, Connection)> {
        match self.0.recv().await {
            Some(stream) => Ok((stream, Connection::new())),
            None => pending().await,
        }
    }
}

#[tokio::test]
async fn any_listener_is_served_and_one_that_cannot_be_shared_is_an_error_with_workers() {
    let app = Noted::default();
    let gateway = Gateway::new(app.clone());
    let serve = |stream: DuplexStream, _: Connection, ending: Ending| name_thread(stream, ending);
    let (connect, connections) = mpsc::channel(1);
    let (mut client, stream) = tokio::io::duplex(4096);
    connect.send(stream).await.unwrap();
    let runner = Runner::new(InProcess(connections));
    let stop = async {
        client.write_all(b"a").await.unwrap();
        client.read_u8().await.unwrap();
    };
    within("the end", runner.run(&gateway, serve, stop, pending()))
        .await
        .unwrap();
    assert_eq!(app.notes(), ["startup", "shutdown"]);

    let app = Noted::default();
    let gateway = Gateway::new(app.clone());
    let runner = Runner::new(InProcess(mpsc::channel(1).1)).workers(2);
    let error = runner
        .run(&gateway, serve, pending(), pending())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::Unsupported);
    assert!(app.notes().is_empty());
}

/// Gives a few connections, and then panics.
struct Broken(bool);

impl Listener for Broken {
    type Stream = SocketStream;

    async fn accept(&mut self) -> io::Result<(SocketStream, Connection)> {
        if self.0 {
            panic!("a listener");
        }
        pending().await
    }

    fn share(&self) -> io::Result<Self> {
        // The first one goes on.
        Ok(Self(true))
    }
}

#[tokio::test]
async fn a_server_without_a_worker_ends_with_an_error() {
    let serve = |stream: SocketStream, _: Connection, ending: Ending| name_thread(stream, ending);
    let app = Noted::default();
    let gateway = Gateway::new(app.clone());
    let all = Runner::new(Broken(true)).workers(2);
    let ended = within("the end", all.run(&gateway, serve, pending(), pending())).await;
    assert_eq!(ended.unwrap_err().to_string(), "every worker has panicked");
    assert_eq!(app.notes(), ["startup", "shutdown"]);

    // One of two: the server goes on until it is told to end.
    let gateway = Gateway::new(app.clone());
    let one = Runner::new(Broken(false)).workers(2);
    let stop = tokio::time::sleep(Duration::from_millis(100));
    within("the end", one.run(&gateway, serve, stop, pending()))
        .await
        .unwrap();
}

/// A server whose future is dropped is gone, with its threads' connections.
#[tokio::test]
async fn a_dropped_server_cuts_its_workers() {
    let app = Noted::default();
    let server = start(&app, |runner| runner.workers(2)).await;
    let mut client = TcpStream::connect(server.addr).await.unwrap();
    ask(&mut client, b'a').await;
    server.task.abort();
    let mut rest = Vec::new();
    let _ = within("the end of a connection", client.read_to_end(&mut rest)).await;
    assert!(rest.is_empty());
    assert_eq!(app.notes(), ["startup"]);
}

/// The file goes with the last of them.
#[cfg(unix)]
#[tokio::test]
async fn workers_share_a_unix_socket_and_its_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let socket = Socket::bind_unix(&path).unwrap();
    assert_eq!(socket.local_addr(), None);
    let again = Socket::bind_unix(&path).unwrap_err();
    assert_eq!(again.kind(), io::ErrorKind::AddrInUse);
    let gateway = Gateway::new(Noted::default());
    let serve = |stream: SocketStream, _: Connection, ending: Ending| name_thread(stream, ending);
    let asked = path.clone();
    let stop = async move {
        for _ in 0..4 {
            let mut client = tokio::net::UnixStream::connect(&asked).await.unwrap();
            client.write_all(b"a").await.unwrap();
            within("an answer", client.read_u8()).await.unwrap();
        }
        assert!(asked.exists());
    };
    let runner = Runner::new(socket).workers(2);
    within("the end", runner.run(&gateway, serve, stop, pending()))
        .await
        .unwrap();
    assert!(!path.exists());
}
