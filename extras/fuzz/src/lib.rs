//! What a fuzz target does with the bytes it is given. Each panics where a promise of the project is
//! broken, and uses public items only.
//!
//! `run` builds and runs the targets; `cargo test` runs them over the seeds.

mod accept;
mod answer;
mod authorization;
mod chunked;
mod conditions;
mod content_type;
mod cookies;
mod events;
mod forwarded;
mod front_end;
pub mod growth;
mod multipart;
mod path;
mod request_head;
mod suite_reader;

pub use accept::accept;
pub use answer::answer;
pub use authorization::authorization;
pub use chunked::chunked;
pub use conditions::conditions;
pub use content_type::content_type;
pub use cookies::cookies;
pub use events::events;
pub use forwarded::forwarded;
pub use front_end::{cgi_head, fastcgi, scgi, uwsgi};
pub use multipart::multipart;
pub use path::path;
pub use request_head::request_head;
pub use suite_reader::suite_reader;

/// A target's name and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: &[Target] = &[
    ("accept", accept),
    ("answer", answer),
    ("authorization", authorization),
    ("cgi_head", cgi_head),
    ("chunked", chunked),
    ("conditions", conditions),
    ("content_type", content_type),
    ("cookies", cookies),
    ("events", events),
    ("fastcgi", fastcgi),
    ("forwarded", forwarded),
    ("multipart", multipart),
    ("path", path),
    ("request_head", request_head),
    ("scgi", scgi),
    ("suite_reader", suite_reader),
    ("uwsgi", uwsgi),
];

use http::{HeaderMap, HeaderName, HeaderValue, Request};

/// The input up to the first byte of this value, and what follows it.
fn cut(data: &[u8], at: u8) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == at) {
        Some(place) => (&data[..place], &data[place + 1..]),
        None => (data, &[]),
    }
}

/// Header lines `name: value`, each ended by LF; what cannot be one is left out, as hosts refuse it.
fn headers(lines: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines.split(|byte| *byte == b'\n') {
        let (name, value) = cut(line, b':');
        let value = HeaderValue::from_bytes(value.trim_ascii());
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), value) {
            headers.append(name, value);
        }
    }
    headers
}

/// A request for `/` with one header of this value, if that can be one.
fn request(name: &'static str, value: &[u8]) -> Option<Request<()>> {
    let mut request = Request::new(());
    let value = HeaderValue::from_bytes(value).ok()?;
    request.headers_mut().insert(name, value);
    Some(request)
}

#[cfg(test)]
mod tests {
    use super::TARGETS;

    #[test]
    fn no_seed_breaks_a_promise() {
        for (name, target) in TARGETS {
            let directory = format!("{}/seeds/{name}", env!("CARGO_MANIFEST_DIR"));
            let mut seeds = 0;
            for seed in std::fs::read_dir(&directory).expect(&directory) {
                let path = seed.expect("an entry").path();
                let bytes = std::fs::read(&path).expect("a seed");
                let tried = std::panic::catch_unwind(|| target(&bytes));
                assert!(tried.is_ok(), "{}", path.display());
                seeds += 1;
            }
            assert!(seeds > 0, "{name} has no seed");
        }
    }
}
