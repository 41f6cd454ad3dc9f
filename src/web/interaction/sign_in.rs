//! The sign-in page of a pending request: shown again, and what was typed.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use crate::oauth::params::Params;
use crate::provider::authorize_error::AuthorizeError;
use crate::provider::sign_in::{SignIn, SignInOutcome, Typed};
use crate::secret::Secret;
use crate::time::Clock;
use crate::web::extract::params::{Form, Query};
use crate::web::extract::visiting::Visiting;
use crate::web::interaction::step::StepPages;
use crate::web::routes::{LEGACY_SIGN_IN, SIGN_IN};
use crate::web::signed_in;

/// What the handlers use.
#[derive(Clone)]
pub struct SignInHandlers {
    /// The flow.
    pub sign_in: SignIn,
    /// What it leads to.
    pub pages: StepPages,
    /// Tells the time.
    pub clock: Clock,
}

/// Serves it.
pub fn router(handlers: SignInHandlers) -> Router {
    Router::new()
        .route(SIGN_IN, get(show).post(submit))
        .route(LEGACY_SIGN_IN, get(at_legacy_site))
        .with_state(handlers)
}

/// The way to the legacy site.
async fn at_legacy_site(
    State(handlers): State<SignInHandlers>,
    Query(params): Query,
    visiting: Visiting,
) -> Response {
    let params = params.unwrap_or_default();
    let sealed = params.one("request").unwrap_or_default();
    let step = match visiting.visitor().await {
        Ok(visitor) => {
            let authorize = &handlers.sign_in.authorize;
            authorize.at_legacy_site(sealed, &visitor, handlers.clock.now()).await
        }
        Err(error) => Err(error.into()),
    };
    match step {
        Ok(step) => handlers.pages.show(step, &visiting),
        Err(error) => handlers.pages.refuse((&error).into(), &[], &visiting),
    }
}

/// `prompt=login` shows the page whoever is signed in; otherwise the dispatcher decides what comes next by now.
async fn show(State(handlers): State<SignInHandlers>, Query(params): Query, visiting: Visiting) -> Response {
    match shown(&handlers, params.unwrap_or_default(), &visiting).await {
        Ok(response) => response,
        Err(error) => handlers.pages.refuse((&error).into(), &[], &visiting),
    }
}

async fn shown(
    handlers: &SignInHandlers,
    params: Params,
    visiting: &Visiting,
) -> Result<Response, AuthorizeError> {
    let SignInHandlers { sign_in, pages, clock } = handlers;
    let visitor = visiting.visitor().await?;
    let sealed = params.one("request").unwrap_or_default();
    let step = if params.one("prompt") == Some("login") {
        sign_in.authorize.another_account(sealed, &visitor, clock.now())?
    } else {
        sign_in.authorize.resume(sealed, &visitor, clock.now()).await?
    };
    Ok(pages.show(step, visiting))
}

async fn submit(State(handlers): State<SignInHandlers>, visiting: Visiting, Form(params): Form) -> Response {
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
    handlers: &SignInHandlers,
    params: &Params,
    visiting: &Visiting,
) -> Result<Response, AuthorizeError> {
    let SignInHandlers { sign_in, pages, clock } = handlers;
    let field = |name| Secret::from(params.one(name).unwrap_or_default());
    let typed = Typed { user_name: field("username"), password: field("password") };
    let visitor = visiting.visitor().await?;
    let sealed = params.one("request").unwrap_or_default();
    match sign_in.submit(typed, sealed, &visitor, clock.now()).await? {
        SignInOutcome::Again(prompt) => Ok(pages.sign_in(&prompt, visiting)),
        SignInOutcome::Refused(step) => Ok(pages.show_after_form(step, visiting)),
        SignInOutcome::SignedIn { cookie, step } => {
            signed_in::give(&visiting.session, &cookie).await?;
            Ok(pages.show_after_form(step, visiting))
        }
    }
}
