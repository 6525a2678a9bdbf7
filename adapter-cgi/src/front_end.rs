//! Which server is in front, and what its SCRIPT_NAME means.

use std::fmt;
use std::str::FromStr;

use crate::variables::Variables;

/// The server in front, as far as its variables differ from those of others.
///
/// All front ends send the target as the client sent it in `REQUEST_URI`, and that is where the path
/// comes from (E3, E5): `PATH_INFO` is decoded, and most front ends have tidied it up by then. What
/// differs is `SCRIPT_NAME`. By RFC 3875 it is where the app is mounted; but some front ends put the
/// path of a file there, which for an app is the whole path of the request.
///
/// | front end | `SCRIPT_NAME` is the mount point |
/// |---|---|
/// | [`Generic`](Self::Generic), [`Apache`](Self::Apache), [`Lighttpd`](Self::Lighttpd) | always |
/// | [`Nginx`](Self::Nginx) | where the configuration also sends `PATH_INFO`, be it empty |
/// | [`Caddy`](Self::Caddy), [`ApacheProxy`](Self::ApacheProxy) | where `PATH_INFO` is not empty |
///
/// In all cases it counts only if the path that was sent begins with it; a front end that has rewritten
/// the request shows the app the client's path. [`CgiService::mounted_at`] says the mount point
/// instead of the front end.
///
/// The front end, not the client, decides what the setting is: an app never guesses it.
///
/// [`CgiService::mounted_at`]: crate::CgiService::mounted_at
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum FrontEnd {
    /// Variables as RFC 3875 has them. Where there is no `REQUEST_URI`, the target is made of
    /// `SCRIPT_NAME`, `PATH_INFO` and `QUERY_STRING`.
    #[default]
    Generic,
    /// nginx: `fastcgi_pass`, `scgi_pass`, `uwsgi_pass`.
    Nginx,
    /// Apache httpd where it starts the program: mod_cgi, mod_cgid, mod_fcgid. `Authorization` and the
    /// user may be found under the `REDIRECT_` names that an internal redirect gives them.
    Apache,
    /// Apache httpd as a proxy: mod_proxy_fcgi, mod_proxy_scgi, mod_proxy_uwsgi. As
    /// [`Apache`](Self::Apache), but for the mount point.
    ApacheProxy,
    /// lighttpd: mod_cgi, mod_fastcgi, mod_scgi.
    Lighttpd,
    /// Caddy: the `fastcgi` transport of `reverse_proxy`.
    Caddy,
}

impl FrontEnd {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Generic,
        Self::Nginx,
        Self::Apache,
        Self::ApacheProxy,
        Self::Lighttpd,
        Self::Caddy,
    ];

    /// The name on a command line: `generic`, `nginx`, `apache`, `apache-proxy`, `lighttpd`, `caddy`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::Nginx => "nginx",
            Self::Apache => "apache",
            Self::ApacheProxy => "apache-proxy",
            Self::Lighttpd => "lighttpd",
            Self::Caddy => "caddy",
        }
    }

    /// SCRIPT_NAME, where it is a mount point.
    pub(crate) fn script_name(self, variables: &Variables) -> Option<&str> {
        let is_mount_point = match self {
            Self::Generic | Self::Apache | Self::Lighttpd => true,
            Self::Nginx => variables.get("PATH_INFO").is_some(),
            Self::Caddy | Self::ApacheProxy => variables.text("PATH_INFO").is_some(),
        };
        variables
            .text("SCRIPT_NAME")
            .filter(|_| is_mount_point)
            .map(|name| name.trim_end_matches('/'))
    }

    /// The name that an internal redirect of Apache's gives a variable.
    pub(crate) fn redirected(self, name: &str) -> Option<String> {
        matches!(self, Self::Apache | Self::ApacheProxy).then(|| format!("REDIRECT_{name}"))
    }
}

impl fmt::Display for FrontEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for FrontEnd {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|one| one.as_str() == name);
        found.copied().ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|one| one.as_str()).collect();
            format!("{name:?} is none of {}", known.join(", "))
        })
    }
}
