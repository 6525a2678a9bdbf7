//! Clauses that no check of the lint can see: what views return and what becomes of it (N). They
//! hold for values before there is an exchange, and have tests of their own.

//= N1 gateway: a view MUST be able to return text, bytes, JSON, a stream or an iterator, a response, an HTTP
//= error, another app's answer, and `(body, status)`, `(body, headers)` or `(body, status, headers)`. A response
//= MAY have any body, and be made for another interface: what S7 forbids in a head is then translated or
//= stripped, and is no error. The error of a returned `Result` MUST say what it is answered with, by its
//= conversion into an HTTP error. Anything else MUST be a compile error that names the forms, or the conversion
//= to write.
//= Reason: one conversion, and its errors before the program runs.

//= N2 gateway: a view that returns nothing MUST NOT produce a 200: `()` does not compile, and `None` is a 500 whose
//= log says that the view returned nothing.
//= Reason: a forgotten return value is the commonest fault of a view.

//= N3 gateway: a tuple's status MUST override. Its headers MUST be added to those already there; a field that HTTP
//= allows once (Content-Type, Content-Length, Location, ETag ..) MUST be replaced, as a group by name, whatever
//= the body is. `Replace` replaces every name that is given.
//= Reason: adding loses no Set-Cookie; and a second Location helps nobody.

//= N4 gateway: a status MUST be given as a `StatusCode`, a `u16`, or text that begins with the number (`"404"`,
//= `"404 Not Found"`). A text without one, or a number out of range, MUST be an error that says so.
//= Reason: what an app supplies is never unwrapped. The phrase is not sent: HTTP/2 has none.

//= N5 gateway: text and bytes MUST default to `text/html; charset=utf-8`, JSON to `application/json` with a newline
//= at its end. A type that the app gives MUST win and MUST NOT be doubled. Text without a byte MUST NOT get a type
//= where its tuple says 204 or 304.
//= Reason: it is what Flask's users expect. RFC 9110 section 8.3: the type is that of content.

//= N6 gateway: an HTTP error MUST be the same page whether it is returned or raised. Its public description MUST be
//= escaped once; its private source MUST be logged and MUST NOT be sent. It carries headers such as Allow,
//= Retry-After and one WWW-Authenticate a line. An error that converts into an HTTP error MUST be answered as that
//= one where a view returns it. Where it was converted into the general error of apps first, it has no answer of
//= its own: a generic 500, and the log has its text.
//= Reason: what went wrong inside is of use to the operator, and to an attacker.

//= N7 gateway: the name, value, path and domain of a cookie MUST be checked where it is set.
//= Reason: a `;` in a value is another attribute.

//= N8 helper: helpers for conditional and range requests MUST judge If-None-Match (weakly) before
//= If-Modified-Since, answer a failed If-Match with 412, honour If-Range, one range with 206 and one that cannot be
//= satisfied with 416, and MUST ignore a unit they do not know.
//= Reason: RFC 9110 sections 13 and 14; caches rely on the order.

//= N9 gateway: Location MUST be sent as the app gave it, relative or absolute, percent-encoded where needed.
//= Reason: RFC 9110 section 10.2.2 allows relative references, and a gateway behind a proxy cannot know the
//= absolute one.

//= N10 helper: what deletes a cookie MUST use the path and domain that the cookie was set with.
//= Reason: to a client, a cookie of the same name with another path or domain is another cookie.
