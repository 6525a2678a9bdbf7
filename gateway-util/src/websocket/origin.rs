//! Which pages may open a connection (RFC 6455 section 10.2).

use std::error::Error as StdError;
use std::fmt;

use gateway_core::{EnvValue, Environ, HttpError};
use http::uri::Authority;

/// The origins that a connection may come from.
#[derive(Debug, Clone, Default)]
pub(super) struct Origins {
    any: bool,
    listed: Vec<Listed>,
    /// An entry that is no origin. An acceptor that has one accepts nothing.
    malformed: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Listed {
    /// `null`: a page whose origin is hidden, such as one in a sandboxed frame.
    Null,
    Origin(Origin),
}

/// A scheme, a host and a port (RFC 6454 section 4).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl Origins {
    pub(super) fn allow(&mut self, origin: &str) {
        match Listed::parse(origin) {
            Some(listed) => self.listed.push(listed),
            None => self.malformed = Some(origin.to_owned()),
        }
    }

    pub(super) fn allow_any(&mut self) {
        self.any = true;
    }

    /// Checks the origin of a request. Without one it did not come from a page.
    ///
    /// # Errors
    ///
    /// 403 for a page that may not; 500 if an entry of the list is no origin.
    pub(super) fn check(&self, environ: &Environ) -> Result<(), HttpError> {
        if let Some(entry) = &self.malformed {
            let error = OriginError::Malformed(entry.clone());
            return Err(HttpError::internal_server_error().with_source(error));
        }
        let header = environ.header("origin");
        let Some(origin) = header.as_ref().map(EnvValue::as_bytes) else {
            return Ok(());
        };
        if self.any {
            return Ok(());
        }
        let own = Origin::of(environ);
        let listed = std::str::from_utf8(origin).ok().and_then(Listed::parse);
        let is_allowed = listed.is_some_and(|listed| {
            self.listed.contains(&listed)
                || matches!((&listed, &own), (Listed::Origin(origin), Some(own)) if origin == own)
        });
        if is_allowed {
            return Ok(());
        }
        let error = OriginError::Foreign {
            origin: origin.escape_ascii().to_string(),
            own: own.map_or_else(|| "unknown".to_owned(), |own| own.to_string()),
        };
        Err(HttpError::forbidden()
            .with_description("This page may not open a connection to this server.")
            .with_source(error))
    }
}

impl Listed {
    fn parse(text: &str) -> Option<Self> {
        if text == "null" {
            return Some(Self::Null);
        }
        let (scheme, authority) = text.split_once("://")?;
        Origin::new(scheme, authority).map(Self::Origin)
    }
}

impl Origin {
    fn of(environ: &Environ) -> Option<Self> {
        Self::new(environ.scheme().as_str(), &environ.host()?)
    }

    fn new(scheme: &str, authority: &str) -> Option<Self> {
        // The userinfo is not part of an origin, and `Authority` takes it.
        if scheme.is_empty() || authority.contains('@') {
            return None;
        }
        let authority: Authority = authority.parse().ok()?;
        let scheme = scheme.to_ascii_lowercase();
        let default = match &*scheme {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        };
        // `host:` means the default port, as `host` does.
        Some(Self {
            host: authority.host().to_ascii_lowercase(),
            port: authority.port_u16().or(default),
            scheme,
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

#[derive(Debug)]
enum OriginError {
    Foreign { origin: String, own: String },
    Malformed(String),
}

impl fmt::Display for OriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign { origin, own } => write!(
                f,
                "a page of {origin} opens a WebSocket to {own}, and is not allowed to; behind a proxy \
                 put `ProxyFix` around the app"
            ),
            Self::Malformed(entry) => {
                write!(f, "{entry:?} is no origin, such as `https://example.org`")
            }
        }
    }
}

impl StdError for OriginError {}
