//! The push producer: PEP 3333's `write`, polled by hand.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;

use gateway_core::{Body, Error, Writer};

mod support;
use support::{Counter, Frames, Poller, Wakes, run, yield_now};

/// A push body whose writer is moved out of its producer, which then waits forever.
fn with_writer() -> (Frames<Body>, Writer) {
    let (sender, receiver) = mpsc::channel();
    let mut frames = Frames::new(Body::from_producer(async move |writer| {
        sender.send(writer)?;
        std::future::pending().await
    }));
    frames.assert_pending();
    let writer = receiver.recv().unwrap();
    (frames, writer)
}

#[test]
fn the_producer_starts_with_the_first_poll_and_runs_once() {
    let started = Counter::default();
    let count = started.clone();
    let body = Body::from_producer(async move |mut writer| {
        count.add();
        writer.write("x").await?;
        Ok(())
    });
    let mut frames = Frames::new(body);
    assert_eq!(started.get(), 0);
    assert_eq!(frames.data(), "x");
    assert!(frames.next().is_none());
    assert!(frames.next().is_none());
    assert_eq!(started.get(), 1);
}

#[test]
fn b3_a_write_waits_until_its_chunk_was_taken() {
    let written = Counter::default();
    let count = written.clone();
    let mut frames = Frames::new(Body::from_producer(async move |mut writer| {
        for _ in 0..3 {
            writer.write("x").await?;
            count.add();
        }
        Ok(())
    }));
    for done in 0..3 {
        assert_eq!(frames.data(), "x");
        assert_eq!(written.get(), done);
    }
    assert!(frames.next().is_none());
    assert_eq!(written.get(), 3);
    assert_eq!(frames.wakes.count(), 0, "its own task needs no wakes");
}

#[test]
fn b2_an_empty_write_is_over_at_once() {
    let mut frames = Frames::new(Body::from_producer(async |mut writer| {
        for _ in 0..1000 {
            writer.write("").await?;
        }
        writer.write("x").await?;
        Ok(())
    }));
    assert_eq!(frames.data(), "x");
}

#[test]
fn a_writer_in_another_task_wakes_the_body_and_is_woken() {
    let (mut frames, mut writer) = with_writer();
    let mut write = Poller::new(async move {
        writer.write("one").await?;
        writer.write("two").await?;
        Ok::<_, Error>(writer)
    });
    let body_wakes = frames.wakes.count();
    write.assert_pending();
    assert_eq!(
        frames.wakes.count(),
        body_wakes + 1,
        "the body was not woken"
    );
    // Polled without need, it wakes nobody and writes nothing twice.
    write.assert_pending();
    assert_eq!(frames.wakes.count(), body_wakes + 1);

    let writer_wakes = write.wakes();
    assert_eq!(frames.data(), "one");
    assert_eq!(write.wakes(), writer_wakes + 1, "the writer was not woken");
    frames.assert_pending();
    write.assert_pending();
    assert_eq!(frames.data(), "two");
    write.finish().unwrap();
    frames.assert_pending();
}

#[test]
fn a_writer_in_another_thread_loses_no_wakeup() {
    const CHUNKS: usize = 20_000;
    let body = Body::from_producer(async |mut writer: Writer| {
        let (done, wait) = futures_channel();
        thread::spawn(move || {
            let outcome = Poller::new(async move {
                for _ in 0..CHUNKS {
                    writer.write("x").await?;
                }
                Ok::<_, Error>(())
            })
            .block();
            done(outcome);
        });
        wait.await
    });
    assert_eq!(Poller::new(body.bytes()).block().unwrap().len(), CHUNKS);
}

/// One outcome from another thread.
fn futures_channel() -> (
    impl FnOnce(Result<(), Error>) + Send,
    impl Future<Output = Result<(), Error>> + Send,
) {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    (
        move |outcome| {
            let _ = sender.send(outcome);
        },
        async move { receiver.await? },
    )
}

#[test]
fn writer_and_body_joined_in_one_task_lose_no_wakeup() {
    let (mut frames, mut writer) = with_writer();
    drop(std::mem::replace(&mut frames.wakes, Wakes::new()));
    let write = async move {
        for _ in 0..100 {
            writer.write("x").await?;
        }
        Ok::<_, Error>(())
    };
    let read = async move {
        let mut total = 0;
        while total < 100 {
            let frame = std::future::poll_fn(|cx| frames.poll_with(cx)).await;
            total += frame.unwrap().unwrap().into_data().unwrap().len();
        }
        total
    };
    let (total, written) = run(async { tokio::join!(read, write) });
    assert_eq!(total, 100);
    written.unwrap();
}

#[test]
fn a_producer_may_drive_its_writer_from_a_set_of_futures() {
    use futures_util::StreamExt;
    use futures_util::stream::FuturesUnordered;
    let body = Body::from_producer(async |mut writer| {
        let set = FuturesUnordered::new();
        set.push(async {
            for _ in 0..10 {
                writer.write("x").await?;
                yield_now().await;
            }
            Ok::<_, Error>(())
        });
        let outcomes: Vec<_> = set.collect().await;
        outcomes.into_iter().collect()
    });
    assert_eq!(run(body.bytes()).unwrap(), "xxxxxxxxxx");
}

#[test]
fn a_write_dropped_after_it_was_polled_sends_its_chunk_once() {
    let body = Body::from_producer(async |mut writer| {
        {
            let mut write = pin!(writer.write("one"));
            std::future::poll_fn(|cx| {
                assert!(write.as_mut().poll(cx).is_pending());
                Poll::Ready(())
            })
            .await;
        }
        writer.write("two").await?;
        {
            let mut write = pin!(writer.write("three"));
            std::future::poll_fn(|cx| {
                assert!(write.as_mut().poll(cx).is_pending());
                Poll::Ready(())
            })
            .await;
        }
        Ok(())
    });
    let mut frames = Frames::new(body);
    assert_eq!(frames.data(), "one");
    assert_eq!(frames.data(), "two");
    assert_eq!(frames.data(), "three");
    assert!(frames.next().is_none());
}

#[test]
fn a_write_never_polled_sends_nothing() {
    let body = Body::from_producer(async |mut writer| {
        drop(writer.write("never"));
        writer.write("x").await?;
        Ok(())
    });
    assert_eq!(run(body.bytes()).unwrap(), "x");
}

#[test]
fn a_writer_kept_after_the_producer_ended_is_refused() {
    let (sender, receiver) = mpsc::channel();
    let mut frames = Frames::new(Body::from_producer(async move |writer| {
        sender.send(writer)?;
        Ok(())
    }));
    assert!(frames.next().is_none());
    let mut writer = receiver.recv().unwrap();
    assert!(run(writer.write("x")).is_err());
    assert!(run(writer.write("")).is_err());
    assert!(run(writer.trailers(http::HeaderMap::new())).is_err());
    assert!(frames.next().is_none());
}

#[test]
fn l3_dropping_the_body_wakes_and_refuses_a_waiting_writer() {
    let (frames, mut writer) = with_writer();
    let mut write = Poller::new(async move { writer.write("x").await });
    write.assert_pending();
    let before = write.wakes();
    drop(frames);
    assert_eq!(write.wakes(), before + 1);
    let error = write.finish().unwrap_err();
    assert_eq!(error.to_string(), "the response is no longer read");
}

#[test]
fn l1_dropping_the_body_drops_the_producer() {
    let dropped = Counter::default();
    let guard = dropped.on_drop();
    let mut frames = Frames::new(Body::from_producer(async move |mut writer| {
        let _guard = guard;
        loop {
            writer.write("x").await?;
        }
    }));
    assert_eq!(frames.data(), "x");
    drop(frames);
    assert_eq!(dropped.get(), 1);
    // Also one that never ran.
    let guard = dropped.on_drop();
    drop(Body::from_producer(async move |_| {
        drop(guard);
        Ok(())
    }));
    assert_eq!(dropped.get(), 2);
}

#[test]
fn an_error_comes_behind_what_was_written() {
    let mut frames = Frames::new(Body::from_producer(async |mut writer| {
        let mut write = pin!(writer.write("x"));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(write.as_mut().poll(&mut cx).is_pending());
        Err(Error::msg("failed"))
    }));
    assert_eq!(frames.data(), "x");
    assert_eq!(frames.next().unwrap().unwrap_err().to_string(), "failed");
    assert!(frames.next().is_none());
}

#[test]
fn a_write_whose_chunk_was_taken_is_no_error_once_the_body_is_gone() {
    let (mut frames, mut writer) = with_writer();
    let mut write = Poller::new(async move {
        let outcome = writer.write("x").await;
        (outcome, writer.write("y").await)
    });
    write.assert_pending();
    assert_eq!(frames.data(), "x");
    drop(frames);
    let (taken, late) = write.finish();
    assert!(taken.is_ok());
    assert!(late.is_err());
}
