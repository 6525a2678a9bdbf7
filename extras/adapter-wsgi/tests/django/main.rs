//! Django's admin below a mount, on every stack: all that one does with it.
//!
//! The project is that of `examples/django_site.py`. It is a test program of its own, because Django has
//! one configuration for a process.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "../../src/bin/serve/stack.rs"]
mod stack;

mod browser;

use std::net::{SocketAddr, TcpListener};
use std::sync::LazyLock;

use adapter_wsgi::{Wsgi, look_in};
use gateway_conformance::wire::WireRequest;
use gateway_core::view;
use gateway_util::Mount;
use pyo3::prelude::*;
use tokio::sync::Mutex;

use browser::Browser;
use stack::Stack;

const ADMIN: &str = "/office/admin/";
const GROUPS: &str = "/office/admin/auth/group/";
const WHO: [(&str, &str); 3] = [
    ("username", "ada"),
    ("password", "correct horse battery"),
    ("next", ADMIN),
];

/// The project, with an empty database and one who may do everything.
fn django() -> Wsgi {
    static DJANGO: LazyLock<Wsgi> = LazyLock::new(|| {
        let database = concat!(env!("CARGO_TARGET_TMPDIR"), "/django_admin.sqlite3");
        // Of an earlier run.
        let _ = std::fs::remove_file(database);
        look_in(concat!(env!("CARGO_MANIFEST_DIR"), "/examples")).unwrap();
        Python::attach(|py| {
            let environ = py.import("os")?.getattr("environ")?;
            environ.set_item("DJANGO_DATABASE", database)?;
            py.import("django_site")?;
            let management = py.import("django.core.management")?;
            management.call_method1("call_command", ("migrate", "-v0"))?;
            let users = py.import("django.contrib.auth.models")?.getattr("User")?;
            let ada = (WHO[0].1, "ada@example.com", WHO[1].1);
            users
                .getattr("objects")?
                .call_method1("create_superuser", ada)?;
            PyResult::Ok(())
        })
        .unwrap();
        Wsgi::import("django_site:app").unwrap().threads(4)
    });
    DJANGO.clone()
}

fn server(stack: Stack) -> SocketAddr {
    let app = Mount::new()
        .at("/office", django())
        .fallback(view(async |_| "from Rust"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || stack.serve(listener, app));
    address
}

/// Logs in, adds, edits, lists, deletes, and logs out.
async fn an_office_day(stack: Stack, name: &str) {
    // One at a time: SQLite has one writer.
    static TURN: Mutex<()> = Mutex::const_new(());
    let _turn = TURN.lock().await;
    let mut browser = Browser::open(server(stack)).await;
    assert_eq!(browser.page("/").await, "from Rust");

    // Nobody comes in without a password, and no form without its token.
    let response = browser.get(ADMIN).await;
    let login = response.header("location").unwrap().to_owned();
    assert_eq!(
        (response.status, &*login),
        (302, "/office/admin/login/?next=/office/admin/")
    );
    let wrong = [("username", "ada"), ("password", "wrong")];
    let response = browser.submit(&login, &wrong).await;
    assert_eq!(response.status, 200);
    assert!(response.text().contains("enter the correct username"));
    assert_eq!(browser.ask(WireRequest::post(&login)).await.status, 403);

    assert_eq!(browser.sent_to(&login, &WHO).await, ADMIN);
    let index = browser.page(ADMIN).await;
    assert!(index.contains("Site administration") && index.contains(GROUPS));

    // The static files that the page asks for.
    let style = between(&index, "<link rel=\"stylesheet\" href=\"", "\"");
    assert!(style.starts_with("/office/static/admin/"), "{style}");
    let response = browser.get(style).await;
    assert_eq!(
        (response.status, response.header("content-type")),
        (200, Some("text/css"))
    );
    assert!(!response.body.is_empty());
    let since = response.header("last-modified").unwrap();
    let again = WireRequest::get(style).header("If-Modified-Since", since);
    assert_eq!(browser.ask(again).await.status, 304);
    assert_eq!(browser.get("/office/static/no/such.css").await.status, 404);

    // What is wrong is shown in the form, and not stored.
    let add = format!("{GROUPS}add/");
    let response = browser.submit(&add, &[("name", "")]).await;
    assert!(response.text().contains("This field is required."));
    let (first, second) = (format!("Café {name}"), format!("Büro {name}"));
    assert_eq!(browser.sent_to(&add, &[("name", &first)]).await, GROUPS);
    let list = browser.page(GROUPS).await;
    assert!(list.contains("was added successfully"), "{list}");
    let added = row(&list, &first).unwrap();
    let change = between(added, "href=\"", "\"").to_owned();

    assert_eq!(browser.sent_to(&change, &[("name", &second)]).await, GROUPS);
    let list = browser.page(GROUPS).await;
    assert!(list.contains("was changed successfully"), "{list}");
    assert!(row(&list, &second).is_some() && row(&list, &first).is_none());
    // Sorted backwards: a query that the admin reads.
    let list = browser.page(&format!("{GROUPS}?o=-1")).await;
    assert!(row(&list, &second).is_some());
    let history = browser.page(&change.replace("/change/", "/history/")).await;
    assert!(history.contains("Changed Name."), "{history}");

    let delete = change.replace("/change/", "/delete/");
    assert!(browser.page(&delete).await.contains("Are you sure"));
    assert_eq!(browser.sent_to(&delete, &[("post", "yes")]).await, GROUPS);
    let list = browser.page(GROUPS).await;
    assert!(list.contains("was deleted successfully"));
    assert!(row(&list, &second).is_none());
    assert_eq!(browser.get(&change).await.status, 302);

    // Out, and not in again with what is left of the session.
    browser.page(ADMIN).await;
    let response = browser.send("/office/admin/logout/", &[]).await;
    assert_eq!(response.status, 200);
    assert!(response.text().contains("Logged out"));
    let response = browser.get(ADMIN).await;
    assert_eq!(
        (response.status, response.header("location")),
        (302, Some(&*login))
    );
}

/// The row of an object, in the table and not in what the admin tells.
fn row<'a>(list: &'a str, name: &str) -> Option<&'a str> {
    let (_, table) = list.split_once("id=\"result_list\"")?;
    table
        .split("<tr")
        .find(|row| row.contains(&format!(">{name}<")))
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap();
    rest.split(after).next().unwrap()
}

#[tokio::test]
async fn the_admin_on_hyper() {
    an_office_day(Stack::Hyper, "on hyper").await;
}

#[tokio::test]
async fn the_admin_on_axum() {
    an_office_day(Stack::Axum, "on axum").await;
}

#[tokio::test]
async fn the_admin_on_actix() {
    an_office_day(Stack::Actix, "on actix").await;
}
