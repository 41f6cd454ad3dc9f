//! `GET /authorize` and `POST /authorize`.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use crate::provider::authorize::Authorize;
use crate::time::Clock;
use crate::web::browsers::Unmet;
use crate::web::error::page::Refused;
use crate::web::extract::params::{Query, RawForm};
use crate::web::extract::visiting::Visiting;
use crate::web::interaction::step::StepPages;
use crate::web::pages::{locales, see_other};
use crate::web::routes::AUTHORIZE;

/// What the handlers use.
#[derive(Clone)]
pub struct AuthorizeHandlers {
    /// The flow.
    pub authorize: Authorize,
    /// What it leads to.
    pub pages: StepPages,
    /// Tells the time.
    pub clock: Clock,
}

/// Serves it.
pub fn router(handlers: AuthorizeHandlers) -> Router {
    Router::new().route(AUTHORIZE, get(start).post(start_by_form)).with_state(handlers)
}

async fn start(
    State(handlers): State<AuthorizeHandlers>,
    Query(params): Query,
    visiting: Visiting,
) -> Response {
    let AuthorizeHandlers { authorize, pages, clock } = handlers;
    let locales = locales(params.as_ref().ok());
    let visitor = match visiting.visitor().await {
        Ok(visitor) => visitor,
        Err(error) => return pages.refuse((&error).into(), &locales, &visiting),
    };
    match authorize.start(params, &visitor, clock.now()).await {
        Ok(step) => pages.show(step, &visiting),
        Err(error) => pages.refuse((&error).into(), &locales, &visiting),
    }
}

/// OpenID Connect Core §3.1.2.1 wants POST as well. A form that another site posts brings no `SameSite=Lax` cookie, so the browser is
/// sent to the same request by GET, where its session is seen. The parameters come along byte by byte.
async fn start_by_form(
    State(handlers): State<AuthorizeHandlers>,
    visiting: Visiting,
    RawForm(form): RawForm,
) -> Response {
    let pages = handlers.pages;
    match form.as_ref().map(|form| std::str::from_utf8(form)) {
        Ok(Ok(query)) if query.bytes().all(|byte| byte.is_ascii_graphic()) => {
            let mut response = see_other(&format!("{}?{query}", pages.pages.routes().path(AUTHORIZE)));
            response.extensions_mut().insert(Unmet);
            response
        }
        // A form encoding is ASCII without spaces.
        Ok(_) => pages.refuse(Refused::malformed_form(), &[], &visiting),
        Err(error) => pages.refuse(error.into(), &[], &visiting),
    }
}
