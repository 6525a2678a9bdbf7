//! The requests.

use gateway_conformance::wire::WireRequest;

use crate::composition;

/// One request, and the reasons for which its answers differ.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) request: WireRequest,
    pub(super) differs: Vec<&'static str>,
}

impl Case {
    pub(super) fn new(method: &str, target: &str) -> Self {
        Self {
            name: format!("{method} {target}"),
            request: WireRequest::new(method, target),
            differs: Vec::new(),
        }
    }

    pub(super) fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    fn post(target: &str, content_type: &str, body: &str) -> Self {
        let mut case = Self::new("POST", target);
        case.name = format!("{} ({content_type:?} {body:?})", case.name);
        if !content_type.is_empty() {
            case.request = case.request.header("content-type", content_type);
        }
        case.request = case.request.body(body.to_owned());
        case
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.name = format!("{} [{name}: {value}]", self.name);
        self.request = self.request.header(name, value);
        self
    }

    pub(super) fn differs(mut self, reason: &'static str) -> Self {
        self.differs.push(reason);
        self
    }
}

/// All of them.
pub(super) fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    errors(&mut cases);
    answers(&mut cases);
    cookies(&mut cases);
    conditions(&mut cases);
    files(&mut cases);
    queries(&mut cases);
    forms(&mut cases);
    json(&mut cases);
    headers(&mut cases);
    composition::cases(&mut cases);
    cases
}

fn errors(cases: &mut Vec<Case>) {
    // The codes for which Werkzeug has an exception.
    let codes = (400..=406)
        .chain(408..=418)
        .chain([421, 422, 423, 424, 428, 429, 431, 451])
        .chain(500..=505);
    for code in codes.filter(|code| *code != 402) {
        cases.push(Case::get(&format!("/error/{code}")));
    }
    for code in [400, 404, 500] {
        cases.push(Case::get(&format!("/error-text/{code}")));
        cases.push(Case::get(&format!("/error-returned/{code}")));
    }
    for kind in [
        "allow",
        "retry-seconds",
        "retry-date",
        "basic",
        "two",
        "range",
        "response",
        "redirect",
        "crash",
    ] {
        let case = Case::get(&format!("/error-headers/{kind}"));
        cases.push(match kind {
            "basic" | "two" => case.differs("quoted-realm"),
            _ => case,
        });
    }
    cases.push(Case::new("HEAD", "/error/404"));
    for name in [
        "stock", "crash", "own", "returned", "fine", "404", "405", "500", "410",
    ] {
        cases.push(Case::get(&format!("/handled/{name}")));
    }
}

fn answers(cases: &mut Vec<Case>) {
    for code in [301, 302, 303, 305, 307, 308] {
        cases.push(Case::get(&format!("/redirect/{code}")));
    }
    for name in [
        "relative",
        "up",
        "absolute",
        "unicode",
        "space",
        "quotes",
        "encoded",
        "query",
        "empty",
        "authority",
    ] {
        cases.push(Case::get(&format!("/redirect-to/{name}")));
    }
    for name in [
        "text",
        "bytes",
        "dict",
        "list",
        "status",
        "status-text",
        "headers",
        "both",
        "generator",
        "lines",
        "repeated",
        "reset",
        "none",
    ] {
        cases.push(Case::get(&format!("/form/{name}")));
    }
    cases.push(Case::get("/form/reader").differs("sized-reader"));
    cases.push(Case::new("HEAD", "/form/text"));
    cases.push(Case::new("HEAD", "/form/generator"));
    for method in ["GET", "HEAD"] {
        cases.push(Case::new(method, "/form/empty").differs("typeless-204"));
    }
    for name in [
        "vary",
        "cache-public",
        "cache-no-store",
        "cache-private",
        "cache-shared",
        "last-modified",
        "expires",
        "retry-seconds",
        "retry-date",
        "etag",
        "etag-weak",
        "mimetype-text",
        "mimetype-other",
        "mimetype-xml",
    ] {
        cases.push(Case::get(&format!("/header/{name}")));
    }
}

fn cookies(cases: &mut Vec<Case>) {
    for name in [
        "plain",
        "two",
        "path",
        "domain",
        "secure",
        "httponly",
        "lax",
        "strict",
        "none",
        "expires",
        "partitioned",
        "empty",
    ] {
        cases.push(Case::get(&format!("/cookie/{name}")));
    }
    cases.push(Case::get("/cookie/max-age").differs("expires-of-max-age"));
    for name in ["delete", "delete-path", "delete-secure"] {
        cases.push(Case::get(&format!("/cookie/{name}")));
    }
}

const DATE: &str = "Sun, 09 Sep 2001 01:46:40 GMT";
const EARLIER: &str = "Sun, 09 Sep 2001 01:46:39 GMT";
const LATER: &str = "Sun, 09 Sep 2001 01:46:41 GMT";

fn conditions(cases: &mut Vec<Case>) {
    for kind in ["none", "tag", "weak", "date", "both"] {
        cases.push(Case::get(&format!("/conditional/{kind}")));
    }
    cases.push(Case::new("HEAD", "/conditional/both"));
    const SAME: &[&str] = &[];
    for (kind, name, value, differs) in [
        ("tag", "if-none-match", "\"foo\"", &["lean-304"][..]),
        ("tag", "if-none-match", "W/\"foo\"", &["lean-304"]),
        ("tag", "if-none-match", "\"bar\", \"foo\"", &["lean-304"]),
        ("tag", "if-none-match", "\"bar\"", SAME),
        ("tag", "if-none-match", "*", &["lean-304"]),
        ("weak", "if-none-match", "\"foo\"", &["lean-304"]),
        ("weak", "if-match", "\"foo\"", &["strong-if-match"]),
        ("tag", "if-match", "\"foo\"", SAME),
        ("tag", "if-match", "*", &["strong-if-match"]),
        ("tag", "if-match", "\"bar\"", &["page-of-412"]),
        (
            "date",
            "if-modified-since",
            DATE,
            &["lean-304", "dated-304"],
        ),
        (
            "date",
            "if-modified-since",
            LATER,
            &["lean-304", "dated-304"],
        ),
        ("date", "if-modified-since", EARLIER, SAME),
        ("date", "if-modified-since", "yesterday", SAME),
        ("both", "if-modified-since", DATE, &["lean-304"]),
        (
            "date",
            "if-unmodified-since",
            EARLIER,
            &["if-unmodified-since"],
        ),
        ("date", "if-unmodified-since", DATE, SAME),
    ] {
        let case = Case::get(&format!("/conditional/{kind}")).with(name, value);
        cases.push(
            differs
                .iter()
                .fold(case, |case, reason| case.differs(reason)),
        );
    }
    let both = || Case::get("/conditional/both");
    cases.push(
        both()
            .with("if-none-match", "\"bar\"")
            .with("if-modified-since", DATE),
    );
    for range in ["0-4", "6-", "-5", "0-99", "10-10", "11-", "11-12"] {
        cases.push(both().with("range", &format!("bytes={range}")));
    }
    cases.push(both().with("range", "bytes=-99").differs("long-suffix"));
    for range in ["bytes=4-2", "bytes=0-1,3-4", "lines=0-1", "nonsense"] {
        cases.push(both().with("range", range).differs("ignored-range"));
    }
    let part = || both().with("range", "bytes=0-4");
    for if_range in ["\"foo\"", "\"bar\"", DATE, EARLIER] {
        cases.push(part().with("if-range", if_range));
    }
    for if_range in ["W/\"foo\"", LATER] {
        cases.push(part().with("if-range", if_range).differs("exact-if-range"));
    }
    let head = Case::new("HEAD", "/conditional/both").with("range", "bytes=0-4");
    cases.push(head.differs("range-of-head"));
    let known = part().with("if-none-match", "\"foo\"");
    cases.push(known.differs("conditions-first"));
}

fn files(cases: &mut Vec<Case>) {
    let missing = |name: &str| Case::get(&format!("/file/{name}"));
    let file = |method: &str, name: &str| {
        Case::new(method, &format!("/file/{name}"))
            .differs("file-tag")
            .differs("no-inline-name")
    };
    for name in [
        "a.txt",
        "page.html",
        "data.bin",
        "style.css",
        "empty.txt",
        "sub/deep.json",
    ] {
        cases.push(file("GET", name));
    }
    cases.push(file("HEAD", "a.txt"));
    cases.push(file("GET", "a.txt").with("range", "bytes=2-4"));
    cases.push(file("GET", "a.txt").with("range", "bytes=-1"));
    cases.push(missing("a.txt").with("range", "bytes=10-"));
    let known = file("GET", "a.txt").with("if-modified-since", DATE);
    cases.push(known.differs("lean-304"));
    cases.push(file("GET", "a.txt").with("if-modified-since", EARLIER));
    for name in [
        "none.txt",
        "../secret.txt",
        "%2e%2e/secret.txt",
        "..%2fsecret.txt",
        "sub",
        "a.txt%00",
    ] {
        cases.push(missing(name));
    }
    cases.push(missing("a.txt/").differs("file-slash"));
    for name in ["space", "quote"] {
        cases.push(Case::get(&format!("/attachment/{name}")).differs("file-tag"));
    }
    for name in ["plain", "unicode"] {
        let case = Case::get(&format!("/attachment/{name}")).differs("file-tag");
        cases.push(case.differs("quoted-file-name"));
    }
}

fn queries(cases: &mut Vec<Case>) {
    for query in [
        "a=1",
        "a=1&b=2&a=3",
        "a=%C3%BC+x",
        "a",
        "=b",
        "a=b=c",
        "a=%zz",
        "&&a=1&",
        "",
    ] {
        cases.push(Case::get(&format!("/query?{query}")));
    }
    cases.push(Case::get("/query?a=%FF").differs("not-utf-8"));
    cases.push(Case::get("/query-int?n=12"));
    cases.push(Case::get("/query-int?n=x").differs("typed-query"));
    cases.push(Case::get("/query-required?name=x"));
    cases.push(Case::get("/query-required"));
}

const URLENCODED: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=XX";

fn forms(cases: &mut Vec<Case>) {
    for body in ["a=1&b=x+y&a=2", "a=%C3%BC", "", "a"] {
        cases.push(Case::post("/posted", URLENCODED, body));
    }
    cases.push(Case::post("/posted", URLENCODED, "a=%FF").differs("not-utf-8"));
    cases.push(Case::post("/posted", "text/plain", "a=1").differs("strict-forms"));
    cases.push(Case::post("/posted-limited", URLENCODED, "a=12345"));
    cases.push(Case::post(
        "/posted-limited",
        URLENCODED,
        "a=1234567890123456789012345",
    ));
    let parts = |names: &[&str]| -> String {
        let parts = names.iter().map(|name| {
            format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\nx\r\n")
        });
        parts.chain(["--XX--\r\n".to_owned()]).collect()
    };
    cases.push(Case::post("/posted", MULTIPART, &parts(&["a", "b", "a"])));
    cases.push(Case::post("/posted-parts", MULTIPART, &parts(&["a", "b"])));
    cases.push(Case::post(
        "/posted-parts",
        MULTIPART,
        &parts(&["a", "b", "c"]),
    ));
    let unbounded = Case::post("/posted", "multipart/form-data", &parts(&["a"]));
    cases.push(unbounded.differs("strict-forms"));
    cases.push(Case::post("/posted", MULTIPART, "nonsense").differs("strict-forms"));
    let upload = |name: &str| {
        format!(
            "--XX\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\ntext\r\n--XX\r\n\
             Content-Disposition: form-data; name=\"f\"; filename=\"{name}\"\r\n\
             Content-Type: text/plain\r\n\r\nline\r\n--X\r\nend\r\n--XX--\r\n"
        )
    };
    cases.push(Case::post("/files", MULTIPART, &upload("a.txt")));
    cases.push(Case::post("/files", MULTIPART, &upload("k\u{e4}se.txt")));
    let nested = Case::post("/files", MULTIPART, &upload("dir/a.txt"));
    cases.push(nested.differs("file-name"));
}

fn json(cases: &mut Vec<Case>) {
    for (content_type, body) in [
        ("application/json", "[1, \"two\", null]"),
        ("application/problem+json", "{\"a\": 1}"),
        ("application/json; charset=utf-8", "{}"),
        ("application/json", "[1,"),
        ("application/json", ""),
    ] {
        cases.push(Case::post("/json", content_type, body));
    }
    for content_type in ["text/plain", ""] {
        cases.push(Case::post("/json", content_type, "[1]").differs("json-type"));
    }
    cases.push(Case::post("/json-limited", "application/json", "[1, 2]"));
    cases.push(Case::post(
        "/json-limited",
        "application/json",
        "[1, 2, 3, 4]",
    ));
}

fn headers(cases: &mut Vec<Case>) {
    for value in ["a=1", "a=1; b=2; a=3", "a=\"q\"", "=x", "a=b=c; ", "a=%20"] {
        cases.push(Case::get("/cookies").with("cookie", value));
    }
    let nameless = Case::get("/cookies").with("cookie", "a");
    cases.push(nameless.differs("nameless-cookie"));
    for value in [
        "text/html",
        "application/json",
        "application/json;q=0.5, text/html;q=0.4",
        "*/*",
        "text/*;q=0.1, application/json;q=0.2",
        "image/png",
        "text/html;q=0, */*",
    ] {
        cases.push(Case::get("/accept").with("accept", value));
    }
    cases.push(Case::get("/accept").differs("no-accept"));
    for value in ["de", "en-GB", "fr", "de;q=0.5, en;q=0.6", "*"] {
        cases.push(Case::get("/language").with("accept-language", value));
    }
    const BASIC: &str = "Basic QWxhZGRpbjpvcGVuOnNlc2FtZQ==";
    const BEARER: &str = "Bearer abc.def";
    for (path, right, wrong) in [("/basic", BASIC, BEARER), ("/bearer", BEARER, BASIC)] {
        let with = |value| Case::get(path).with("authorization", value);
        cases.push(with(right));
        cases.push(with(wrong).differs("quoted-realm"));
        cases.push(Case::get(path).differs("quoted-realm"));
        cases.push(with("basic !").differs("bad-credentials"));
    }
    cases.push(Case::get("/client"));
}
