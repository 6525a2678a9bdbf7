//! What actix knows reaches the app, and what the app says reaches actix.

use std::sync::Arc;

use actix_session::storage::CookieSessionStore;
use actix_session::{SessionExt, SessionMiddleware};
use actix_web::cookie::Key;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::{HttpMessage, web};
use actix_web::{
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
};
use adapter_actix::{ActixService, mount, service};
use gateway_conformance::wire::{Protocol, WireRequest};
use gateway_core::{
    Body, Environ, Error, Gateway, PathParams, StartResponse, TryIntoResponse, VarName, view,
};

use crate::server::Server;

#[derive(Clone, Debug, PartialEq)]
struct RowsRead(u64);

/// What the host's function copies into the extensions.
#[derive(Clone)]
struct User(String);

async fn whoami(environ: Environ) -> String {
    match environ.extensions().get() {
        Some(User(name)) => format!("{name} at {}", environ.path_info()),
        None => "nobody".to_owned(),
    }
}

#[tokio::test]
async fn who_is_logged_in_by_actix_session_reaches_the_app() {
    let server = Server::start(|config| {
        let session =
            SessionMiddleware::builder(CookieSessionStore::default(), Key::from(&[7; 64]))
                .cookie_secure(false)
                .build();
        let app = mount("/app", view(whoami)).with(|request, environ| {
            if let Ok(Some(user)) = request.get_session().get("user") {
                environ.extensions_mut().insert(User(user));
            }
        });
        config.service(
            web::scope("")
                .wrap(session)
                .route(
                    "/login/{name}",
                    web::get().to(
                        async |session: actix_session::Session, name: web::Path<String>| {
                            session
                                .insert("user", name.into_inner())
                                .map(|()| "welcome")
                        },
                    ),
                )
                .service(app),
        );
    });
    for protocol in Protocol::ALL {
        let stranger = server.answer(protocol, &WireRequest::get("/app/x")).await;
        assert_eq!(stranger.text(), "nobody");
        let login = server
            .answer(protocol, &WireRequest::get("/login/ada"))
            .await;
        let cookie = login.header("set-cookie").unwrap();
        let cookie = cookie.split(';').next().unwrap();
        let request = WireRequest::get("/app/x").header("cookie", cookie);
        let response = server.answer(protocol, &request).await;
        assert_eq!(response.text(), "ada at /x");
        // Whoever makes a cookie up is nobody.
        let forged = WireRequest::get("/app/x").header("cookie", "id=ada");
        assert_eq!(server.answer(protocol, &forged).await.text(), "nobody");
    }
}

#[tokio::test]
async fn the_function_sees_headers_extensions_app_data_and_parameters() {
    let server = Server::start(|config| {
        let app = view(async |environ: Environ| {
            let seen = environ.get("SEEN").map(|seen| seen.to_string());
            let own = environ.header("x-seen").map(|value| value.to_string());
            format!("{seen:?} {own:?}")
        });
        let seen = |request: &ServiceRequest, environ: &mut Environ| {
            let header = request.headers().get("x-seen").unwrap();
            let header = header.to_str().unwrap();
            let data = request.app_data::<web::Data<u32>>().unwrap();
            let extension = *request.extensions().get::<i8>().unwrap();
            let id = request.match_info().get("id").unwrap();
            environ.set_var(
                const { VarName::new("SEEN") },
                format!("{header} {data:?} {extension} {id}"),
            );
        };
        config.app_data(web::Data::new(47_u32));
        config.service(
            web::scope("/{id}")
                .wrap(from_fn(async |request: ServiceRequest, next: Next<_>| {
                    request.extensions_mut().insert(-1_i8);
                    next.call(request).await
                }))
                .service(mount("/mount", app).with(seen))
                .service(
                    web::resource("/route")
                        .route(web::get().service(ActixService::new(app).with(seen))),
                ),
        );
    });
    for protocol in Protocol::ALL {
        for target in ["/7/mount", "/7/route"] {
            let request = WireRequest::get(target).header("x-seen", "yes");
            let response = server.answer(protocol, &request).await;
            assert_eq!(
                response.text(),
                "Some(\"yes Data(47) -1 7\") Some(\"yes\")",
                "{target}"
            );
        }
    }
}

#[tokio::test]
async fn b9_a_panic_of_that_function_is_a_500_and_the_app_is_not_called() {
    let server = Server::start(|config| {
        let app = mount("/app", view(async |_| "called"));
        config.service(app.with(|_, _| panic!("the test asks for it")));
        config.default_service(service(view(async |_| "still here")));
    });
    for protocol in Protocol::ALL {
        for _ in 0..3 {
            let response = server.answer(protocol, &WireRequest::get("/app")).await;
            assert_eq!(response.status, 500);
            let body = response.text();
            assert!(!body.contains("called"), "{body}");
            assert!(!body.contains("the test asks for it"), "{body}");
        }
        let response = server.answer(protocol, &WireRequest::get("/")).await;
        assert_eq!(response.text(), "still here");
    }
}

async fn params(environ: Environ) -> String {
    let params = environ.extensions().get::<PathParams>();
    params.map_or("none".to_owned(), |params| {
        let pairs = params.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join(";")
    })
}

#[tokio::test]
async fn the_parameters_of_all_routes_around_the_app_are_there() {
    let server = Server::start(|config| {
        config.service(
            web::scope("/u/{id}")
                .service(mount("/deep/{depth}", view(params)))
                .service(
                    web::resource("/files/{kind}/{rest:.*}")
                        .route(web::get().service(service(view(params)))),
                ),
        );
        config.service(mount("/plain", view(params)));
    });
    for (target, expected) in [
        ("/u/7/files/png/a%2Fb/c", "id=7;kind=png;rest=a/b/c"),
        ("/u/a%20b/deep/%C3%A4/x", "id=a b;depth=\u{e4}"),
        ("/u/100%2525/deep/1", "id=100%25;depth=1"),
        ("/u/%FF/deep/1/x", "id=\u{fffd};depth=1"),
        ("/plain", "none"),
    ] {
        for protocol in Protocol::ALL {
            let response = server.answer(protocol, &WireRequest::get(target)).await;
            assert_eq!(response.text(), expected, "{target}");
        }
    }
}

async fn reading(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.insert_extension(RowsRead(3));
    start_response.start(200, [("content-type", "text/plain")])?;
    Ok(Body::from("rows"))
}

/// A middleware of actix's that looks at the extensions of responses.
async fn rows(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let mut response = next.call(request).await?;
    let rows = {
        let extensions = response.response().extensions();
        let of_the_app = extensions.get::<http::Extensions>();
        of_the_app.and_then(|extensions| extensions.get().cloned())
    };
    let value = rows.map_or("none".to_owned(), |RowsRead(rows)| rows.to_string());
    let name = actix_web::http::header::HeaderName::from_static("x-rows");
    response.headers_mut().insert(name, value.parse().unwrap());
    Ok(response)
}

#[tokio::test]
async fn what_an_app_puts_into_its_response_reaches_a_middleware_of_actix() {
    let server = Server::start(|config| {
        let by_hand = view(async |_| {
            let mut response = "rows".try_into_response()?;
            response.extensions_mut().insert(RowsRead(4));
            Ok::<_, Error>(response)
        });
        config.service(
            web::scope("")
                .wrap(from_fn(rows))
                .service(mount("/rows", reading))
                .service(mount("/by-hand", by_hand))
                .service(mount("/none", view(async |_| "none"))),
        );
    });
    for protocol in Protocol::ALL {
        // In turns: what is used again for the next request is empty (L5).
        for (target, expected) in [
            ("/rows", "3"),
            ("/none", "none"),
            ("/by-hand", "4"),
            ("/none", "none"),
        ] {
            let response = server.answer(protocol, &WireRequest::get(target)).await;
            assert_eq!(response.header("x-rows"), Some(expected), "{target}");
        }
    }
}

#[tokio::test]
async fn a_service_takes_gateways_that_were_made_before() {
    let app = Arc::new(view(async |environ: Environ| {
        environ.script_name().to_string()
    }));
    let service = ActixService::from_gateway_fn(move || Gateway::new(app.clone()));
    let server = Server::start(move |config| {
        config.service(service.clone().mount("/app/"));
    });
    for protocol in Protocol::ALL {
        let response = server.answer(protocol, &WireRequest::get("/app/x")).await;
        assert_eq!(response.text(), "/app");
    }
}

#[tokio::test]
async fn a_forged_header_gives_way_to_what_the_host_tells() {
    async fn tell_user(
        mut request: ServiceRequest,
        next: Next<impl MessageBody>,
    ) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
        request.headers_mut().remove("x-user");
        // As an authentication middleware would find out.
        if request.path() == "/app/ada" {
            let name = HeaderName::from_static("x-user");
            let user = HeaderValue::from_static("ada");
            request.headers_mut().insert(name, user);
        }
        next.call(request).await
    }

    async fn told(environ: Environ) -> String {
        let user = environ.get("HTTP_X_USER").map(|user| user.to_string());
        format!("{user:?}")
    }

    let server = Server::start(|config| {
        let scope = web::scope("").wrap(from_fn(tell_user));
        config.service(scope.service(mount("/app", view(told))));
    });
    for (path, expected) in [("/app", "None"), ("/app/ada", r#"Some("ada")"#)] {
        let forged = WireRequest::get(path)
            .header("x-user", "root")
            .header("x-user", "root")
            .header("x_user", "root");
        for protocol in Protocol::ALL {
            let response = server.answer(protocol, &forged).await;
            assert_eq!(response.text(), expected, "{protocol:?}");
        }
    }
}
