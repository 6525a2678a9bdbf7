//! What the site knows. Nothing here knows of HTTP, and SQL is only here.

mod accounts;
mod database;
mod news;
mod passwords;
mod pictures;
mod posts;
mod secret;
mod sessions;

pub(crate) use accounts::{Account, NewAccount};
pub(crate) use database::Database;
pub(crate) use news::News;
pub(crate) use passwords::{hash_password, is_password};
pub(crate) use pictures::{LONGEST_PICTURE, Pictures};
pub(crate) use posts::{LONGEST_TEXT, NewPost, PAGE, Post};
pub(crate) use secret::Secret;
pub(crate) use sessions::{Kind, LIFETIME, Session};
