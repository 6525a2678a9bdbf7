//! A response under way.

use bytes::Bytes;

use super::in_process::Running;
use crate::check::Failure;
use crate::wire::{Head, WireResponse, http1, http2};

/// A request that was sent, and its response, read step by step.
pub(crate) enum Open {
    /// The method is there until the head was read.
    Http1(http1::Http1Connection, Option<String>),
    Http2(Box<(http2::Http2Connection, http2::Stream)>),
    InProcess(Running),
}

impl Open {
    /// Waits for the head.
    pub(crate) async fn head(&mut self) -> Result<Head, Failure> {
        match self {
            Self::Http1(connection, method) => {
                let method = method
                    .take()
                    .ok_or_else(|| Failure::new("the head was read before"))?;
                Ok(connection.read_head(method).await?)
            }
            Self::Http2(both) => Ok(both.1.head().await?),
            Self::InProcess(running) => running.head().await,
        }
    }

    /// Waits for the next piece of the body; `None` is the end, however it came.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        self.begin().await?;
        match self {
            Self::Http1(connection, _) => Ok(connection.read_chunk().await?),
            Self::Http2(both) => Ok(both.1.chunk().await?),
            Self::InProcess(running) => running.chunk().await,
        }
    }

    /// Reads what is left and gives the whole response.
    pub(crate) async fn finish(&mut self) -> Result<WireResponse, Failure> {
        self.begin().await?;
        match self {
            Self::Http1(connection, _) => Ok(connection.finish().await?),
            Self::Http2(both) => Ok(both.1.finish().await?),
            Self::InProcess(running) => running.finish().await,
        }
    }

    /// Reads the head where that is a step of its own and was not taken.
    async fn begin(&mut self) -> Result<(), Failure> {
        if let Self::Http1(_, Some(_)) = self {
            self.head().await?;
        }
        Ok(())
    }

    /// Leaves, as a client does whose user has closed the window.
    pub(crate) fn leave(self) -> Result<(), Failure> {
        match self {
            Self::Http1(connection, _) => Ok(connection.reset()?),
            Self::Http2(both) => {
                both.0.abort();
                Ok(())
            }
            Self::InProcess(running) => {
                drop(running);
                Ok(())
            }
        }
    }
}
