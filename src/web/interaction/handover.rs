//! `/handover`: where the legacy site hands somebody over, and `/handover/resume`, where the browser comes back with its own cookies. A
//! token that came in the query is out of the address bar with the first answer.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;

use crate::legacy::site::Handover;
use crate::oauth::params::Params;
use crate::provider::handover::{Back, Brought, HandoverPrompt, HandoverStep, Handovers};
use crate::provider::handover_error::HandoverError;
use crate::secret::Secret;
use crate::time::Clock;
use crate::web::browsers::{CookieKind, Unmet, cookie};
use crate::web::crumbs::Crumb;
use crate::web::extract::params::{Form, Query};
use crate::web::extract::visiting::Visiting;
use crate::web::interaction::step::StepPages;
use crate::web::page::handover::{HandoverPage, NotSignedInPage};
use crate::web::pages::{Allowed, app, see_other};
use crate::web::routes::{HANDOVER, HANDOVER_RESUMED};
use crate::web::signed_in;

/// What the handlers use.
#[derive(Clone)]
pub struct HandoverHandlers {
    /// The flow.
    pub handovers: Handovers,
    /// What it leads to.
    pub pages: StepPages,
    /// How small cookies are named.
    pub cookies: CookieKind,
    /// Tells the time.
    pub clock: Clock,
}

/// Serves it.
pub fn router(handlers: HandoverHandlers) -> Router {
    Router::new()
        .route(HANDOVER, get(by_address).post(by_form))
        .route(HANDOVER_RESUMED, get(resume).post(confirm))
        .with_state(handlers)
}

/// A form that the site's page posts. Its address may carry the `state` of the return URL.
async fn by_form(
    State(handlers): State<HandoverHandlers>,
    Query(query): Query,
    visiting: Visiting,
    headers: HeaderMap,
    Form(form): Form,
) -> Response {
    let form = match form {
        Ok(form) => form,
        Err(malformed) => return handlers.pages.refuse((&malformed).into(), &[], &visiting),
    };
    let token = form.one(handlers.field()).map(Secret::from);
    let state = state(&query.unwrap_or_default()).or_else(|| state(&form));
    let mut response = handlers.take(Handover::Form, token, state, &headers, &visiting).await;
    response.extensions_mut().insert(Unmet);
    response
}

/// A query, or a cookie of a domain that both share.
async fn by_address(
    State(handlers): State<HandoverHandlers>,
    Query(query): Query,
    visiting: Visiting,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    let state = state(&query);
    let (by, token) = match query.one(handlers.field()) {
        Some(token) => (Handover::Query, Some(token)),
        None => (Handover::Cookie, cookie(&headers, handlers.field())),
    };
    let token = token.map(Secret::from);
    handlers.take(by, token, state, &headers, &visiting).await
}

fn state(params: &Params) -> Option<String> {
    params.text("state")
}

async fn resume(
    State(handlers): State<HandoverHandlers>,
    visiting: Visiting,
    headers: HeaderMap,
) -> Response {
    let cookies = handlers.cookies;
    let back = Crumb::Handover
        .read(cookies, &headers)
        .map(|handle| Back { handle: Secret::from(handle), pending: Crumb::Pending.read(cookies, &headers) });
    let step = match (back, visiting.visitor().await) {
        (Some(back), Ok(visitor)) => handlers.handovers.resume(back, &visitor, handlers.clock.now()).await,
        (None, _) => Err(HandoverError::NothingWaits),
        (_, Err(error)) => Err(error.into()),
    };
    handlers.finish(step, &visiting).await
}

async fn confirm(State(handlers): State<HandoverHandlers>, visiting: Visiting, Form(form): Form) -> Response {
    let form = match form {
        Ok(form) => form,
        Err(malformed) => return handlers.pages.refuse((&malformed).into(), &[], &visiting),
    };
    // Only the button that says so is a yes.
    if form.one("decision") != Some("continue") {
        let frame = handlers.pages.pages.frame(&[], visiting.language.as_deref());
        let page = NotSignedInPage { frame };
        let mut response = handlers.pages.pages.show(StatusCode::OK, &page, Allowed::default());
        handlers.sweep(&mut response);
        return response;
    }
    let sealed = form.one("request").unwrap_or_default();
    let step = match visiting.visitor().await {
        Ok(visitor) => handlers.handovers.confirm(sealed, &visitor, handlers.clock.now()).await,
        Err(error) => Err(error.into()),
    };
    handlers.finish(step, &visiting).await
}

impl HandoverHandlers {
    fn field(&self) -> &str {
        self.handovers.connector.site().map_or("", |site| &site.field)
    }

    async fn take(
        &self,
        by: Handover,
        token: Option<Secret>,
        state: Option<String>,
        headers: &HeaderMap,
        visiting: &Visiting,
    ) -> Response {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (origin, referer) = (text(header::ORIGIN), text(header::REFERER));
        let brought = Brought { by, token, origin, referer, state, address: visiting.address() };
        match self.handovers.take(brought, self.clock.now()).await {
            Ok(handle) => {
                let mut response = see_other(&self.pages.pages.routes().path(HANDOVER_RESUMED));
                // A cookie and not the address: nobody can send somebody else's browser there with a handle of his own.
                let left = Crumb::Handover.leave(self.cookies, handle.expose(), &mut response);
                debug_assert!(left, "a handle is short");
                response
            }
            Err(error) => self.refuse(&error, visiting),
        }
    }

    fn refuse(&self, error: &HandoverError, visiting: &Visiting) -> Response {
        let mut response = self.pages.refuse(error.into(), &[], visiting);
        if let HandoverError::Throttled { until } = error {
            let wait = until.since(self.clock.now()).as_secs().max(1);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
        response
    }

    async fn finish(&self, step: Result<HandoverStep, HandoverError>, visiting: &Visiting) -> Response {
        let mut response = match step {
            Ok(HandoverStep::Ask(prompt)) => return self.question(&prompt, visiting),
            Ok(HandoverStep::SignedIn { cookie, step }) => {
                match signed_in::give(&visiting.session, &cookie).await {
                    Ok(()) => self.pages.show_after_form(step, visiting),
                    Err(error) => self.pages.refuse((&error).into(), &[], visiting),
                }
            }
            Err(error) => self.pages.refuse((&error).into(), &[], visiting),
        };
        self.sweep(&mut response);
        response
    }

    fn sweep(&self, response: &mut Response) {
        Crumb::Handover.sweep(self.cookies, response);
        Crumb::Pending.sweep(self.cookies, response);
    }

    fn question(&self, prompt: &HandoverPrompt, visiting: &Visiting) -> Response {
        let pages = &self.pages.pages;
        let app = prompt.client.as_deref().map(app);
        let logo = app.as_ref().and_then(|app| app.logo.as_ref()).map(ToString::to_string);
        let page = HandoverPage {
            frame: pages.frame(&prompt.ui_locales, visiting.language.as_deref()),
            action: pages.routes().path(HANDOVER_RESUMED),
            request: prompt.request.clone(),
            app,
            account: prompt.user_name.clone(),
            instead_of: prompt.instead_of.clone(),
        };
        let forms: Vec<&str> = prompt.redirect_uri.iter().map(String::as_str).collect();
        let images: Vec<&str> = logo.iter().map(String::as_str).collect();
        pages.show(StatusCode::OK, &page, Allowed { forms: &forms, images: &images, ..Allowed::default() })
    }
}
