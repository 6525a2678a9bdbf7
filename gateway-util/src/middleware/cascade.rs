//! One app after another.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use gateway_core::{
    App, Body, BoxApp, Environ, Error, HttpError, Input, InputError, StartResponse, lifespan,
};
use http::StatusCode;
use http_body::{Body as HttpBody, Frame, SizeHint};

/// Asks one app after another until one does not refuse: Rack's `Cascade`.
///
/// An app refuses by a status that says so, 404 or 405 unless [`refusals`](Self::refusals) says
/// otherwise: started, or that of an [`HttpError`] it fails with. Any other error ends the cascade.
///
/// # What becomes of a refused answer, and of the input
///
/// - Its body is closed before the next app is called; nothing of its head is kept. The last app's
///   answer stands, whatever it is.
/// - Each app has an environ of its own: what one sets, mounts or takes out is not seen by the next.
/// - The input is handed on as long as nothing has been read of it. An app that has read of it has
///   taken the request: its answer stands, a refusal too, since the next would see half a body.
/// - Apps but the last are asked for the first chunk of their body before they are judged, as a
///   gateway does (B1). From there on the body streams: lengths, trailers and flushes pass (M1).
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{AppExt, Environ, view};
/// use gateway_util::Mount;
/// use gateway_util::Cascade;
///
/// let old = Mount::new().at("/old", view(async |_| "old"));
/// let site = Cascade::new().then(old).then(view(async |_| "new"));
/// let ask = async |target| {
///     let environ = Environ::from_request(http::Request::get(target).body(())?);
///     site.respond(environ).await?.into_body().bytes().await
/// };
/// assert_eq!(ask("/old").await?, "old");
/// assert_eq!(ask("/any").await?, "new");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[doc(alias = "fallback")]
pub struct Cascade {
    apps: Vec<BoxApp>,
    refusals: Vec<StatusCode>,
}

impl Cascade {
    /// No apps yet; a cascade of none answers 404.
    #[must_use]
    pub fn new() -> Self {
        Self {
            apps: Vec::new(),
            refusals: vec![StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED],
        }
    }

    /// Adds an app, asked when all before it refused.
    #[must_use]
    pub fn then(mut self, app: impl App) -> Self {
        self.apps.push(BoxApp::new(app));
        self
    }

    /// Sets which statuses refuse, in place of 404 and 405.
    #[must_use]
    pub fn refusals(mut self, refusals: impl IntoIterator<Item = StatusCode>) -> Self {
        self.refusals = refusals.into_iter().collect();
        self
    }

    fn refuses(&self, status: StatusCode) -> bool {
        self.refusals.contains(&status)
    }
}

impl Default for Cascade {
    fn default() -> Self {
        Self::new()
    }
}

impl App for Cascade {
    async fn call(
        &self,
        mut environ: Environ,
        start_response: StartResponse,
    ) -> Result<Body, Error> {
        use gateway_core::AppExt as _;

        let Some((last, others)) = self.apps.split_last() else {
            return Err(HttpError::not_found().into());
        };
        let input = Shared::of(environ.take_input());
        for app in others {
            let mut own = environ.fork();
            own.set_input(input.lend());
            match app.respond(own).await {
                Ok(response) if self.refuses(response.status()) && !input.is_read() => {
                    // Closed here, before the next app is called (L1).
                    drop(response);
                }
                Ok(response) => return start_response.send(response),
                Err(error) => {
                    let refused = error
                        .downcast_ref::<HttpError>()
                        .is_some_and(|error| self.refuses(error.status()));
                    if !refused || input.is_read() {
                        return Err(error);
                    }
                }
            }
        }
        environ.set_input(input.lend());
        last.call(environ, start_response).await
    }

    async fn startup(&self) -> Result<(), Error> {
        lifespan::startup_all(&self.apps).await
    }

    async fn shutdown(&self) -> Result<(), Error> {
        lifespan::shutdown_all(&self.apps).await
    }
}

impl fmt::Debug for Cascade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cascade")
            .field("apps", &self.apps.len())
            .field("refusals", &self.refusals)
            .finish()
    }
}

/// The input, which each app is lent.
struct Shared(Option<Arc<Mutex<Slot>>>);

struct Slot {
    input: Input,
    is_read: bool,
}

impl Shared {
    fn of(input: Input) -> Self {
        // Most requests have no body: there is nothing to share.
        if input.is_end_stream() {
            return Self(None);
        }
        Self(Some(Arc::new(Mutex::new(Slot {
            input,
            is_read: false,
        }))))
    }

    fn lend(&self) -> Input {
        match &self.0 {
            Some(slot) => Input::new(Lent(slot.clone())),
            None => Input::empty(),
        }
    }

    fn is_read(&self) -> bool {
        self.0.as_ref().is_some_and(|slot| lock(slot).is_read)
    }
}

struct Lent(Arc<Mutex<Slot>>);

fn lock(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = InputError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, InputError>>> {
        let mut slot = lock(&self.0);
        slot.is_read = true;
        Pin::new(&mut slot.input).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        lock(&self.0).input.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        lock(&self.0).input.size_hint()
    }
}
