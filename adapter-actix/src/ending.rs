//! `Ending`: a connection that ends after its response. actix serves what follows on it nevertheless.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::SocketAddr;

use actix_web::dev::RequestHead;
use tokio::task;

/// How many connections a worker remembers. What follows is served right behind the response, while
/// the client has not taken it, so that few are enough.
const REMEMBERED: usize = 32;

thread_local! {
    static ENDED: RefCell<VecDeque<Connection>> = const { RefCell::new(VecDeque::new()) };
}

/// A connection of this worker: actix serves each in a task of its own, whose id is never used
/// again. The peer is there because a request that is made in process has a task, too. A Unix socket
/// has no peer, and is not known again.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Connection {
    task: task::Id,
    peer: SocketAddr,
}

impl Connection {
    fn of(head: &RequestHead) -> Option<Self> {
        let (task, peer) = task::try_id().zip(head.peer_addr)?;
        Some(Self { task, peer })
    }
}

/// The end of a connection. Dropped with the body of its last response, it remembers the connection:
/// actix takes the next request up right behind that.
#[derive(Debug)]
pub(crate) struct Ending(Connection);

impl Ending {
    /// `None` if the connection cannot be known again.
    pub(crate) fn of(head: &RequestHead) -> Option<Self> {
        Connection::of(head).map(Self)
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        // A thread that ends has no connection to remember.
        let _ = ENDED.try_with(|ended| {
            let mut ended = ended.borrow_mut();
            if ended.len() == REMEMBERED {
                ended.pop_front();
            }
            ended.push_back(self.0);
        });
    }
}

/// True if the request has come on a connection behind its last response (RFC 9112 section 9.6).
#[inline]
pub(crate) fn has_ended(head: &RequestHead) -> bool {
    ENDED.with_borrow(|ended| {
        !ended.is_empty()
            && Connection::of(head).is_some_and(|connection| ended.contains(&connection))
    })
}
