//! N1, N2, N5: the forms.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use gateway_core::{
    AppExt as _, Body, Environ, Error, HttpError, Json, Response, StartResponse, TryIntoResponse,
};
use serde_json::json;

use super::{HTML, returns};
use crate::case::Case;
use crate::cases::sources::pieces;
use crate::cases::start::clean_500;
use crate::check::Look as _;
use crate::client::Client;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = texts();
    cases.extend(json());
    cases.extend(values());
    cases.extend(nothing());
    cases
}

fn texts() -> Vec<Case> {
    let html = |response: crate::wire::WireResponse| {
        response
            .status(200)?
            .field("content-type", HTML)?
            .field("content-length", "5")?
            .body("hello")
    };
    vec![
        returns("n5_text_is_html", &["N1", "N5"], || "hello", html),
        returns(
            "n1_a_string_is_a_response",
            &["N1", "N5"],
            || "hello".to_owned(),
            html,
        ),
        returns(
            "n1_text_of_either_kind_is_a_response",
            &["N1"],
            || Cow::Borrowed("hello"),
            html,
        ),
        returns(
            "n5_bytes_are_html",
            &["N1", "N5"],
            || Bytes::from_static(b"hello"),
            html,
        ),
        returns(
            "n1_a_vector_is_a_response",
            &["N1"],
            || b"hello".to_vec(),
            html,
        ),
        returns(
            "n1_an_array_of_bytes_is_a_response",
            &["N1"],
            || b"hello",
            html,
        ),
        returns(
            "n1_empty_text_is_a_response",
            &["N1", "B4"],
            || "",
            |response| {
                response
                    .status(200)?
                    .field("content-type", HTML)?
                    .field("content-length", "0")?
                    .body("")
            },
        ),
    ]
}

fn json() -> Vec<Case> {
    let is = |text: &'static str| {
        move |response: crate::wire::WireResponse| {
            response
                .status(200)?
                .field("content-type", "application/json")?
                .body(text)
        }
    };
    vec![
        returns(
            "n5_json_ends_with_a_line_end",
            &["N1", "N5"],
            || Json([1, 2]),
            is("[1,2]\n"),
        ),
        returns(
            "n1_a_map_is_json",
            &["N1", "N5"],
            || BTreeMap::from([("name", "<Ada>"), ("born", "1815")]),
            is("{\"born\":\"1815\",\"name\":\"<Ada>\"}\n"),
        ),
        returns(
            "n1_a_list_of_values_is_json",
            &["N1"],
            || vec![json!(1), json!("two"), json!(null)],
            is("[1,\"two\",null]\n"),
        ),
        returns(
            "n1_a_value_is_json",
            &["N1"],
            || json!({"a": [true]}),
            is("{\"a\":[true]}\n"),
        ),
        returns("n1_null_is_json", &["N1", "N2"], || Json(()), is("null\n")),
        returns(
            "n1_what_json_cannot_hold_is_a_500",
            &["N1", "B1"],
            || Json(BTreeMap::from([(vec![1], 1)])),
            |response| response.status(500),
        ),
    ]
}

/// Another app, with no type of its own.
async fn other(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.start(202, [("x-other", "1")])?;
    Ok(Body::from("other"))
}

fn values() -> Vec<Case> {
    vec![
        returns(
            "n1_a_stream_is_a_response",
            &["N1", "N5"],
            || pieces(["Hello ", "World!\n"]),
            |response| {
                response
                    .status(200)?
                    .field("content-type", HTML)?
                    .no("content-length")?
                    .body("Hello World!\n")
            },
        ),
        returns(
            "n1_an_iterator_is_a_response",
            &["N1"],
            || Body::from_chunks(["a", "b"]),
            |response| {
                response
                    .status(200)?
                    .field("content-type", HTML)?
                    .body("ab")
            },
        ),
        returns(
            "n1_a_response_is_returned_as_it_is",
            &["N1"],
            || {
                let response = http::Response::builder().status(203);
                let response = response.header("content-type", "text/x-own");
                response
                    .body(Body::from("own"))
                    .or(Err(HttpError::internal_server_error()))
            },
            |response| {
                response
                    .status(203)?
                    .field("content-type", "text/x-own")?
                    .body("own")
            },
        ),
        returns(
            "n1_a_response_with_no_type_is_plain_text",
            &["N1", "N5"],
            || Response::new(Body::from("plain")),
            |response| {
                response
                    .status(200)?
                    .field("content-type", "text/plain; charset=utf-8")?
                    .body("plain")
            },
        ),
        Case::new("n1_the_answer_of_another_app_is_a_response", &["N1"])
            .view(async |environ: Environ| -> Result<_, Error> { other.respond(environ).await })
            .sees(async |client: Client| {
                let response = client.get("/").await?.status(202)?.body("other")?;
                response.field("x-other", "1")?;
                Ok(())
            }),
        returns(
            "n1_a_result_is_its_value",
            &["N1"],
            || Ok::<_, Error>(("made", 201)),
            |response| response.status(201)?.body("made"),
        ),
        returns(
            "n1_a_result_is_its_error",
            &["N1", "N6"],
            || Err::<&str, _>(HttpError::gone()),
            |response| response.status(410),
        ),
        returns(
            "n1_a_type_of_ones_own_is_a_response",
            &["N1"],
            || Own,
            |response| response.status(201)?.body("own"),
        ),
    ]
}

struct Own;

impl TryIntoResponse for Own {
    fn try_into_response(self) -> Result<Response, Error> {
        ("own", 201).try_into_response()
    }
}

fn nothing() -> Vec<Case> {
    let none = |name, view: fn() -> Result<Response, Error>| {
        Case::new(name, &["N2"])
            .view(move |_: Environ| async move { view() })
            .sees(async |client: Client| clean_500(&client, "/").await.map(drop))
    };
    vec![
        none("n2_none_is_a_500", || None::<&str>.try_into_response()),
        none("n2_none_in_a_tuple_is_a_500", || {
            (None::<&str>, 404).try_into_response()
        }),
        returns(
            "n2_some_is_its_value",
            &["N2", "N1"],
            || Some("there"),
            |response| response.status(200)?.body("there"),
        ),
        returns(
            "n2_no_content_is_said_with_a_status",
            &["N2", "B7"],
            || ("", 204, [("content-type", "application/json")]),
            |response| response.status(204)?.body("")?.no("content-length"),
        ),
        returns(
            "n2_null_with_204_has_no_body",
            &["N2", "B7"],
            || (Json(()), 204),
            |response| response.status(204)?.body("")?.no("content-length"),
        ),
    ]
}
