//! The pages of signing out: a person's own way in, the answer to "Sign out?", what is shown afterwards, and the two ways that lead over
//! the legacy site.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::model::client::Client;
use crate::oauth::params::{MalformedParams, Params};
use crate::provider::logout::farewell::Told;
use crate::provider::logout::legacy_site::{Coming, LegacySignOut};
use crate::provider::logout::rp_initiated::{
    RpInitiatedLogout, SignOutAnswer, SignOutError, SignOutPrompt, SignOutStep, SignedOut,
};
use crate::time::Clock;
use crate::web::browsers::{CookieKind, shows_pages};
use crate::web::crumbs::{self, Crumb};
use crate::web::extract::params::Form;
use crate::web::extract::visiting::Visiting;
use crate::web::page::frame::BackLink;
use crate::web::page::sign_out::{Onward, PassingPage, SignOutPage, SignedOutPage, StillSignedInPage};
use crate::web::pages::{Allowed, Pages, app, see_other};
use crate::web::routes::{LEGACY_SIGNED_OUT, SIGN_OUT, SIGNED_OUT};
use crate::web::signed_in;

/// Seconds after which the browser goes on by itself, when it only waits for frames.
const FRAMES_LOAD: u8 = 3;
/// The same when there is something to read.
const ONE_READS: u8 = 8;

/// What the handlers use.
#[derive(Clone)]
pub struct SignOutHandlers {
    /// The flow.
    pub logout: RpInitiatedLogout,
    /// The same, when the person signed out at the legacy site.
    pub legacy: LegacySignOut,
    /// What all pages share.
    pub pages: Pages,
    /// How the cookie is taken back.
    pub cookies: CookieKind,
    /// Tells the time.
    pub clock: Clock,
}

/// Serves it.
pub fn router(handlers: SignOutHandlers) -> Router {
    Router::new()
        .route(SIGN_OUT, get(ask).post(submit))
        .route(SIGNED_OUT, get(back_from_legacy_site))
        .route(LEGACY_SIGNED_OUT, get(signed_out_at_legacy_site))
        .with_state(handlers)
}

/// We sent the browser to the legacy site's sign-out page, and it comes back.
async fn back_from_legacy_site(State(handlers): State<SignOutHandlers>, visiting: Visiting) -> Response {
    let left = Crumb::Leaving.read(handlers.cookies, &visiting.cookies);
    let done = match visiting.visitor().await {
        Ok(visitor) => {
            let now = handlers.clock.now();
            handlers.logout.back_from_legacy_site(left.as_deref(), &visitor, now).await
        }
        Err(error) => Err(error.into()),
    };
    let mut response = match done {
        Ok(done) => handlers.farewell(&done, SignOutAnswer::SignOut, &visiting),
        Err(error) => handlers.pages.refuse((&error).into(), &[], visiting.language.as_deref()),
    };
    Crumb::Leaving.sweep(handlers.cookies, &mut response);
    response
}

/// The legacy site's sign-out page sends the browser here, by a redirect, a picture or a frame.
async fn signed_out_at_legacy_site(
    State(handlers): State<SignOutHandlers>,
    visiting: Visiting,
    headers: HeaderMap,
) -> Response {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let shows_pages = shows_pages(&headers);
    let coming = Coming { origin: text("origin"), referer: text("referer"), shows_pages };
    let step = match visiting.visitor().await {
        Ok(visitor) => handlers.legacy.signed_out(&coming, &visitor, handlers.clock.now()).await,
        Err(error) => Err(error.into()),
    };
    match step {
        Ok(None) => StatusCode::NO_CONTENT.into_response(),
        Ok(Some(step)) => handlers.finish(Ok(step), SignOutAnswer::SignOut, &visiting).await,
        Err(error) => handlers.finish(Err(error), SignOutAnswer::SignOut, &visiting).await,
    }
}

/// The same as an app's request that says nothing: whoever is signed in is asked.
async fn ask(State(handlers): State<SignOutHandlers>, visiting: Visiting) -> Response {
    handlers.start(Ok(Params::default()), &visiting).await
}

async fn submit(State(handlers): State<SignOutHandlers>, visiting: Visiting, Form(params): Form) -> Response {
    let language = visiting.language.as_deref();
    let params = match params {
        Ok(params) => params,
        Err(malformed) => return handlers.pages.refuse((&malformed).into(), &[], language),
    };
    let answer = match params.one("decision") {
        Some("logout") => SignOutAnswer::SignOut,
        _ => SignOutAnswer::Stay,
    };
    let sealed = params.one("request").unwrap_or_default();
    let step = match visiting.visitor().await {
        Ok(visitor) => handlers.logout.answer(answer, sealed, &visitor, handlers.clock.now()).await,
        Err(error) => Err(error.into()),
    };
    handlers.finish(step, answer, &visiting).await
}

impl SignOutHandlers {
    /// A new request to sign out.
    pub async fn start(&self, params: Result<Params, MalformedParams>, visiting: &Visiting) -> Response {
        let step = match visiting.visitor().await {
            Ok(visitor) => self.logout.start(params, &visitor, self.clock.now()).await,
            Err(error) => Err(error.into()),
        };
        self.finish(step, SignOutAnswer::SignOut, visiting).await
    }

    async fn finish(
        &self,
        step: Result<SignOutStep, SignOutError>,
        answer: SignOutAnswer,
        visiting: &Visiting,
    ) -> Response {
        match step {
            Ok(SignOutStep::Ask(prompt)) => self.question(&prompt, visiting),
            Ok(SignOutStep::Done(done)) => {
                let mut response = self.farewell(&done, answer, visiting);
                if done.ended {
                    signed_in::take_back(&visiting.session, self.cookies, &mut response).await;
                    crumbs::hide_state(self.cookies, &mut response);
                }
                response
            }
            Err(error) => self.pages.refuse((&error).into(), &[], visiting.language.as_deref()),
        }
    }

    fn question(&self, prompt: &SignOutPrompt, visiting: &Visiting) -> Response {
        let app = prompt.client.as_deref().map(app);
        let logo = app.as_ref().and_then(|app| app.logo.as_ref()).map(ToString::to_string);
        // Whoever stays goes back to the app's home page where no other way was asked for.
        let home = app.as_ref().and_then(|app| app.client_uri.as_ref()).map(ToString::to_string);
        let page = SignOutPage {
            frame: self.pages.frame(&prompt.ui_locales, visiting.language.as_deref()),
            action: self.pages.routes().path(SIGN_OUT),
            request: prompt.request.clone(),
            app,
            account: prompt.account_name.clone(),
        };
        let forms: Vec<&str> = prompt.redirect.iter().chain(&home).map(String::as_str).collect();
        let images: Vec<&str> = logo.iter().map(String::as_str).collect();
        let allowed = Allowed { forms: &forms, images: &images, ..Allowed::default() };
        self.pages.show(StatusCode::OK, &page, allowed)
    }

    fn farewell(&self, done: &SignedOut, answer: SignOutAnswer, visiting: &Visiting) -> Response {
        if let Some(legacy) = &done.legacy {
            let frame = self.pages.frame(&done.ui_locales, visiting.language.as_deref());
            let page = PassingPage { frame, location: legacy.location.clone() };
            let mut response = self.pages.show(StatusCode::OK, &page, Allowed::default());
            // What does not fit is not told afterwards; the session has ended all the same.
            let _ = Crumb::Leaving.leave(self.cookies, &legacy.leaving, legacy.waits, &mut response);
            Crumb::Pending.sweep(self.cookies, &mut response);
            return response;
        }
        let Told { heard, unreached, silent, frames } = &done.told;
        if let Some(location) = &done.location
            && frames.is_empty()
            && unreached.is_empty()
        {
            return see_other(location);
        }
        let back = done.client.as_deref().map(app).and_then(|app| {
            let uri = app.client_uri?;
            Some(BackLink { name: app.name, uri })
        });
        if answer == SignOutAnswer::Stay
            && let Some(back) = &back
        {
            return see_other(&back.uri.to_string());
        }
        let frame = self.pages.frame(&done.ui_locales, visiting.language.as_deref());
        match answer {
            SignOutAnswer::SignOut => {
                let names = |clients: &[Arc<Client>]| clients.iter().map(|client| app(client).name).collect();
                let after = if unreached.is_empty() { FRAMES_LOAD } else { ONE_READS };
                let onward = |location: &String| Onward { location: location.clone(), after };
                let page = SignedOutPage {
                    frame,
                    back,
                    onward: done.location.as_ref().map(onward),
                    told: names(heard),
                    unreached: names(unreached),
                    silent: names(silent),
                    frames: frames.clone(),
                };
                let framed: Vec<&str> = frames.iter().map(String::as_str).collect();
                let allowed = Allowed { frames: &framed, ..Allowed::default() };
                self.pages.show(StatusCode::OK, &page, allowed)
            }
            SignOutAnswer::Stay => {
                self.pages.show(StatusCode::OK, &StillSignedInPage { frame }, Allowed::default())
            }
        }
    }
}
