//! The sign-in page of a pending request: shown again, and what was typed.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};

use crate::oauth::params::Params;
use crate::provider::authorize_error::AuthorizeError;
use crate::provider::sign_in::{SignIn, SignInOutcome, Typed};
use crate::provider::sign_in_further::{TypedCode, TypedNewPassword};
use crate::provider::visitor::Visitor;
use crate::secret::Secret;
use crate::time::{Clock, Timestamp};
use crate::web::extract::params::{Form, MalformedForm, Query};
use crate::web::extract::visiting::Visiting;
use crate::web::interaction::step::StepPages;
use crate::web::routes::{LEGACY_SIGN_IN, SIGN_IN, SIGN_IN_CODE, SIGN_IN_NEW_PASSWORD};
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
        .route(SIGN_IN_CODE, post(submit_code))
        .route(SIGN_IN_NEW_PASSWORD, post(submit_new_password))
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
    let flow = &handlers.sign_in;
    let tried = async |params: &Params, sealed: &str, visitor: &Visitor, now| {
        let realm = params.one("realm").map(str::to_owned);
        let typed =
            Typed { user_name: secret(params, "username"), password: secret(params, "password"), realm };
        flow.submit(typed, sealed, visitor, now).await
    };
    submitted(&handlers, params, &visiting, tried).await
}

/// A second factor.
async fn submit_code(
    State(handlers): State<SignInHandlers>,
    visiting: Visiting,
    Form(params): Form,
) -> Response {
    let flow = &handlers.sign_in;
    let tried = async |params: &Params, sealed: &str, visitor: &Visitor, now| {
        let password = params.one("password").map(Secret::from);
        let typed = TypedCode { code: secret(params, "code"), password };
        flow.submit_code(typed, sealed, visitor, now).await
    };
    submitted(&handlers, params, &visiting, tried).await
}

/// A new password.
async fn submit_new_password(
    State(handlers): State<SignInHandlers>,
    visiting: Visiting,
    Form(params): Form,
) -> Response {
    let flow = &handlers.sign_in;
    let tried = async |params: &Params, sealed: &str, visitor: &Visitor, now| {
        let typed = TypedNewPassword {
            password: secret(params, "password"),
            new_password: secret(params, "new_password"),
            again: secret(params, "new_password_again"),
        };
        flow.submit_new_password(typed, sealed, visitor, now).await
    };
    submitted(&handlers, params, &visiting, tried).await
}

fn secret(params: &Params, name: &str) -> Secret {
    Secret::from(params.one(name).unwrap_or_default())
}

/// What the forms of a sign-in share: the pending request, the visitor, and the answer.
async fn submitted(
    handlers: &SignInHandlers,
    params: Result<Params, MalformedForm>,
    visiting: &Visiting,
    tried: impl AsyncFnOnce(&Params, &str, &Visitor, Timestamp) -> Result<SignInOutcome, AuthorizeError>,
) -> Response {
    let SignInHandlers { pages, clock, .. } = handlers;
    let params = match params {
        Ok(params) => params,
        Err(malformed) => return pages.refuse((&malformed).into(), &[], visiting),
    };
    let answer = async {
        let visitor = visiting.visitor().await?;
        let sealed = params.one("request").unwrap_or_default();
        let outcome = tried(&params, sealed, &visitor, clock.now()).await?;
        answered(outcome, pages, visiting).await
    };
    answer.await.unwrap_or_else(|error| pages.refuse((&error).into(), &[], visiting))
}

/// What a try to sign in leads to.
async fn answered(
    outcome: SignInOutcome,
    pages: &StepPages,
    visiting: &Visiting,
) -> Result<Response, AuthorizeError> {
    match outcome {
        SignInOutcome::Further(prompt) => Ok(pages.further(&prompt, visiting)),
        SignInOutcome::Again(prompt) => Ok(pages.sign_in(&prompt, visiting)),
        SignInOutcome::Refused(step) => Ok(pages.show_after_form(step, visiting)),
        SignInOutcome::SignedIn { cookie, step } => {
            signed_in::give(&visiting.session, &cookie).await?;
            Ok(pages.show_after_form(step, visiting))
        }
    }
}
