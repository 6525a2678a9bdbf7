//! The threads that run an actix application, and the hand-over of requests to them.

use std::num::NonZero;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use actix_web::rt::System;
use gateway_core::Error;
use tokio::runtime::Builder;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

use super::foreign_body::ForeignBody;
use super::foreign_request::ForeignRequest;

/// What a worker says about a request.
pub(crate) type Reply = Result<http::Response<ForeignBody>, Error>;

/// A request for a worker.
pub(crate) struct Job {
    pub(crate) request: ForeignRequest,
    pub(crate) reply: oneshot::Sender<Reply>,
    pub(crate) permit: Permit,
}

/// The place that a request takes until its response has ended. The worker's is given back first: who
/// has got one of the application finds a worker with room.
pub(crate) struct Permit {
    _of_worker: OwnedSemaphorePermit,
    _of_application: OwnedSemaphorePermit,
}

pub(crate) type Jobs = mpsc::UnboundedReceiver<Job>;

/// Tells that the application was built.
pub(crate) type Started = watch::Sender<Option<Result<(), String>>>;

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
    handles: Arc<[WorkerHandle]>,
    permits: Arc<Semaphore>,
    /// How many servers have started the app and have not shut it down.
    servers: usize,
    /// Resolved when the threads end.
    ended: Vec<oneshot::Receiver<()>>,
}

/// One worker, as others see it.
struct WorkerHandle {
    jobs: mpsc::UnboundedSender<Job>,
    permits: Arc<Semaphore>,
    started: watch::Receiver<Option<Result<(), String>>>,
}

impl WorkerHandle {
    /// Why the worker has not begun, or has ended.
    fn problem(&self) -> Error {
        match &*self.started.borrow() {
            Some(Err(error)) => Error::msg(error.clone()),
            Some(Ok(())) => Error::msg("a worker of an actix application has ended"),
            None => Error::msg("the factory of an actix application panicked"),
        }
    }

    /// Waits until the worker has built its application.
    async fn started(&self) -> Result<(), Error> {
        let mut started = self.started.clone();
        let is_built = match started.wait_for(Option::is_some).await {
            Ok(result) => matches!(&*result, Some(Ok(()))),
            Err(_) => false,
        };
        is_built.then_some(()).ok_or_else(|| self.problem())
    }
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
        let (handles, permits) = self.handles()?;
        let of_application = permits.acquire_owned().await?;
        let (handle, of_worker) = loop {
            let first = self.turn.fetch_add(1, Ordering::Relaxed);
            let with_room = (0..handles.len()).find_map(|step| {
                let handle = &handles[first.wrapping_add(step) % handles.len()];
                let of_worker = handle.permits.clone().try_acquire_owned().ok()?;
                Some((handle, of_worker))
            });
            match with_room {
                Some(found) => break found,
                // There is room; others have moved while this one looked.
                None => tokio::task::yield_now().await,
            }
        };
        let job = Job {
            request,
            reply,
            permit: Permit {
                _of_worker: of_worker,
                _of_application: of_application,
            },
        };
        handle.jobs.send(job).map_err(|_| handle.problem())
    }

    /// Starts the workers and waits until each has built its application.
    ///
    /// # Errors
    ///
    /// When a thread cannot be started, or an application not be built. A later call tries again.
    pub(crate) async fn start(&self) -> Result<(), Error> {
        let (handles, _) = self.handles()?;
        for handle in &*handles {
            if let Err(error) = handle.started().await {
                self.running()
                    .take_if(|running| Arc::ptr_eq(&running.handles, &handles));
                return Err(error);
            }
        }
        if let Some(running) = &mut *self.running() {
            running.servers += 1;
        }
        Ok(())
    }

    /// If no other server uses them, gives no more jobs to the workers and waits until they have ended.
    pub(crate) async fn shut_down(&self) {
        let running = {
            let mut running = self.running();
            if let Some(running) = &mut *running {
                running.servers = running.servers.saturating_sub(1);
            }
            running.take_if(|running| running.servers == 0)
        };
        let Some(Running { handles, ended, .. }) = running else {
            return;
        };
        drop(handles);
        for ended in ended {
            // A thread that ends drops the sender.
            let _ = ended.await;
        }
    }

    /// The handles of the workers. It starts the threads if they do not run.
    fn handles(&self) -> Result<(Arc<[WorkerHandle]>, Arc<Semaphore>), Error> {
        let mut running = self.running();
        if let Some(running) = &*running {
            return Ok((running.handles.clone(), running.permits.clone()));
        }
        let (mut handles, mut ended) = (Vec::new(), Vec::new());
        for number in 0..self.count {
            let (jobs, receiver) = mpsc::unbounded_channel();
            let (tell_start, started) = watch::channel(None);
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
            handles.push(WorkerHandle {
                jobs,
                permits: Arc::new(Semaphore::new(self.max_requests)),
                started,
            });
            ended.push(told_end);
        }
        let handles = Arc::<[WorkerHandle]>::from(handles);
        let all = self.max_requests.saturating_mul(self.count);
        let permits = Arc::new(Semaphore::new(all.min(Semaphore::MAX_PERMITS)));
        *running = Some(Running {
            handles: handles.clone(),
            permits: permits.clone(),
            servers: 0,
            ended,
        });
        Ok((handles, permits))
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
