//! S5: which statuses are final ones.

use gateway_core::{Body, Environ, StartResponse};

use super::clean_500;
use crate::case::Case;
use crate::check::{Look as _, equal};
use crate::client::Client;
use crate::facts::Run;

pub(super) fn cases() -> Vec<Case> {
    let refused = |name, clauses, codes: &'static [u16]| {
        Case::new(name, clauses)
            .app(async |environ: Environ, start_response: StartResponse| {
                let code = environ.query_string().parse::<u16>()?;
                let refused = start_response.start(code, [("x-refused", "1")]);
                let run = Run::of(&environ);
                run.note(refused.map_or_else(|error| error.clause(), |()| "started"));
                Ok(Body::from("refused"))
            })
            .sees(move |client: Client| async move {
                for code in codes {
                    clean_500(&client, &format!("/?{code}")).await?;
                }
                let all = vec!["S5"; codes.len()];
                equal("what the app noted", client.facts().await?, all)
            })
    };
    vec![
        refused(
            "s5_informational_statuses_are_refused",
            &["S5", "B7"],
            &[100, 102, 103, 199],
        ),
        refused("s5_switching_protocols_is_refused", &["S5"], &[101]),
        refused(
            "s5_what_is_no_status_is_refused",
            &["S5"],
            &[0, 42, 99, 1000, 65535],
        ),
        Case::new("s5_custom_statuses_pass", &["S5"])
            .app(async |environ: Environ, start_response: StartResponse| {
                let code = environ.query_string().parse::<u16>()?;
                start_response.start(code, [("x-kept", "1")])?;
                Ok(Body::from("custom"))
            })
            .sees(async |client: Client| {
                for code in [200, 226, 299, 399, 418, 499, 599] {
                    let response = client.get(&format!("/?{code}")).await?;
                    response
                        .status(code)?
                        .body("custom")?
                        .field("x-kept", "1")?;
                }
                Ok(())
            }),
        Case::new("s5_a_status_may_be_text", &["S5", "N4"])
            .app(async |_: Environ, start_response: StartResponse| {
                start_response.start("404 No Such Thing", [("x-kept", "1")])?;
                Ok(Body::from("text"))
            })
            .sees(async |client: Client| {
                client.get("/").await?.status(404)?.body("text")?;
                Ok(())
            }),
    ]
}
