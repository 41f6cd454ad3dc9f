//! `/account`: a person's own sessions and apps, shown, and what they did about them.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use crate::id::{ClientId, SessionId};
use crate::oauth::params::Params;
use crate::provider::account_page::{AccountAction, AccountPages, AccountStep, Overview};
use crate::provider::authorize_error::AuthorizeError;
use crate::time::{Clock, Timestamp};
use crate::web::error::page::Refused;
use crate::web::extract::params::Form;
use crate::web::extract::visiting::Visiting;
use crate::web::interaction::step::StepPages;
use crate::web::page::account::{AccountPage, AppLine, Fact, SessionLine};
use crate::web::page::agent::Agent;
use crate::web::page::consent::ScopeLine;
use crate::web::pages::{Allowed, app, see_other};
use crate::web::routes::{ACCOUNT, SIGN_OUT};

/// What the handlers use.
#[derive(Clone)]
pub struct AccountHandlers {
    /// The flow.
    pub account: AccountPages,
    /// What may have to come first.
    pub pages: StepPages,
    /// Tells the time.
    pub clock: Clock,
}

/// Serves it.
pub fn router(handlers: AccountHandlers) -> Router {
    Router::new().route(ACCOUNT, get(show).post(act)).with_state(handlers)
}

async fn show(State(handlers): State<AccountHandlers>, visiting: Visiting) -> Response {
    let now = handlers.clock.now();
    let step = match visiting.visitor().await {
        Ok(visitor) => handlers.account.show(&visitor, now).await,
        Err(error) => Err(error.into()),
    };
    match step {
        Ok(AccountStep::Overview(overview)) => handlers.page(*overview, &visiting, now),
        Ok(AccountStep::First(step)) => handlers.pages.show(step, &visiting),
        Err(error) => handlers.pages.refuse((&error).into(), &[], &visiting),
    }
}

async fn act(State(handlers): State<AccountHandlers>, visiting: Visiting, Form(params): Form) -> Response {
    let params = match params {
        Ok(params) => params,
        Err(malformed) => return handlers.pages.refuse((&malformed).into(), &[], &visiting),
    };
    let Some(action) = action(&params) else {
        return handlers.pages.refuse(Refused::malformed_form(), &[], &visiting);
    };
    match handlers.acted(action, &params, &visiting).await {
        // Shown anew, so that reloading it does nothing again.
        Ok(()) => see_other(&handlers.pages.pages.routes().path(ACCOUNT)),
        Err(error) => handlers.pages.refuse((&error).into(), &[], &visiting),
    }
}

/// What the button that was pressed says.
fn action(params: &Params) -> Option<AccountAction> {
    if let Some(session) = params.one("end_session") {
        return Some(AccountAction::EndSession(SessionId::from(session)));
    }
    if let Some(client) = params.one("disconnect") {
        return Some(AccountAction::Disconnect(ClientId::from(client)));
    }
    params.one("end_others").map(|_| AccountAction::EndOthers)
}

impl AccountHandlers {
    async fn acted(
        &self,
        action: AccountAction,
        params: &Params,
        visiting: &Visiting,
    ) -> Result<(), AuthorizeError> {
        let visitor = visiting.visitor().await?;
        let sealed = params.one("request").unwrap_or_default();
        self.account.act(action, sealed, &visitor, self.clock.now()).await
    }

    fn page(&self, overview: Overview, visiting: &Visiting, now: Timestamp) -> Response {
        let pages = &self.pages.pages;
        let frame = pages.frame(&[], visiting.language.as_deref());
        let Overview { account, sessions, apps, request } = overview;
        let sessions = sessions.into_iter().map(|own| SessionLine {
            id: own.session.id.to_string(),
            is_this: own.is_this,
            agent: Agent::read(own.session.whereabouts.agent.as_deref()),
            address: own.session.whereabouts.address,
            began: now.since(own.session.created_at),
            used: now.since(own.session.last_seen),
            apps: own.apps.iter().map(|client| app(client).name).collect(),
        });
        let apps = apps.into_iter().map(|connected| AppLine {
            id: connected.client.id.to_string(),
            app: app(&connected.client),
            since: now.since(connected.since),
            scopes: connected
                .scopes
                .iter()
                .map(|(scope, words)| ScopeLine::of(scope, words.as_ref(), frame.messages.language))
                .collect(),
        });
        let page = AccountPage {
            action: pages.routes().path(ACCOUNT),
            sign_out_url: pages.routes().path(SIGN_OUT),
            request,
            user_name: account.user_name,
            sessions: sessions.collect(),
            apps: apps.collect(),
            facts: Fact::all(&frame, account.claims.iter().map(|(name, value)| (name.as_str(), value))),
            frame,
        };
        let logos: Vec<String> =
            page.apps.iter().filter_map(|line| line.app.logo.as_ref()).map(ToString::to_string).collect();
        let images: Vec<&str> = logos.iter().map(String::as_str).collect();
        pages.show(StatusCode::OK, &page, Allowed { images: &images, ..Allowed::default() })
    }
}
