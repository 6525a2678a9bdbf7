//! The threads that run an actix application, and the hand-over of requests to them.

use std::num::NonZero;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use actix_web::rt::System;
use gateway_core::Error;
use tokio::runtime::Builder;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::foreign_body::ForeignBody;
use super::foreign_request::ForeignRequest;

/// What a worker says about a request.
pub(crate) type Reply = Result<http::Response<ForeignBody>, Error>;

/// A request for a worker.
pub(crate) struct Job {
    pub(crate) request: ForeignRequest,
    pub(crate) reply: oneshot::Sender<Reply>,
    /// Dropped when the response has ended.
    pub(crate) permit: OwnedSemaphorePermit,
}

pub(crate) type Jobs = mpsc::UnboundedReceiver<Job>;

/// Tells that the application was built.
pub(crate) type Started = oneshot::Sender<Result<(), Error>>;

type Serve = dyn Fn(Jobs, Started) -> Pin<Box<dyn Future<Output = ()>>> + Send + Sync;

/// All workers of an application.
pub(crate) struct Workers {
    serve: Arc<Serve>,
    count: usize,
    max_requests: usize,
    turn: AtomicUsize,
    running: Mutex<Option<Running>>,
}

/// The workers while they run.
struct Running {
    desks: Arc<[Desk]>,
    /// Taken by who waits for the start.
    started: Vec<oneshot::Receiver<Result<(), Error>>>,
    /// Resolved when the threads end.
    ended: Vec<oneshot::Receiver<()>>,
}

/// Where a worker takes its requests from.
struct Desk {
    jobs: mpsc::UnboundedSender<Job>,
    places: Arc<Semaphore>,
}

impl Workers {
    /// Workers that have not started. `serve` builds an application and runs it until there are no
    /// more jobs.
    pub(crate) fn new<Fut>(
        serve: impl Fn(Jobs, Started) -> Fut + Send + Sync + 'static,
        max_requests: usize,
    ) -> Self
    where
        Fut: Future<Output = ()> + 'static,
    {
        Self {
            serve: Arc::new(move |jobs, started| Box::pin(serve(jobs, started))),
            count: thread::available_parallelism().map_or(1, NonZero::get),
            max_requests,
            turn: AtomicUsize::new(0),
            running: Mutex::new(None),
        }
    }

    pub(crate) fn set_count(&mut self, count: usize) {
        self.count = count;
    }

    pub(crate) fn set_max_requests(&mut self, count: usize) {
        self.max_requests = count;
    }

    /// Hands a request over to a worker with room, or waits for room.
    ///
    /// # Errors
    ///
    /// When a thread cannot be started, or the worker has ended because it could not build the
    /// application.
    pub(crate) async fn hand_over(
        &self,
        request: ForeignRequest,
        reply: oneshot::Sender<Reply>,
    ) -> Result<(), Error> {
        let desks = self.desks()?;
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        let with_room = (0..desks.len()).find_map(|step| {
            let desk = &desks[(first.wrapping_add(step)) % desks.len()];
            let permit = desk.places.clone().try_acquire_owned().ok()?;
            Some((desk, permit))
        });
        let (desk, permit) = match with_room {
            Some(found) => found,
            None => {
                let desk = &desks[first % desks.len()];
                (desk, desk.places.clone().acquire_owned().await?)
            }
        };
        let job = Job {
            request,
            reply,
            permit,
        };
        desk.jobs.send(job).map_err(|_| {
            Error::msg("the workers of the actix application have ended; see the error of startup")
        })
    }

    /// Starts the workers and waits until each has built its application.
    pub(crate) async fn start(&self) -> Result<(), Error> {
        self.desks()?;
        let started = match &mut *self.running() {
            Some(running) => std::mem::take(&mut running.started),
            None => Vec::new(),
        };
        for started in started {
            match started.await {
                Ok(result) => result?,
                Err(_) => return Err(Error::msg("the factory of an actix application panicked")),
            }
        }
        Ok(())
    }

    /// Gives no more jobs to the workers, and waits until they have ended.
    pub(crate) async fn shut_down(&self) {
        let running = self.running().take();
        let Some(Running { desks, ended, .. }) = running else {
            return;
        };
        drop(desks);
        for ended in ended {
            // A thread that ends drops the sender.
            let _ = ended.await;
        }
    }

    /// The desks. It starts the threads if they do not run.
    fn desks(&self) -> Result<Arc<[Desk]>, Error> {
        let mut running = self.running();
        if let Some(running) = &*running {
            return Ok(running.desks.clone());
        }
        let (mut desks, mut started, mut ended) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..self.count {
            let (jobs, receiver) = mpsc::unbounded_channel();
            let (tell_start, told_start) = oneshot::channel();
            let (tell_end, told_end) = oneshot::channel::<()>();
            let serve = self.serve.clone();
            // An own runtime, as actix's own workers have. Making it here gives an error instead of a
            // panic.
            let runtime = Builder::new_current_thread().enable_all().build()?;
            thread::Builder::new()
                .name(format!("actix-app-{number}"))
                .spawn(move || {
                    let _tell_end = tell_end;
                    System::with_tokio_rt(move || runtime).block_on(serve(receiver, tell_start));
                })?;
            desks.push(Desk {
                jobs,
                places: Arc::new(Semaphore::new(self.max_requests)),
            });
            started.push(told_start);
            ended.push(told_end);
        }
        let desks = Arc::<[Desk]>::from(desks);
        *running = Some(Running {
            desks: desks.clone(),
            started,
            ended,
        });
        Ok(desks)
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
