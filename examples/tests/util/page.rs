//! The page itself.

use gateway_conformance::wire::{Protocol, WireRequest};

use crate::card::Card;
use crate::{Server, send};

async fn the_page_has_every_card_and_its_code(server: Server) {
    for protocol in Protocol::ALL {
        let page = send(server, protocol, &WireRequest::get("/util")).await;
        assert_eq!(page.status, 200);
        assert_eq!(
            page.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        let text = page.text();
        for card in Card::all() {
            assert!(text.contains(&format!("id=\"title-{}\"", card.id)));
        }
        assert_eq!(
            text.matches("<pre class=\"code\"").count(),
            Card::all().len()
        );
        assert!(!text.contains("No view of its own"));
    }
}

async fn the_pages_lead_to_each_other(server: Server) {
    for (here, there) in [("/util", "./showcase"), ("/showcase", "./util")] {
        let page = send(server, Protocol::Http1, &WireRequest::get(here)).await;
        let link = format!("<a href=\"{}\">", there.replace('/', "&#x2f;"));
        assert!(page.text().contains(&link), "{here}");
    }
    // The links of the page are relative to its place.
    let slash = send(server, Protocol::Http1, &WireRequest::get("/util/")).await;
    assert_eq!(
        (slash.status, slash.header("location")),
        (308, Some("../util"))
    );
}

on_every_stack! {
    the_page_has_every_card_and_its_code,
    the_pages_lead_to_each_other,
}
