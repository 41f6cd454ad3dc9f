//! The consent page of a pending request: shown, and what was pressed.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use crate::oauth::params::Params;
use crate::provider::authorize_error::AuthorizeError;
use crate::provider::consent::Consents;
use crate::rules::interaction::ConsentAnswer;
use crate::time::Clock;
use crate::web::extract::params::{Form, Query};
use crate::web::extract::visiting::Visiting;
use crate::web::interaction::step::StepPages;
use crate::web::routes::CONSENT;

/// What the handlers use.
#[derive(Clone)]
pub struct ConsentHandlers {
    /// The flow.
    pub consents: Consents,
    /// What it leads to.
    pub pages: StepPages,
    /// Tells the time.
    pub clock: Clock,
}

/// Serves it.
pub fn router(handlers: ConsentHandlers) -> Router {
    Router::new().route(CONSENT, get(show).post(submit)).with_state(handlers)
}

async fn show(State(handlers): State<ConsentHandlers>, Query(params): Query, visiting: Visiting) -> Response {
    match shown(&handlers, params.unwrap_or_default(), &visiting).await {
        Ok(response) => response,
        Err(error) => handlers.pages.refuse((&error).into(), &[], &visiting),
    }
}

async fn shown(
    handlers: &ConsentHandlers,
    params: Params,
    visiting: &Visiting,
) -> Result<Response, AuthorizeError> {
    let ConsentHandlers { consents, pages, clock } = handlers;
    let visitor = visiting.visitor().await?;
    let sealed = params.one("request").unwrap_or_default();
    let step = consents.authorize.resume(sealed, &visitor, clock.now()).await?;
    Ok(pages.show(step, visiting))
}

async fn submit(State(handlers): State<ConsentHandlers>, visiting: Visiting, Form(params): Form) -> Response {
    let params = match params {
        Ok(params) => params,
        Err(malformed) => return handlers.pages.refuse((&malformed).into(), &[], &visiting),
    };
    match submitted(&handlers, &params, &visiting).await {
        Ok(response) => response,
        Err(error) => handlers.pages.refuse((&error).into(), &[], &visiting),
    }
}

async fn submitted(
    handlers: &ConsentHandlers,
    params: &Params,
    visiting: &Visiting,
) -> Result<Response, AuthorizeError> {
    let ConsentHandlers { consents, pages, clock } = handlers;
    let visitor = visiting.visitor().await?;
    let sealed = params.one("request").unwrap_or_default();
    // Only the button that says so is a yes.
    let answer = match params.one("decision") {
        Some("allow") => ConsentAnswer::Allowed,
        _ => ConsentAnswer::Denied,
    };
    let step = consents.answer(answer, sealed, &visitor, clock.now()).await?;
    Ok(pages.show_after_form(step, visiting))
}
