//! The variables that a program gets: those of the environ, and what RFC 3875 adds.

use gateway_core::Environ;

/// Headers about the connection to the client, which is not the program's.
const CONNECTION_FIELDS: [&str; 8] = [
    "HTTP_CONNECTION",
    "HTTP_EXPECT",
    "HTTP_KEEP_ALIVE",
    "HTTP_PROXY_CONNECTION",
    "HTTP_TE",
    "HTTP_TRAILER",
    "HTTP_TRANSFER_ENCODING",
    "HTTP_UPGRADE",
];

/// A name and its value.
pub(super) type Variable = (String, Vec<u8>);

/// The variables of a request. `HTTP_PROXY` is never among them (E11).
pub(super) fn of(environ: &Environ) -> Vec<Variable> {
    let mut variables = vec![
        ("GATEWAY_INTERFACE".to_owned(), b"CGI/1.1".to_vec()),
        ("SERVER_SOFTWARE".to_owned(), b"adapter-cgi".to_vec()),
    ];
    for (name, value) in environ.vars() {
        if CONNECTION_FIELDS.contains(&&*name) {
            continue;
        }
        set(&mut variables, &name, value.into_bytes().into_owned());
    }
    variables
}

/// Sets a variable, in place of one of this name.
pub(super) fn set(variables: &mut Vec<Variable>, name: &str, value: Vec<u8>) {
    match variables.iter_mut().find(|(known, _)| known == name) {
        Some((_, old)) => *old = value,
        None => variables.push((name.to_owned(), value)),
    }
}
