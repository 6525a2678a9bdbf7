//! `News`: tells everybody who listens of a new post.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::broadcast::{self, error::RecvError};

use super::posts::Post;

/// How many posts are kept for a listener who is slow. It misses older ones.
const WAITING: usize = 64;
/// How much of a post is told, in characters.
const EXCERPT: usize = 80;

/// The news of the site.
pub(crate) struct News(broadcast::Sender<Arc<str>>);

/// Hears the news from when it was made.
pub(crate) struct Listener(broadcast::Receiver<Arc<str>>);

impl News {
    pub(crate) fn new() -> Self {
        Self(broadcast::channel(WAITING).0)
    }

    /// Tells of a post.
    pub(crate) fn tell(&self, post: &Post) {
        let mut excerpt: String = post.text.chars().take(EXCERPT).collect();
        if excerpt.len() < post.text.len() {
            excerpt.push('\u{2026}');
        }
        let news = json!({ "id": post.id, "author": post.author, "excerpt": excerpt });
        // It is an error if nobody listens.
        let _ = self.0.send(news.to_string().into());
    }

    /// A listener.
    pub(crate) fn listen(&self) -> Listener {
        Listener(self.0.subscribe())
    }
}

impl Listener {
    /// The next post, as JSON; `None` if there will be none. A future that is dropped has taken nothing.
    pub(crate) async fn next(&mut self) -> Option<Arc<str>> {
        loop {
            match self.0.recv().await {
                Ok(news) => return Some(news),
                // It was too slow: it goes on with those that are kept.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    }
}
