//! Comments only: the clauses of the specification that the lint cannot check, about what the
//! return value of a view becomes (N). The tests of this crate check them.

//= N1 gateway: a view MUST be able to return text, bytes, JSON, a stream or an iterator, a
//= response, an HTTP error, another app's response, and `(body, status)`, `(body, headers)` or
//= `(body, status, headers)`. A response MAY have any body, and MAY be made for another interface:
//= header fields that S7 forbids are then translated or stripped, and are no error. The error of a
//= returned `Result` MUST say which response it becomes, by its conversion into an HTTP error.
//= Anything else MUST be a compile error that names the forms, or the conversion to write.
//= Reason: there is one conversion, and its errors show before the program runs.

//= N2 gateway: a view that returns nothing MUST NOT produce a 200: `()` does not compile, and
//= `None` is a 500 whose log says that the view returned nothing.
//= Reason: a forgotten return value is the most common fault of a view.

//= N3 gateway: the status of a tuple MUST replace that of its body. Its headers MUST be added to
//= those of the body. A field that HTTP allows once (Content-Type, Content-Length, Location, ETag
//= ..) MUST be replaced, as a group by name, whatever the body is. `Replace` replaces every name
//= that is given.
//= Reason: adding loses no Set-Cookie, and a second Location helps nobody.

//= N4 gateway: a status MUST be given as a `StatusCode`, a `u16`, or text that begins with the
//= number (`"404"`, `"404 Not Found"`). A text without one, or a number out of range, MUST be an
//= error that says so.
//= Reason: a value of an app must not cause a panic. The phrase is not sent, because HTTP/2 has
//= none.

//= N5 gateway: text and bytes MUST default to `text/html; charset=utf-8`, JSON to
//= `application/json` with a newline at its end. A type that the app gives MUST take precedence and
//= MUST NOT be doubled. Empty text MUST NOT get a type if its tuple says 204 or 304.
//= Reason: users of Flask expect it. By RFC 9110 section 8.3 the type is that of content.

//= N6 gateway: an HTTP error MUST give the same page whether it is returned or raised. Its public
//= description MUST be escaped once; its private source MUST be logged and MUST NOT be sent.
//= (`gateway-core` logs the source of a 5xx at ERROR, and any other at DEBUG, because a client can cause it at
//= will.) It carries headers such as Allow, Retry-After and one WWW-Authenticate per line. An error that
//= converts into an HTTP error MUST be answered as that one if a view returns it. If it was
//= converted into the general error of apps first, the response is a generic 500, and its text is
//= logged.
//= Reason: the internal cause helps the operator, and would help an attacker.

//= N7 gateway: the name, value, path and domain of a cookie MUST be checked where it is set.
//= Reason: a `;` in a value would begin another attribute.

//= N8 helper: helpers for conditional and range requests MUST judge If-None-Match (weakly) before
//= If-Modified-Since, answer a failed If-Match with 412, honour If-Range, one range with 206 and one that cannot be
//= satisfied with 416, and MUST ignore a unit they do not know.
//= Reason: RFC 9110 sections 13 and 14; caches rely on the order.

//= N9 gateway: Location MUST be sent as the app gave it, relative or absolute, percent-encoded if
//= needed.
//= Reason: RFC 9110 section 10.2.2 allows relative references, and a gateway behind a proxy cannot
//= know the absolute one.

//= N10 helper: a helper that deletes a cookie MUST use the path and domain that the cookie was set
//= with.
//= Reason: to a client, a cookie of the same name with another path or domain is another cookie.
