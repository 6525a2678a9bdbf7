//! `EnvironExt`: methods that read a request, such as its query, form or cookies.

use std::net::IpAddr;

#[cfg(feature = "negotiation")]
use gateway_core::EnvValue;
use gateway_core::Environ;
#[cfg(any(
    feature = "auth",
    feature = "forms",
    feature = "json",
    feature = "negotiation"
))]
use gateway_core::HttpError;
#[cfg(feature = "negotiation")]
use http::{HeaderValue, header};
#[cfg(feature = "json")]
use serde::de::DeserializeOwned;

#[cfg(feature = "negotiation")]
use super::Accept;
#[cfg(feature = "multipart")]
use super::Multipart;
#[cfg(any(feature = "cookies", feature = "forms"))]
use super::Pairs;
#[cfg(feature = "auth")]
use super::authorization::{self, Authorization, BasicCredentials};
#[cfg(feature = "cookies")]
use super::cookies;
#[cfg(feature = "json")]
use super::media_type;
#[cfg(feature = "forms")]
use super::{Form, FormLimits};

/// Methods that read a request, as Flask's `request` has them.
///
/// The server's limit on heads bounds the query, cookies and other headers. Everything
/// that reads the body has a limit of its own. A bad request is an [`HttpError`] with
/// the right status: pass it on with `?`.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{Environ, HttpError, Json, TryIntoResponse};
/// use gateway_util::EnvironExt;
///
/// async fn add(mut environ: Environ) -> Result<impl TryIntoResponse, HttpError> {
///     let numbers: Vec<u32> = environ.json(1024).await?;
///     Ok(Json([numbers.iter().sum::<u32>()]))
/// }
///
/// let post = || http::Request::post("/").header("content-type", "application/json");
/// assert!(add(Environ::from_request(post().body("[1, 2]")?)).await.is_ok());
/// let status = async |request| add(Environ::from_request(request)).await.err().map(|e| e.status());
/// assert_eq!(status(post().body("[1, ")?).await, Some(http::StatusCode::BAD_REQUEST));
/// let text = http::Request::post("/").body("[1, 2]")?;
/// assert_eq!(status(text).await, Some(http::StatusCode::UNSUPPORTED_MEDIA_TYPE));
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
pub trait EnvironExt: sealed::Sealed {
    /// The query.
    #[doc(alias = "args")]
    #[cfg(feature = "forms")]
    fn query(&self) -> Pairs;

    /// The cookies. Of two with one name, the first is the closer one. A malformed pair is left
    /// out. Quotes around a value are not part of it. Spaces and tabs around names and values are
    /// not part of them, other white space is (RFC 6265bis section 5.6).
    #[cfg(feature = "cookies")]
    fn cookies(&self) -> Pairs;

    /// Reads a form of either kind, and leaves an empty input.
    ///
    /// # Errors
    ///
    /// 415 for another type, 413 beyond a limit, 400 for a broken body.
    #[doc(alias = "files")]
    #[doc(alias = "parse_form_data")]
    #[cfg(feature = "forms")]
    fn form(&mut self, limits: FormLimits) -> impl Future<Output = Result<Form, HttpError>> + Send;

    /// Reads a multipart form part by part, and leaves an empty input; see [`Multipart`].
    ///
    /// # Errors
    ///
    /// 415 for another type, 413 for a declared length beyond the limit, 400 without a boundary.
    #[cfg(feature = "multipart")]
    fn multipart(&mut self, limits: FormLimits) -> Result<Multipart, HttpError>;

    /// Reads JSON of at most `limit` bytes, and leaves an empty input.
    ///
    /// # Errors
    ///
    /// 415 if the type is not `application/json` and does not end in `+json`, 413 beyond the limit,
    /// 400 for a body that is not JSON of that shape. The source of the 400 says why, and is logged at DEBUG;
    /// [`explained`](crate::HttpErrorFields::explained) tells it to the client.
    #[doc(alias = "get_json")]
    #[cfg(feature = "json")]
    fn json<T: DeserializeOwned>(
        &mut self,
        limit: u64,
    ) -> impl Future<Output = Result<T, HttpError>> + Send;

    /// The media types that the client accepts.
    #[doc(alias = "accept_mimetypes")]
    #[cfg(feature = "negotiation")]
    fn accept(&self) -> Accept;

    /// The languages that the client accepts: for [`Accept::best_language`].
    #[doc(alias = "accept_languages")]
    #[cfg(feature = "negotiation")]
    fn accept_language(&self) -> Accept;

    /// The content codings that the client accepts: for [`Accept::best_encoding`].
    #[doc(alias = "accept_encodings")]
    #[cfg(feature = "negotiation")]
    fn accept_encoding(&self) -> Accept;

    /// The offer that the client wants most. Of equal ones, the first. The response depends on
    /// `Accept`: add that to `Vary`.
    ///
    /// # Errors
    ///
    /// 406 if it accepts none. The error carries `Vary: accept`.
    #[doc(alias = "best_match")]
    #[cfg(feature = "negotiation")]
    fn negotiate<'a>(&self, offers: &[&'a str]) -> Result<&'a str, HttpError>;

    /// The credentials of the request. `None` if it has none. They have not been checked.
    ///
    /// # Errors
    ///
    /// 400 for a malformed field.
    #[cfg(feature = "auth")]
    fn authorization(&self) -> Result<Option<Authorization>, HttpError>;

    /// A name and a password, which have not been checked.
    ///
    /// # Errors
    ///
    /// A 401 that asks for them if there are none, a 400 for a malformed field.
    #[cfg(feature = "auth")]
    fn basic_auth(&self, realm: &str) -> Result<BasicCredentials, HttpError>;

    /// A bearer token, which has not been checked.
    ///
    /// # Errors
    ///
    /// A 401 that asks for it if there is none, a 400 for a malformed field.
    #[cfg(feature = "auth")]
    fn bearer_token(&self, realm: &str) -> Result<String, HttpError>;

    /// The client's address: the peer's, or the one that a proxy middleware has set (E13, E16). It
    /// is an IPv4 address even if the server listens on IPv6.
    #[doc(alias = "remote_addr")]
    #[doc(alias = "access_route")]
    fn client_addr(&self) -> Option<IpAddr>;
}

impl EnvironExt for Environ {
    #[cfg(feature = "forms")]
    fn query(&self) -> Pairs {
        Pairs::from_urlencoded(self.query_string().as_bytes())
    }

    #[cfg(feature = "cookies")]
    fn cookies(&self) -> Pairs {
        self.header("cookie")
            .map(|line| cookies::parse(line.as_bytes()))
            .unwrap_or_default()
    }

    #[cfg(feature = "forms")]
    async fn form(&mut self, limits: FormLimits) -> Result<Form, HttpError> {
        Form::read(self, &limits).await
    }

    #[cfg(feature = "multipart")]
    fn multipart(&mut self, limits: FormLimits) -> Result<Multipart, HttpError> {
        Multipart::of(self, limits)
    }

    #[cfg(feature = "json")]
    async fn json<T: DeserializeOwned>(&mut self, limit: u64) -> Result<T, HttpError> {
        if !media_type::of(self, |media_type| media_type::is_json(&media_type))? {
            return Err(HttpError::unsupported_media_type());
        }
        media_type::check_length(self, limit)?;
        self.take_input().json(limit).await
    }

    #[cfg(feature = "negotiation")]
    fn accept(&self) -> Accept {
        Accept::parse(self.header("accept").as_ref().map(EnvValue::as_bytes))
    }

    #[cfg(feature = "negotiation")]
    fn accept_language(&self) -> Accept {
        Accept::parse(
            self.header("accept-language")
                .as_ref()
                .map(EnvValue::as_bytes),
        )
    }

    #[cfg(feature = "negotiation")]
    fn accept_encoding(&self) -> Accept {
        Accept::parse(
            self.header("accept-encoding")
                .as_ref()
                .map(EnvValue::as_bytes),
        )
    }

    #[cfg(feature = "negotiation")]
    fn negotiate<'a>(&self, offers: &[&'a str]) -> Result<&'a str, HttpError> {
        if let Some(offer) = self.accept().best(offers) {
            return Ok(offer);
        }
        // Another client may accept one of them, so caches must know (RFC 9110 section 12.5.5).
        let vary = [(header::VARY, HeaderValue::from_static("accept"))];
        Err(HttpError::not_acceptable()
            .with_headers(vary)
            .unwrap_or_else(|refused| HttpError::internal_server_error().with_source(refused)))
    }

    #[cfg(feature = "auth")]
    fn authorization(&self) -> Result<Option<Authorization>, HttpError> {
        Authorization::of(self)
    }

    #[cfg(feature = "auth")]
    fn basic_auth(&self, realm: &str) -> Result<BasicCredentials, HttpError> {
        match self.authorization()? {
            Some(Authorization::Basic(credentials)) => Ok(credentials),
            _ => Err(authorization::challenge("Basic", realm)),
        }
    }

    #[cfg(feature = "auth")]
    fn bearer_token(&self, realm: &str) -> Result<String, HttpError> {
        match self.authorization()? {
            Some(Authorization::Bearer(token)) => Ok(token),
            _ => Err(authorization::challenge("Bearer", realm)),
        }
    }

    fn client_addr(&self) -> Option<IpAddr> {
        self.remote_addr().map(|addr| addr.to_canonical())
    }
}

/// Seals [`EnvironExt`], so that methods can be added to it.
mod sealed {
    pub trait Sealed {}

    impl Sealed for gateway_core::Environ {}
}
