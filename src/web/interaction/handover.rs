//! `/handover`: where the legacy site hands somebody over, and `/handover/resume`, where the browser comes back with its own cookies. A
//! token that came in the query is out of the address bar with the first answer, also when it is refused.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::get;

use crate::legacy::site::Handover;
use crate::oauth::params::Params;
use crate::provider::handover::{Back, Brought, HandoverPrompt, HandoverStep, Handovers, WAITS};
use crate::provider::handover_error::HandoverError;
use crate::secret::Secret;
use crate::time::Clock;
use crate::web::browsers::{CookieKind, Unmet, cookie, shows_pages};
use crate::web::crumbs::Crumb;
use crate::web::error::page::Told;
use crate::web::extract::params::{Form, Query};
use crate::web::extract::visiting::Visiting;
use crate::web::interaction::step::StepPages;
use crate::web::page::handover::{HandoverPage, NotSignedInPage};
use crate::web::pages::{Allowed, app, see_other};
use crate::web::routes::{HANDOVER, HANDOVER_RESUMED};
use crate::web::signed_in;

/// Where it stands, sealed, why a hand-over in a query was refused.
const REFUSED: &str = "refused";

/// What a request holds of a hand-over.
struct Bringing {
    by: Handover,
    token: Option<Secret>,
    state: Option<String>,
    embedded: bool,
}

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
    // A form says where it comes from, so that it need not say whether it stands in a frame.
    let bringing = Bringing { by: Handover::Form, token, state, embedded: false };
    let taken = handlers.take(bringing, &headers, &visiting).await;
    let mut response = taken.unwrap_or_else(|error| handlers.refuse(&error, &visiting));
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
    let bringing = Bringing { by, token: token.map(Secret::from), state, embedded: !shows_pages(&headers) };
    match handlers.take(bringing, &headers, &visiting).await {
        Ok(response) => response,
        Err(error) if by == Handover::Query => handlers.tell_elsewhere(&error),
        Err(error) => handlers.refuse(&error, &visiting),
    }
}

fn state(params: &Params) -> Option<String> {
    params.text("state")
}

async fn resume(
    State(handlers): State<HandoverHandlers>,
    Query(query): Query,
    visiting: Visiting,
) -> Response {
    if let Some(sealed) = query.unwrap_or_default().one(REFUSED) {
        let (pages, language) = (&handlers.pages.pages, visiting.language.as_deref());
        return match handlers.handovers.open_told(sealed, handlers.clock.now()) {
            Ok(told) => pages.tell(told, &[], language),
            Err(error) => handlers.pages.refuse((&HandoverError::from(error)).into(), &[], &visiting),
        };
    }
    let cookies = handlers.cookies;
    let back = Crumb::Handover.read(cookies, &visiting.cookies).map(|handle| Back {
        handle: Secret::from(handle),
        pending: Crumb::Pending.read_all(cookies, &visiting.cookies),
    });
    let step = match (back, visiting.visitor().await) {
        (Some(back), Ok(visitor)) => handlers.handovers.resume(back, &visitor, handlers.clock.now()).await,
        (None, _) => Err(HandoverError::NoHandle),
        (_, Err(error)) => Err(error.into()),
    };
    handlers.finish(step, &visiting).await
}

async fn confirm(State(handlers): State<HandoverHandlers>, visiting: Visiting, Form(form): Form) -> Response {
    let form = match form {
        Ok(form) => form,
        Err(malformed) => return handlers.pages.refuse((&malformed).into(), &[], &visiting),
    };
    let sealed = form.one("request").unwrap_or_default();
    let (visitor, now) = (visiting.visitor().await, handlers.clock.now());
    // Only the button that says so is a yes.
    if form.one("decision") != Some("continue") {
        let declined = visitor.ok().and_then(|visitor| handlers.handovers.declined(sealed, &visitor, now));
        let frame = handlers.pages.pages.frame(&[], visiting.language.as_deref());
        let page = NotSignedInPage { frame };
        let mut response = handlers.pages.pages.show(StatusCode::OK, &page, Allowed::default());
        Crumb::Handover.sweep(handlers.cookies, &mut response);
        handlers.forget(declined.as_deref(), &visiting, &mut response);
        return response;
    }
    let step = match visitor {
        Ok(visitor) => handlers.handovers.confirm(sealed, &visitor, now).await,
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
        bringing: Bringing,
        headers: &HeaderMap,
        visiting: &Visiting,
    ) -> Result<Response, HandoverError> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (origin, referer) = (text(header::ORIGIN), text(header::REFERER));
        let Bringing { by, token, state, embedded } = bringing;
        let brought = Brought { by, token, origin, referer, state, embedded, address: visiting.address() };
        let handle = self.handovers.take(brought, self.clock.now()).await?;
        let mut response = see_other(&self.pages.pages.routes().path(HANDOVER_RESUMED));
        // A cookie and not the address: nobody can send somebody else's browser there with a handle of his own.
        let left = Crumb::Handover.leave(self.cookies, handle.expose(), WAITS, &mut response);
        debug_assert!(left, "a handle is short");
        Ok(response)
    }

    /// A token that stands in the address does not stay there, whatever became of it.
    fn tell_elsewhere(&self, error: &HandoverError) -> Response {
        let sealed = self.handovers.seal_told(&self.note(error), self.clock.now());
        see_other(&format!("{}?{REFUSED}={sealed}", self.pages.pages.routes().path(HANDOVER_RESUMED)))
    }

    fn refuse(&self, error: &HandoverError, visiting: &Visiting) -> Response {
        self.pages.pages.tell(self.note(error), &[], visiting.language.as_deref())
    }

    fn note(&self, error: &HandoverError) -> Told {
        let mut told = self.pages.pages.note(error.into());
        if let HandoverError::Throttled { until } = error {
            told.retry_after = Some(until.since(self.clock.now()).as_secs().max(1));
        }
        told
    }

    async fn finish(&self, step: Result<HandoverStep, HandoverError>, visiting: &Visiting) -> Response {
        let mut response = match step {
            Ok(HandoverStep::Ask(prompt)) => return self.question(&prompt, visiting),
            Ok(HandoverStep::SignedIn { cookie, step, answered }) => {
                match signed_in::give(&visiting.session, &cookie).await {
                    Ok(()) => {
                        let mut response = self.pages.show_after_form(step, visiting);
                        self.forget(answered.as_deref(), visiting, &mut response);
                        response
                    }
                    Err(error) => self.pages.refuse((&error).into(), &[], visiting),
                }
            }
            Err(error) => self.pages.refuse((&error).into(), &[], visiting),
        };
        Crumb::Handover.sweep(self.cookies, &mut response);
        response
    }

    /// The request that was answered waits no more; those of other tabs do.
    fn forget(&self, answered: Option<&str>, visiting: &Visiting, response: &mut Response) {
        let Some(answered) = answered else { return };
        let mut waiting = Crumb::Pending.read_all(self.cookies, &visiting.cookies);
        waiting.retain(|sealed| sealed != answered);
        let lifetime = self.handovers.authorize.settings.pending;
        if !Crumb::Pending.leave_all(self.cookies, &waiting, lifetime, response) {
            Crumb::Pending.sweep(self.cookies, response);
        }
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
