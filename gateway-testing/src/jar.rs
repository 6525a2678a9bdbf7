//! The client's cookies, stored and sent by the rules of RFC 6265 section 5.

use cookie::time::OffsetDateTime;
use cookie::{Cookie, Expiration};

/// The cookies of one client.
#[derive(Default)]
pub(crate) struct Jar(Vec<Kept>);

struct Kept {
    name: String,
    value: String,
    domain: String,
    /// Only for the exact host that set it.
    is_host_only: bool,
    path: String,
    is_secure: bool,
    expires: Option<OffsetDateTime>,
}

impl Jar {
    /// Stores the cookie of a `Set-Cookie` line. A malformed line is ignored, as in browsers.
    pub(crate) fn store(&mut self, line: &str, host: &str, request_path: &str) {
        if let Ok(cookie) = Cookie::parse(line.to_owned()) {
            self.add(cookie, host, request_path);
        }
    }

    /// RFC 6265 section 5.3.
    pub(crate) fn add(&mut self, cookie: Cookie<'static>, host: &str, request_path: &str) {
        let domain = cookie
            .domain()
            .map(|domain| domain.trim_start_matches('.').to_ascii_lowercase())
            .filter(|domain| !domain.is_empty());
        if domain
            .as_deref()
            .is_some_and(|domain| !domain_matches(host, domain))
        {
            return;
        }
        let path = cookie.path().filter(|path| path.starts_with('/'));
        let kept = Kept {
            name: cookie.name().to_owned(),
            value: cookie.value().to_owned(),
            is_host_only: domain.is_none(),
            domain: domain.unwrap_or_else(|| host.to_owned()),
            path: path
                .unwrap_or_else(|| default_path(request_path))
                .to_owned(),
            is_secure: cookie.secure().unwrap_or(false),
            // Max-Age takes precedence over Expires.
            expires: match (cookie.max_age(), cookie.expires()) {
                (Some(age), _) => Some(
                    OffsetDateTime::now_utc()
                        .checked_add(age)
                        .unwrap_or(cookie::time::PrimitiveDateTime::MAX.assume_utc()),
                ),
                (None, Some(Expiration::DateTime(at))) => Some(at),
                _ => None,
            },
        };
        let place = self.0.iter().position(|known| {
            (&known.name, &known.domain, &known.path) == (&kept.name, &kept.domain, &kept.path)
        });
        match (place, kept.is_expired()) {
            (Some(place), true) => drop(self.0.remove(place)),
            (None, true) => {}
            (Some(place), false) => {
                if let Some(known) = self.0.get_mut(place) {
                    *known = kept;
                }
            }
            (None, false) => self.0.push(kept),
        }
    }

    /// The `Cookie` header of a request, RFC 6265 section 5.4.
    pub(crate) fn header(&self, host: &str, path: &str, is_secure: bool) -> Option<String> {
        let mut cookies: Vec<&Kept> = self
            .0
            .iter()
            .filter(|kept| {
                !kept.is_expired()
                    && (is_secure || !kept.is_secure)
                    && path_matches(path, &kept.path)
                    && (kept.domain == host
                        || (!kept.is_host_only && domain_matches(host, &kept.domain)))
            })
            .collect();
        // Longer paths first. The sort keeps the order of equal ones.
        cookies.sort_by_key(|kept| std::cmp::Reverse(kept.path.len()));
        let pairs: Vec<String> = cookies
            .iter()
            .map(|kept| format!("{}={}", kept.name, kept.value))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    pub(crate) fn value(&self, name: &str) -> Option<String> {
        self.0
            .iter()
            .find(|kept| kept.name == name && !kept.is_expired())
            .map(|kept| kept.value.clone())
    }
}

impl Kept {
    fn is_expired(&self) -> bool {
        self.expires
            .is_some_and(|expires| expires <= OffsetDateTime::now_utc())
    }
}

/// RFC 6265 section 5.1.3.
fn domain_matches(host: &str, domain: &str) -> bool {
    let is_address = host.starts_with('[') || host.parse::<std::net::IpAddr>().is_ok();
    host == domain
        || (!is_address
            && host
                .strip_suffix(domain)
                .is_some_and(|rest| rest.ends_with('.')))
}

/// RFC 6265 section 5.1.4.
fn path_matches(path: &str, cookie_path: &str) -> bool {
    path.strip_prefix(cookie_path)
        .is_some_and(|rest| rest.is_empty() || cookie_path.ends_with('/') || rest.starts_with('/'))
}

/// The directory of the request, RFC 6265 section 5.1.4.
fn default_path(path: &str) -> &str {
    match path.rfind('/') {
        Some(slash) if slash > 0 && path.starts_with('/') => path.get(..slash).unwrap_or("/"),
        _ => "/",
    }
}
