//! A chat with rooms: all guests of a room receive what one of them sends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gateway_core::{App, Environ, HttpError, Response, view_with};
use gateway_util::EnvironExt;
use gateway_util::websocket::{self, Message};
use tokio::sync::broadcast::{self, error::RecvError};

/// The limit on rooms. A room exists while it has guests.
const ROOMS: usize = 1000;
/// How many messages are buffered for a slow reader, who loses older ones.
const WAITING: usize = 100;
/// The limit on the name of a room or a person, in bytes.
const LONGEST_NAME: usize = 50;

/// The chat as an app. `?room=` names the room, `?name=` the person; both have defaults.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use gateway_testing::Client;
///
/// let client = Client::new(examples::chat());
/// let mut ada = client.websocket("/?name=ada").connect().await;
/// let mut bob = client.websocket("/?name=bob").connect().await;
/// bob.send_text("hello").await;
/// assert_eq!(ada.recv_text().await, "bob: hello");
/// # });
/// ```
pub fn chat() -> impl App {
    view_with(Arc::<Rooms>::default(), join)
}

/// The rooms that have guests.
#[derive(Default)]
struct Rooms(Mutex<HashMap<String, broadcast::Sender<Arc<str>>>>);

/// Joins a room: receives its messages, and sends those of the client to it.
async fn join(rooms: Arc<Rooms>, environ: Environ) -> Result<Response, HttpError> {
    let room = name(&environ, "room", "lobby")?;
    let person = name(&environ, "name", "somebody")?;
    let handshake = websocket::accept(&environ)?;
    let mut guest = Guest::new(rooms, room)?;
    handshake.run(async move |mut socket| {
        loop {
            tokio::select! {
                message = socket.recv() => {
                    let Some(message) = message? else {
                        return Ok(());
                    };
                    if let Message::Text(text) = message {
                        guest.say(format!("{person}: {text}"));
                    }
                }
                heard = guest.hear.recv() => match heard {
                    Ok(line) => socket.send(&*line).await?,
                    Err(RecvError::Lagged(lost)) => {
                        socket.send(format!("{lost} messages were lost")).await?;
                    }
                    Err(RecvError::Closed) => return Ok(()),
                },
            }
        }
    })
}

/// A name in the query string.
fn name(environ: &Environ, key: &str, default: &str) -> Result<String, HttpError> {
    let query = environ.query();
    let name = query.get(key).unwrap_or(default);
    if name.is_empty() || name.len() > LONGEST_NAME {
        let text = format!("The {key} has 1 to {LONGEST_NAME} bytes.");
        return Err(HttpError::bad_request().with_description(text));
    }
    Ok(name.to_owned())
}

impl Rooms {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, broadcast::Sender<Arc<str>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A guest of a room. The last one to leave removes it.
struct Guest {
    rooms: Arc<Rooms>,
    room: String,
    say: broadcast::Sender<Arc<str>>,
    hear: broadcast::Receiver<Arc<str>>,
}

impl Guest {
    fn new(rooms: Arc<Rooms>, room: String) -> Result<Self, HttpError> {
        let mut open = rooms.lock();
        if !open.contains_key(&room) && open.len() >= ROOMS {
            return Err(HttpError::service_unavailable().with_description("All rooms are taken."));
        }
        let say = open
            .entry(room.clone())
            .or_insert_with(|| broadcast::channel(WAITING).0)
            .clone();
        let hear = say.subscribe();
        drop(open);
        Ok(Self {
            rooms,
            room,
            say,
            hear,
        })
    }

    fn say(&self, line: String) {
        // There is a listener: this guest.
        let _ = self.say.send(line.into());
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut rooms = self.rooms.lock();
        // This guest still listens.
        if self.say.receiver_count() == 1 {
            rooms.remove(&self.room);
        }
    }
}
