//! `default_addr`: the address from the environment variable `PORT`, on the loopback.

use std::error::Error as StdError;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};

/// The port if `PORT` is not set.
const PORT: u16 = 8000;

/// `127.0.0.1:8000`, or the port that the environment variable `PORT` names.
///
/// It is the loopback address in either case, because only the operator decides what the network
/// may see. Hosting platforms that set `PORT` expect `0.0.0.0`:
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut addr = adapter_hyper::default_addr()?;
/// addr.set_ip(std::net::Ipv4Addr::UNSPECIFIED.into());
/// assert!(!addr.ip().is_loopback());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// When `PORT` is set and is not a number from 0 to 65535.
pub fn default_addr() -> Result<SocketAddr, DefaultAddrError> {
    from_port(std::env::var_os("PORT").as_deref())
}

fn from_port(port: Option<&OsStr>) -> Result<SocketAddr, DefaultAddrError> {
    let port = match port {
        None => PORT,
        Some(text) => text
            .to_str()
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| DefaultAddrError {
                port: text.to_owned(),
            })?,
    };
    Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

/// The environment variable `PORT` is not a port number; see [`default_addr`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultAddrError {
    port: OsString,
}

impl fmt::Display for DefaultAddrError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "PORT is {:?}, which is not a port number (0 to 65535)",
            self.port
        )
    }
}

impl StdError for DefaultAddrError {}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::from_port;

    #[test]
    fn the_port_is_the_environments_or_8000() {
        assert_eq!(from_port(None).unwrap().to_string(), "127.0.0.1:8000");
        let given = from_port(Some(OsStr::new("0"))).unwrap();
        assert_eq!(given.to_string(), "127.0.0.1:0");
    }

    #[test]
    fn a_malformed_port_is_named_in_the_error() {
        for wrong in ["", "http", "65536", "-1", "+80", " 80"] {
            let error = from_port(Some(OsStr::new(wrong))).unwrap_err();
            let shown = error.to_string();
            assert!(shown.contains(&format!("{wrong:?}")), "{shown}");
        }
    }
}
