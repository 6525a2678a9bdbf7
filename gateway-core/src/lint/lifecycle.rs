//! Clauses that no check of the lint can see: what becomes of an exchange (L), and what is asked of
//! middlewares and of the lint itself (M). The conformance suite has cases for them.

//= L1 gateway, middleware: the body that an app returns MUST be closed, that is dropped, exactly once, whatever
//= happened: success, an error, a panic, HEAD, 204 or 304, an early end, a client that left, a body that was
//= never asked.
//= Reason: it holds files, locks and transactions.

//= L2 gateway, middleware: every `on_close` callback MUST run, in the order they were added, after the last byte
//= was handed over or when the exchange ended before that, also if one of them panics. A middleware that reads a
//= body whole and sends its bytes, or others in their place, MUST keep the callbacks until what it sends is dropped.
//= Reason: work after the response depends on it, and callbacks of different parts know nothing of each other.

//= L3 gateway: a client that goes away MUST be observable where the host can tell, MUST stop the producer within
//= one chunk, and MUST NOT be logged as an error of the app. The app's future MAY be dropped at any await, or run
//= on to its end: an app MUST NOT rely on either.
//= Reason: hyper drops the future, actix runs it on; what must happen belongs into a destructor or a task.

//= L4 gateway: a graceful shutdown MUST stop accepting, MUST let exchanges in flight end within a bound, and then
//= cuts them.
//= Reason: a deployment is not an outage, and one endless stream must not hold it up for ever.

//= L5 gateway: requests at the same time MUST NOT share environ or response state; what is recycled is emptied
//= first.
//= Reason: one client's data must never reach another.

//= L6 helper: blocking apps MUST run off the reactor, in a bounded pool.
//= Reason: a thread that waits serves nobody.

//= L7 gateway: the interface and its driver need no runtime and start no task. Every adapter of this project MUST
//= call apps and poll their bodies in the context of a tokio runtime, with the timers and the I/O that its host has
//= enabled. A host without such a context MUST say so. What needs one and finds none SHOULD fail with an error that
//= names it, not with a panic.
//= Reason: an app that starts a task or a timer works on one host and fails on the next, and nothing in the types
//= tells which.

//= L8 gateway: whoever observes an exchange MUST be told exactly once how it ended, after the body was closed (L2):
//= the status that was sent, the bytes of the body that were handed to the host, and whether the exchange was
//= completed, was aborted, and by which clause, lost its client, was refused before the app, or was cut at the end of
//= a shutdown. A page of the gateway is a completed response, with the clause that the app broke.
//= Reason: an access log that guesses in a middleware what the gateway does guesses wrong.

//= M1 middleware: a middleware that changes nothing MUST be transparent to the byte: length, trailers, flush and
//= close survive it.
//= Reason: stacks are deep, and each layer would lose something.

//= M2 middleware: the lint MUST name the clause and the side, MUST change nothing on the wire, and MUST be silent
//= on right answers, those with 204, 304, HEAD and redirects among them.
//= Reason: a lint that cries wolf is switched off.

//= M3 gateway: the same exchange MUST have the same result in process and over sockets, on every adapter, on
//= HTTP/1.1 and HTTP/2; where a host cannot, the exception is named with its reason.
//= Reason: it is what the convention is for.
