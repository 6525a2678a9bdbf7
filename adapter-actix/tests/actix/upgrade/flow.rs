//! Who waits for whom, and what that costs.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use gateway_conformance::wire::{Protocol, WireRequest, exchange};
use gateway_core::{Body, Duplex, Environ, Error, view};
use tokio::io::AsyncReadExt;

use crate::server::Server;

use super::client::{Client, echo, serve, soon, until};

/// Waits until a count stands still, and gives it.
async fn still(count: &AtomicUsize) -> usize {
    let mut last = usize::MAX;
    while last != count.load(SeqCst) {
        last = count.load(SeqCst);
        assert!(last < 64 << 20, "nothing stops it");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    last
}

/// The app goes on reading, and its timers fire, while its writes wait.
#[tokio::test]
async fn u16_a_client_that_stops_reading_stops_writes_and_nothing_else() {
    #[derive(Default)]
    struct Counts {
        written: AtomicUsize,
        ticks: AtomicUsize,
        read: AtomicUsize,
    }
    let counts = Arc::<Counts>::default();
    let counting = counts.clone();
    let server = serve(move |mut stream: Duplex| {
        let counts = counting.clone();
        async move {
            let ticking = async {
                loop {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    counts.ticks.fetch_add(1, SeqCst);
                }
            };
            let streaming = poll_fn(|cx| {
                let piece = [b'x'; 8 * 1024];
                while let Poll::Ready(written) = stream.poll_write(cx, &piece)? {
                    counts.written.fetch_add(written, SeqCst);
                }
                let mut buffer = [0; 1024];
                while let Poll::Ready(read) = stream.poll_read(cx, &mut buffer)? {
                    if read == 0 {
                        return Poll::Ready(Ok::<_, Error>(()));
                    }
                    counts.read.fetch_add(read, SeqCst);
                }
                Poll::Pending
            });
            tokio::select! {
                ended = streaming => ended,
                () = ticking => Ok(()),
            }
        }
    });
    let mut client = Client::switched(&server).await;
    let stopped = still(&counts.written).await;
    assert!(stopped > 0);

    let ticks = counts.ticks.load(SeqCst);
    until(|| counts.ticks.load(SeqCst) > ticks + 5).await;
    let sent = vec![b'y'; 1 << 20];
    client.send(&sent).await;
    until(|| counts.read.load(SeqCst) == sent.len()).await;
    assert_eq!(counts.written.load(SeqCst), stopped);

    // The writes go on when the client reads.
    let mut buffer = vec![0; stopped + 1];
    soon(client.0.read_exact(&mut buffer)).await.unwrap();
    assert!(still(&counts.written).await > stopped);
}

/// No more than the buffers on the way is taken from a client before the app reads.
#[tokio::test]
async fn b3_an_app_that_stops_reading_stops_the_client() {
    let (go, wait) = tokio::sync::watch::channel(false);
    let read = Arc::new(AtomicUsize::new(0));
    let counting = read.clone();
    let server = serve(move |mut stream: Duplex| {
        let (mut wait, read) = (wait.clone(), counting.clone());
        async move {
            wait.wait_for(|go| *go).await?;
            let mut buffer = vec![0; 64 * 1024];
            loop {
                let length = stream.read(&mut buffer).await?;
                if length == 0 {
                    return Ok(());
                }
                read.fetch_add(length, SeqCst);
            }
        }
    });
    let client = Client::switched(&server).await;
    let sent = Arc::new(AtomicUsize::new(0));
    let sending = sent.clone();
    let (mut reading, mut writing) = client.0.into_split();
    let sender = tokio::spawn(async move {
        let piece = [b'x'; 8 * 1024];
        for _ in 0..(32 << 20) / piece.len() {
            tokio::io::AsyncWriteExt::write_all(&mut writing, &piece)
                .await
                .unwrap();
            sending.fetch_add(piece.len(), SeqCst);
        }
    });
    assert!(
        still(&sent).await < 32 << 20,
        "the client was never stopped"
    );
    assert_eq!(read.load(SeqCst), 0);
    go.send(true).unwrap();
    soon(sender).await.unwrap();
    let mut rest = Vec::new();
    soon(reading.read_to_end(&mut rest)).await.unwrap();
    assert_eq!(read.load(SeqCst), 32 << 20);
}

/// A waker of a reader's own, as a WebSocket library has one.
struct Own(Waker);

impl Wake for Own {
    fn wake(self: Arc<Self>) {
        self.0.wake_by_ref();
    }
}

#[tokio::test]
async fn a_reader_with_a_waker_of_its_own_is_polled_when_there_is_something() {
    let polls = Arc::new(AtomicUsize::new(0));
    let counting = polls.clone();
    let server = Server::of(view(move |environ: Environ| {
        let polls = counting.clone();
        async move {
            if !environ.offers_upgrade("websocket") {
                return Body::from("hello");
            }
            Body::upgrade("websocket", async move |mut stream: Duplex| {
                let mut buffer = [0; 64];
                loop {
                    let read = poll_fn(|cx| {
                        polls.fetch_add(1, SeqCst);
                        let own = Waker::from(Arc::new(Own(cx.waker().clone())));
                        stream.poll_read(&mut Context::from_waker(&own), &mut buffer)
                    })
                    .await?;
                    if read == 0 {
                        return Ok(());
                    }
                    stream.write_all(&buffer[..read]).await?;
                }
            })
        }
    }));
    let mut client = Client::switched(&server).await;
    for _ in 0..100 {
        client.send("x").await;
        client.expect("x").await;
    }
    // One that finds nothing and one that finds the byte, and a third where the byte comes in between.
    assert!(polls.load(SeqCst) <= 301, "{polls:?}");
    let before = polls.load(SeqCst);
    // The worker has one thread: what spins there is polled between these.
    for _ in 0..20 {
        let answer = exchange(server.address, Protocol::Http1, &WireRequest::get("/")).await;
        assert_eq!(answer.unwrap().text(), "hello");
    }
    assert!(polls.load(SeqCst) <= before + 1, "{before} {polls:?}");
    client.send("x").await;
    client.expect("x").await;
}

/// Streams of one worker share nothing but its thread.
#[tokio::test]
async fn l5_streams_at_once_share_nothing() {
    let server = serve(echo);
    let mut clients = Vec::new();
    for _ in 0..50 {
        clients.push(Client::switched(&server).await);
    }
    for round in 0..5 {
        for (n, client) in clients.iter_mut().enumerate() {
            client.send(format!("{round} {n};")).await;
        }
        for (n, client) in clients.iter_mut().enumerate() {
            client.expect(format!("{round} {n};")).await;
        }
    }
}
