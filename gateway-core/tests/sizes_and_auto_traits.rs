//! Checks the sizes of types, and that they are `Send` and `Sync`.
//!
//! A change here is a change for users: a larger environ costs in every middleware, and a lost
//! `Send` breaks their builds.

use std::mem::size_of;

use gateway_core::{
    Body, BoxApp, BufferError, Closed, Connection, Environ, Error, Gateway, HttpError, Input,
    InputError, Outgoing, Response, StartError, StartResponse, WriteError, Writer,
};

const WORD: usize = size_of::<usize>();

fn is_send<T: Send>() {}
fn is_send_and_sync<T: Send + Sync + 'static>() {}

#[test]
fn sizes() {
    assert_eq!(size_of::<Environ>(), WORD);
    // The hook is a wide pointer: a thin one would cost an allocation more for each `wrap`.
    assert_eq!(size_of::<StartResponse>(), 3 * WORD);
    assert!(size_of::<Body>() <= 4 * WORD, "{}", size_of::<Body>());
    assert!(size_of::<Result<Body, Error>>() <= 5 * WORD);
    assert_eq!(size_of::<Error>(), 2 * WORD);
    assert_eq!(size_of::<HttpError>(), WORD);
    assert_eq!(size_of::<Gateway<BoxApp>>(), WORD);
    assert!(
        size_of::<Outgoing>() <= 5 * WORD,
        "{}",
        size_of::<Outgoing>()
    );
    assert_eq!(size_of::<Closed>(), 3 * WORD);
    assert_eq!(size_of::<Writer>(), WORD);
    assert!(
        size_of::<StartError>() <= 6 * WORD,
        "{}",
        size_of::<StartError>()
    );
}

#[test]
fn auto_traits() {
    is_send_and_sync::<Environ>();
    is_send_and_sync::<StartResponse>();
    is_send_and_sync::<Error>();
    is_send_and_sync::<HttpError>();
    is_send_and_sync::<InputError>();
    is_send_and_sync::<StartError>();
    is_send_and_sync::<BufferError>();
    is_send_and_sync::<WriteError>();
    is_send_and_sync::<Closed>();
    is_send_and_sync::<Writer>();
    is_send_and_sync::<Connection>();
    is_send_and_sync::<BoxApp>();
    is_send_and_sync::<Gateway<BoxApp>>();
    // Streams need not be `Sync`: these own them.
    is_send::<Body>();
    is_send::<Input>();
    is_send::<Outgoing>();
    is_send::<Response>();
}
