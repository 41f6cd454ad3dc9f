//! The pages of signing out: a person's own way in, the answer to "Sign out?", and what is shown afterwards.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use crate::oauth::params::{MalformedParams, Params};
use crate::provider::logout::rp_initiated::{
    RpInitiatedLogout, SignOutAnswer, SignOutError, SignOutPrompt, SignOutStep, SignedOut,
};
use crate::time::Clock;
use crate::web::browsers::CookieKind;
use crate::web::extract::params::Form;
use crate::web::extract::visiting::Visiting;
use crate::web::page::frame::BackLink;
use crate::web::page::sign_out::{SignOutPage, SignedOutPage, StillSignedInPage};
use crate::web::pages::{Allowed, Pages, app, see_other};
use crate::web::routes::SIGN_OUT;
use crate::web::signed_in;

/// What the handlers use.
#[derive(Clone)]
pub struct SignOutHandlers {
    /// The flow.
    pub logout: RpInitiatedLogout,
    /// What all pages share.
    pub pages: Pages,
    /// How the cookie is taken back.
    pub cookies: CookieKind,
    /// Tells the time.
    pub clock: Clock,
}

/// Serves it.
pub fn router(handlers: SignOutHandlers) -> Router {
    Router::new().route(SIGN_OUT, get(ask).post(submit)).with_state(handlers)
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
        self.pages.show(StatusCode::OK, &page, Allowed { forms: &forms, images: &images, script: None })
    }

    fn farewell(&self, done: &SignedOut, answer: SignOutAnswer, visiting: &Visiting) -> Response {
        if let Some(location) = &done.location {
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
                self.pages.show(StatusCode::OK, &SignedOutPage { frame, back }, Allowed::default())
            }
            SignOutAnswer::Stay => {
                self.pages.show(StatusCode::OK, &StillSignedInPage { frame }, Allowed::default())
            }
        }
    }
}
