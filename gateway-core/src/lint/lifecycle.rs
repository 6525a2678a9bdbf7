//! Comments only: the clauses of the specification that the lint cannot check, about the lifecycle
//! of an exchange (L), middlewares and the lint itself (M). The conformance suite has cases for
//! them.

//= L1 gateway, middleware: the body that an app returns MUST be closed (dropped) exactly once,
//= whatever happens: success, an error, a panic, HEAD, 204 or 304, an early end, a client that
//= left, a body that was never asked.
//= Reason: it holds files, locks and transactions.

//= L2 gateway, middleware: every `on_close` callback MUST run, in the order in which they were
//= added, after the last byte was handed over, or when the exchange ends before that. It MUST run
//= even if another one panics. A middleware that reads a whole body and sends its bytes, or others
//= instead, MUST keep the callbacks until what it sends is dropped.
//= Reason: work after the response depends on them, and callbacks of different parts know nothing
//= of each other.

//= L3 gateway: a client that goes away MUST be observable if the host can tell, MUST stop the
//= producer within one chunk, and MUST NOT be logged as an error of the app. The app's future MAY
//= be dropped at any await, or run to its end: an app MUST NOT rely on either.
//= Reason: hyper drops the future, actix runs it to its end. What must happen belongs in a
//= destructor or a task.

//= L4 gateway: a graceful shutdown MUST stop accepting connections, MUST let exchanges in flight
//= end within a bound, and then cuts them.
//= Reason: a deployment is not an outage, and one endless stream must not delay it forever.

//= L5 gateway: concurrent requests MUST NOT share environ or response state. Recycled memory is
//= emptied first.
//= Reason: one client's data must never reach another.

//= L6 helper: blocking apps MUST run off the reactor, in a bounded pool.
//= Reason: a blocked thread of the reactor serves no request.

//= L7 gateway: the interface and its driver need no runtime and start no task. Every adapter of
//= this project MUST call apps and poll their bodies in the context of a tokio runtime, with the
//= timers and the I/O that its host has enabled. A host without such a context MUST say so. Code
//= that needs one and finds none SHOULD fail with an error that names it, not with a panic.
//= Reason: an app that starts a task or a timer works on one host and fails on the next, and its
//= types do not show it.

//= L8 gateway: an observer of an exchange MUST be told exactly once how it ended, after the body
//= was closed (L2). It is told the status that was sent, the bytes of the body that were handed to
//= the host, and whether the exchange was completed, was aborted (and by which clause), lost its
//= client, was refused before the app, or was cut at the end of a shutdown. A page of the gateway
//= is a completed response, with the clause that explains it, if there is one. What a gateway logs of
//= an error of the exchange, it SHOULD log within the observers, so that they can name the request.
//= Reason: an access log in a middleware would have to guess what the gateway does, and nobody finds
//= the request of an error that does not name it.

//= L9 gateway: a server MUST call the startup of its app once, and await it before it accepts a request. An
//= error of it MUST stop the server with that error. An app that one server reaches by several mounts is
//= started once where the mounts share it. Where a host accepts the requests and an adapter only makes a
//= service for it, the program that runs the host is the server.
//= Reason: an app opens its connections once, and a deployment that cannot is found before it takes requests.
//= (It happens beside the requests.)

//= L10 gateway: a server MUST call the shutdown of an app that it has started once, when the last exchange and
//= the last stream that was switched have ended or were cut. It MAY drop it at its deadline (L4).
//= Reason: what an exchange uses is closed behind it. (It happens beside the requests.)

//= L11 middleware: a middleware MUST forward startup and shutdown to each app that it calls: the startups in
//= order, the shutdowns in the other. If one startup fails, those that were started MUST be shut down.
//= Reason: an app does not know what it is wrapped in, and a startup that is lost is found in production. (The
//= lint is called for requests.)

//= M1 middleware: a middleware that changes nothing MUST be transparent to the byte: length,
//= trailers, early commit and close survive it.
//= Reason: in a deep stack, each layer would lose something.

//= M2 middleware: the lint MUST name the clause and the side, MUST change nothing on the wire, and
//= MUST NOT report correct responses, those with 204, 304, HEAD and redirects among them.
//= Reason: a lint with false alarms is switched off.

//= M3 gateway: the same exchange MUST have the same result in process and over sockets, on every
//= adapter, on HTTP/1.1 and HTTP/2. If a host cannot do that, the exception is named with its
//= reason.
//= Reason: this is the purpose of the interface.
