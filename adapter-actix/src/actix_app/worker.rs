//! One worker: builds an actix application, and runs the requests that it is given.

use std::cell::Cell;
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use actix_http::{Request, Response};
use actix_service::{Service, ServiceFactory};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::AppConfig;
use tokio::task::JoinSet;

use super::foreign_body;
use super::foreign_response::foreign_response;
use super::workers::{Job, Jobs, Started};

/// Runs an application until there are no more jobs and the last one is over.
pub(crate) async fn run<S, B>(factory: S, mut jobs: Jobs, started: Started)
where
    S: ServiceFactory<Request, Config = AppConfig>,
    S::Service: 'static,
    S::Response: Into<Response<B>>,
    S::Error: Into<actix_web::Error>,
    S::InitError: fmt::Debug,
    B: MessageBody + 'static,
{
    let service = match factory.new_service(AppConfig::default()).await {
        Ok(service) => Rc::new(service),
        Err(error) => {
            let error = format!("an actix application cannot be built: {error:?}");
            started.send_replace(Some(Err(error)));
            return;
        }
    };
    started.send_replace(Some(Ok(())));
    // A panic of a handler ends its own task.
    let mut tasks = JoinSet::new();
    poll_fn(|cx| {
        let is_over = loop {
            match jobs.poll_recv(cx) {
                Poll::Ready(Some(job)) => {
                    tasks.spawn_local(answer(service.clone(), job));
                }
                Poll::Ready(None) => break true,
                Poll::Pending => break false,
            }
        };
        while let Poll::Ready(Some(_)) = tasks.poll_join_next(cx) {}
        if is_over && tasks.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

/// Runs one request to the end of its response, or until nobody waits for it.
async fn answer<S, B>(service: Rc<S>, job: Job)
where
    S: Service<Request>,
    S::Response: Into<Response<B>>,
    S::Error: Into<actix_web::Error>,
    B: MessageBody + 'static,
{
    let Job {
        request,
        mut reply,
        permit,
    } = job;
    let _permit = permit;
    let is_head = request.is_head();
    let answered = {
        let mut answering = pin!(async {
            let in_handler = request.offers_switch().then(Rc::<Cell<bool>>::default);
            let response = match request.into_actix(in_handler.clone()) {
                Some(request) => {
                    let mut responding = pin!(respond(&*service, request));
                    poll_fn(|cx| {
                        let mark = |is_polled| in_handler.iter().for_each(|it| it.set(is_polled));
                        mark(true);
                        let polled = responding.as_mut().poll(cx);
                        mark(false);
                        polled
                    })
                    .await
                }
                None => actix_web::HttpResponse::BadRequest().finish().into(),
            };
            foreign_response(response, is_head).await
        });
        poll_fn(|cx| match reply.poll_closed(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => answering.as_mut().poll(cx).map(Some),
        })
        .await
    };
    match answered {
        // The client has left.
        None => {}
        Some(Err(error)) => drop(reply.send(Err(error))),
        Some(Ok((response, rest))) => {
            if reply.send(Ok(response)).is_ok()
                && let Some((body, parts)) = rest
            {
                foreign_body::pump(body, parts).await;
            }
        }
    }
}

async fn respond<S, B>(service: &S, request: Request) -> Response<BoxBody>
where
    S: Service<Request>,
    S::Response: Into<Response<B>>,
    S::Error: Into<actix_web::Error>,
    B: MessageBody + 'static,
{
    let called = match poll_fn(|cx| service.poll_ready(cx)).await {
        Ok(()) => service.call(request).await,
        Err(error) => Err(error),
    };
    match called {
        Ok(response) => response.into().map_into_boxed_body(),
        Err(error) => error.into().error_response().into(),
    }
}
