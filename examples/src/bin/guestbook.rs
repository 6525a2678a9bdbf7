//! `cargo run -p examples --features guestbook --bin guestbook [FILE]`: a guest book at <http://127.0.0.1:8000>.
//!
//! A blocking app: it calls SQLite directly, on the request's own thread. It has forms,
//! redirects, a cookie that keeps the guest's name, and messages that are shown once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use adapter_hyper::{Server, default_addr};
use gateway_core::cookie::{Cookie, SameSite};
use gateway_core::{App, BoxError, Environ, Error, HttpError, StartResponse, abort};
use gateway_util::{EnvironExt, FormLimits, Methods, MiddlewareExt, blocking, wait_for};
use minijinja::context;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use rusqlite::Connection;

/// In a template whose name ends in `.html`, every value is escaped.
const TEMPLATE: (&str, &str) = (
    "guestbook.html",
    r#"<!doctype html>
<html lang=en>
<title>Guest book</title>
<h1>Guest book</h1>
{% if message %}<p role=status>{{ message }}</p>{% endif %}
<form method=post action="{{ here }}/">
<p><label>Name <input name=name required maxlength=80 value="{{ name }}"></label>
<p><label>Words <textarea name=words required maxlength=2000></textarea></label>
<p><button>Sign</button>
</form>
{% for entry in entries %}<article><h2>{{ entry[0] }}</h2><p>{{ entry[1] }}</p></article>
{% endfor %}"#,
);

/// The values of the flash cookie. A client cannot put its own words onto the page.
const MESSAGES: [(&str, &str); 2] = [
    ("signed", "Thank you, your words are in the book."),
    ("incomplete", "Please fill in both fields."),
];

/// The size limit of a form.
const FORM: u64 = 16 * 1024;

/// The length limits of a name and of a message, in characters. The page has them, too, but only
/// browsers keep to that. A name goes into a cookie, whose size clients limit.
const AT_MOST: (usize, usize) = (80, 2000);

/// A guest who is slower than this no longer keeps a thread.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct GuestBook(Mutex<Connection>);

impl GuestBook {
    pub(crate) fn open(file: &str) -> rusqlite::Result<Self> {
        let database = Connection::open(file)?;
        database.execute_batch(
            "CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY, name TEXT NOT NULL, words TEXT NOT NULL)",
        )?;
        Ok(Self(Mutex::new(database)))
    }

    fn latest(&self) -> rusqlite::Result<Vec<(String, String)>> {
        let database = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut query =
            database.prepare("SELECT name, words FROM entry ORDER BY id DESC LIMIT 50")?;
        query
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect()
    }

    fn add(&self, name: &str, words: &str) -> rusqlite::Result<usize> {
        let database = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        database.execute(
            "INSERT INTO entry (name, words) VALUES (?1, ?2)",
            [name, words],
        )
    }

    /// The page, with the message that the flash cookie names. The cookie is then deleted.
    fn show(&self, environ: &Environ, start: &StartResponse) -> Result<[String; 1], Error> {
        let cookies = environ.cookies();
        let flash = cookies.get("flash");
        let message = MESSAGES.iter().find(|(key, _)| Some(*key) == flash);
        let page = minijinja::Environment::new().render_named_str(
            TEMPLATE.0,
            TEMPLATE.1,
            context! {
                here => environ.script_name().to_string(),
                name => cookies.get("name").map(|name| percent_decode_str(name).decode_utf8_lossy()),
                message => message.map(|(_, text)| *text),
                entries => self.latest()?,
            },
        )?;
        let mut headers = vec![("content-type", "text/html; charset=utf-8".to_owned())];
        if flash.is_some() {
            headers.push(("set-cookie", "flash=; Path=/; Max-Age=0".to_owned()));
        }
        start.start(200, headers)?;
        Ok([page])
    }

    /// Takes a form, and redirects to the page, so that a reload sends nothing twice.
    fn sign(&self, mut environ: Environ, start: &StartResponse) -> Result<[String; 1], Error> {
        let form = wait_for(environ.form(FormLimits::default().body(FORM)))??;
        let (name, words) = (form.require("name")?.trim(), form.require("words")?.trim());
        if name.chars().count() > AT_MOST.0 || words.chars().count() > AT_MOST.1 {
            abort(422, "That is longer than the book is wide.")?;
        }
        let is_complete = !name.is_empty() && !words.is_empty();
        if is_complete {
            self.add(name, words)?;
        }
        let flash = if is_complete { "signed" } else { "incomplete" };
        let cookie = |name: &'static str, value: String| {
            let cookie = Cookie::build((name, value)).path("/").http_only(true);
            ("set-cookie", cookie.same_site(SameSite::Lax).to_string())
        };
        let location = ("location", format!("{}/", environ.raw_script_name()));
        start.start(
            303,
            [
                location,
                cookie("flash", flash.into()),
                cookie(
                    "name",
                    utf8_percent_encode(name, NON_ALPHANUMERIC).to_string(),
                ),
            ],
        )?;
        Ok([String::new()])
    }
}

/// The guest book at the root of its mount point.
pub(crate) fn site(book: GuestBook) -> impl App {
    let book = Arc::new(book);
    let readers = book.clone();
    Methods::new()
        .get(blocking(move |environ, start| {
            readers.show(&environ, &start)
        }))
        .post(blocking(move |environ, start| book.sign(environ, &start)))
        .on_request(
            async |environ: Environ| match environ.path_info().as_bytes() {
                b"/" => Ok(environ),
                _ => Err(HttpError::not_found().into()),
            },
        )
        .limit_input(FORM)
        .timeout(PATIENCE)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let file = std::env::args().nth(1).unwrap_or(":memory:".to_owned());
    let book = GuestBook::open(&file)?;
    let server = Server::bind(default_addr()?).await?;
    if let Some(address) = server.local_addr() {
        println!("listening on http://{address}");
    }
    Ok(server.serve(site(book)).await?)
}
