//! A site with a directory of its own, and visitors of it.

use std::path::Path;

use gateway_core::{AppExt, BoxApp};
use gateway_testing::{Client, TestResponse};
use site::State;
use tempfile::TempDir;

/// The password of every account.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A picture of one pixel.
pub(crate) const PICTURE: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\
    \xc4\x89\0\0\0\nIDATx\x9cc\0\x01\0\0\x05\0\x01\r\n-\xb4\0\0\0\0IEND\xaeB`\x82";

/// A site that is deleted at its end.
pub(crate) struct Site {
    app: BoxApp,
    directory: TempDir,
}

impl Site {
    pub(crate) fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let state = State::open(directory.path()).unwrap();
        Self {
            app: site::site(state).unwrap().boxed(),
            directory,
        }
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// A visitor who is not signed in. Each has cookies of their own.
    pub(crate) fn visitor(&self) -> Client {
        Client::new(self.app.clone())
    }

    /// A visitor with a new account.
    pub(crate) async fn member(&self, name: &str) -> Client {
        let client = self.visitor();
        sign_up(&client, name, PASSWORD).await.assert_status(303);
        client
    }
}

/// Fills in the form for an account.
pub(crate) async fn sign_up(client: &Client, name: &str, password: &str) -> TestResponse {
    let form = [("name", name), ("password", password)];
    client.post("/sign-up").form(&form).send().await
}

/// The page at a path.
pub(crate) async fn page(client: &Client, path: &str) -> String {
    let mut response = client.get(path).send().await.assert_status(200);
    plain(&response.text().await)
}

/// The template engine escapes a slash, too, which no browser needs.
pub(crate) fn plain(page: &str) -> String {
    page.replace("&#x2f;", "/")
}

/// The token of the forms on this visitor's pages.
pub(crate) async fn token(client: &Client) -> String {
    let page = page(client, "/").await;
    let (_, rest) = page.split_once("name=\"token\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// Writes a post, and gives the path of its page.
pub(crate) async fn post(client: &Client, text: &str) -> String {
    let token = token(client).await;
    let request = client.post("/posts").multipart(|form| {
        // As browsers send it: the file that was not chosen is there, and empty.
        form.text("token", token)
            .text("text", text)
            .text("description", "")
            .file("picture", "", "application/octet-stream", b"".as_slice())
    });
    let response = request.send().await.assert_status(303);
    response.header("location").unwrap().to_owned()
}
