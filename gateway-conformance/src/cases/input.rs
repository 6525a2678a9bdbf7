//! Cases of the clauses I: the request body.

mod ends;
mod limits;
mod unread;
mod waking;

use gateway_core::{Environ, Json};

use crate::case::Case;
use crate::facts::Run;

pub(super) fn cases() -> Vec<Case> {
    [
        ends::cases(),
        limits::cases(),
        unread::cases(),
        waking::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Reads the input to its end and reports it, escaped, with CONTENT_LENGTH as the app saw it.
async fn read_all(mut environ: Environ) -> Result<Json<Vec<String>>, gateway_core::Error> {
    let length = environ.get("CONTENT_LENGTH");
    let length = length.map_or_else(|| "absent".into(), |length| length.to_string());
    let bytes = environ.input_mut().bytes(1 << 20).await?;
    Ok(Json(vec![bytes.escape_ascii().to_string(), length]))
}

/// Reads the input to its end and notes the result: `end` with the length, or `cut`. It notes `cut`
/// also if the host drops the app because the client has gone.
async fn read_and_note(mut environ: Environ) -> Result<&'static str, gateway_core::Error> {
    struct Unless(Run, &'static str);

    impl Drop for Unless {
        fn drop(&mut self) {
            self.0.note(self.1);
        }
    }

    let mut outcome = Unless(Run::of(&environ), "cut");
    outcome.0.note("called");
    let mut length = 0;
    loop {
        match environ.input_mut().chunk().await {
            Ok(Some(chunk)) => length += chunk.len(),
            Ok(None) => break,
            Err(error) => return Err(error.into()),
        }
    }
    outcome.0.note(format!("read {length}"));
    outcome.1 = "end";
    Ok("read")
}
