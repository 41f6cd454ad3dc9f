//! `GET /end-session` and `POST /end-session` (OpenID Connect RP-Initiated Logout §2).

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use crate::web::browsers::Unmet;
use crate::web::error::page::Refused;
use crate::web::extract::params::{Query, RawForm};
use crate::web::extract::visiting::Visiting;
use crate::web::interaction::sign_out::SignOutHandlers;
use crate::web::pages::see_other;
use crate::web::routes::END_SESSION;

/// Serves it.
pub fn router(handlers: SignOutHandlers) -> Router {
    Router::new().route(END_SESSION, get(start).post(start_by_form)).with_state(handlers)
}

async fn start(
    State(handlers): State<SignOutHandlers>,
    Query(params): Query,
    visiting: Visiting,
) -> Response {
    handlers.start(params, &visiting).await
}

/// As at the authorization endpoint: by GET the browser brings its cookies along.
async fn start_by_form(
    State(handlers): State<SignOutHandlers>,
    visiting: Visiting,
    RawForm(form): RawForm,
) -> Response {
    let language = visiting.language.as_deref();
    match form.as_ref().map(|form| std::str::from_utf8(form)) {
        Ok(Ok(query)) if query.bytes().all(|byte| byte.is_ascii_graphic()) => {
            let mut response = see_other(&format!("{}?{query}", handlers.pages.routes().path(END_SESSION)));
            response.extensions_mut().insert(Unmet);
            response
        }
        Ok(_) => handlers.pages.refuse(Refused::malformed_form(), &[], language),
        Err(error) => handlers.pages.refuse(error.into(), &[], language),
    }
}
