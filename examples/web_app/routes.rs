//! The routes of the app, and its start.

use std::io;
use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::invitation::{Invitation, Wish};
use super::invoices;
use super::logout_token::Distrust;
use super::pages;
use super::relying_party::{Arrival, RelyingParty, Settings};
use super::sessions::{Session, Sessions, Visitor};
use super::trouble::Trouble;
use super::used_tokens::UsedTokens;
use crate::loopback;
use crate::loopback::http::Http;
use crate::loopback::serving::{Port, Running};

#[derive(Clone)]
struct App {
    party: Arc<RelyingParty>,
    sessions: Sessions,
    used_tokens: UsedTokens,
}

const NO_STORE: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

/// Serves the app on that loopback port; 0 takes a free one.
pub async fn start(settings: Settings, port: u16) -> io::Result<Running> {
    let port = Port::take(port).await?;
    let http = Http::new().map_err(io::Error::other)?;
    let party = Arc::new(RelyingParty { settings, base_url: port.base_url.clone(), http });
    let app = App { party, sessions: Sessions::default(), used_tokens: UsedTokens::default() };
    let routes = Router::new()
        .route("/", get(home))
        .route("/sign-in", get(sign_in))
        .route("/start", get(accept_invitation).post(accept_invitation))
        .route("/callback", get(callback))
        .route("/refresh", post(refresh))
        .route("/invoices", post(write_invoice))
        .route("/sign-out", post(sign_out))
        .route("/backchannel-logout", post(back_channel_logout))
        .route("/style.css", get(async || ([(header::CONTENT_TYPE, "text/css")], loopback::STYLE)))
        .with_state(app);
    Ok(port.serve(routes))
}

async fn home(State(app): State<App>, headers: HeaderMap) -> Response {
    app.front(app.sessions.with(&headers, Session::visitor).unwrap_or(Visitor::Nobody), None).await
}

async fn write_invoice(State(app): State<App>, headers: HeaderMap) -> Response {
    let visitor = app.sessions.with(&headers, Session::visitor).unwrap_or(Visitor::Nobody);
    let note = match &visitor {
        Visitor::SignedIn(user) => {
            let party = &app.party;
            Some(invoices::write(&party.http, &party.settings.issuer, &user.access_token).await)
        }
        Visitor::Nobody | Visitor::EndedElsewhere => None,
    };
    app.front(visitor, note).await
}

async fn sign_in(State(app): State<App>, headers: HeaderMap) -> Result<Response, Response> {
    app.begin(&headers, Wish::default()).await
}

/// The `initiate_login_uri` (OpenID Connect Core §4), by GET or by POST. Who is signed in here already signs in anew: the link may be
/// meant for somebody else.
async fn accept_invitation(
    State(app): State<App>,
    headers: HeaderMap,
    Form(invitation): Form<Invitation>,
) -> Result<Response, Response> {
    let wish = invitation.granted(&app.party.settings.issuer, &app.party.base_url);
    app.begin(&headers, wish.map_err(|trouble| app.tell(&trouble))?).await
}

/// The redirect URI. Without a departure of this very browser an answer is somebody else's (RFC 6749 §10.12).
async fn callback(
    State(app): State<App>,
    headers: HeaderMap,
    Query(arrival): Query<Arrival>,
) -> Result<Response, Response> {
    let state = arrival.state.clone().unwrap_or_default();
    let departure = app.sessions.with(&headers, |session| session.recall(&state)).flatten();
    let departure = departure.ok_or(Trouble::NotBegunHere).map_err(|trouble| app.tell(&trouble))?;
    let target = departure.target.as_ref().map_or("/", Url::as_str).to_owned();
    let user = app.party.arrive(arrival, departure).await.map_err(|trouble| app.tell(&trouble))?;
    let cookie = app.sessions.renew(&headers, |session| session.sign_in(user));
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&target)).into_response())
}

async fn refresh(State(app): State<App>, headers: HeaderMap) -> Result<Redirect, Response> {
    let user = app.sessions.with(&headers, |session| session.user()).flatten();
    let user = user.ok_or(Trouble::NotSignedIn).map_err(|trouble| app.tell(&trouble))?;
    let fresh = app.party.refresh(&user).await.map_err(|trouble| app.tell(&trouble))?;
    app.sessions.with(&headers, |session| session.refresh(&user, fresh));
    Ok(Redirect::to("/"))
}

/// Signs out here first, then at the provider: whatever becomes of the second, nobody is signed in here.
async fn sign_out(State(app): State<App>, headers: HeaderMap) -> Result<Redirect, Response> {
    let Some(user) = app.sessions.end(&headers) else { return Ok(Redirect::to("/")) };
    let url = app.party.farewell(&user).await.map_err(|trouble| app.tell(&trouble))?;
    Ok(Redirect::to(url.as_str()))
}

#[derive(Deserialize)]
struct BackChannel {
    logout_token: String,
}

/// What the provider posts when its session ends (OpenID Connect Back-Channel Logout §2.5). No browser and no cookie take part in it: the
/// signature of the token is all that there is to go by.
async fn back_channel_logout(
    State(app): State<App>,
    form: Result<Form<BackChannel>, FormRejection>,
) -> Response {
    match app.end_elsewhere(form).await {
        Ok(()) => (StatusCode::OK, NO_STORE).into_response(),
        Err(distrust) => {
            // §2.8
            let error = json!({"error": "invalid_request", "error_description": distrust.to_string()});
            (StatusCode::BAD_REQUEST, NO_STORE, Json(error)).into_response()
        }
    }
}

impl App {
    async fn front(&self, visitor: Visitor, note: Option<String>) -> Response {
        let issuer = &self.party.settings.issuer;
        let page = match visitor {
            Visitor::SignedIn(user) => {
                let invoices = invoices::read(&self.party.http, issuer, &user.access_token).await;
                pages::home(issuer, &user, invoices, note)
            }
            Visitor::Nobody => pages::way_in(issuer, false),
            Visitor::EndedElsewhere => pages::way_in(issuer, true),
        };
        self.page(StatusCode::OK, page)
    }

    async fn begin(&self, headers: &HeaderMap, wish: Wish) -> Result<Response, Response> {
        let (url, departure) = self.party.depart(wish).await.map_err(|trouble| self.tell(&trouble))?;
        let cookie = self.sessions.renew(headers, |session| session.remember(departure));
        Ok(([(header::SET_COOKIE, cookie)], Redirect::to(url.as_str())).into_response())
    }

    async fn end_elsewhere(&self, form: Result<Form<BackChannel>, FormRejection>) -> Result<(), Distrust> {
        let Form(BackChannel { logout_token }) = form.map_err(|_| Distrust::Missing)?;
        let notice = self.party.hear(&logout_token).await?;
        // Last of all: a token that is not believed uses up nothing.
        if !self.used_tokens.first_use(&notice.jti) {
            return Err(Distrust::Replayed);
        }
        self.sessions.end_elsewhere(&notice.whom);
        Ok(())
    }

    fn tell(&self, trouble: &Trouble) -> Response {
        let status = match trouble {
            Trouble::NotBegunHere | Trouble::NoCode | Trouble::OtherProvider(_) | Trouble::OtherIssuer(_) => {
                StatusCode::BAD_REQUEST
            }
            Trouble::NotSignedIn => StatusCode::UNAUTHORIZED,
            Trouble::Refused { .. } => StatusCode::FORBIDDEN,
            _ => StatusCode::BAD_GATEWAY,
        };
        self.page(status, pages::trouble(&self.party.settings.issuer, trouble))
    }

    /// The policy names the provider because the form for signing out ends there, and a browser holds redirects of a form to it.
    fn page(&self, status: StatusCode, page: askama::Result<String>) -> Response {
        let Ok(html) = page else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
        let provider = Url::parse(&self.party.settings.issuer).map(|issuer| issuer.origin());
        let provider = provider.map(|origin| origin.ascii_serialization()).unwrap_or_default();
        let policy = format!(
            "default-src 'none'; style-src 'self'; form-action 'self' {provider}; base-uri 'none'; frame-ancestors 'none'"
        );
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::CONTENT_SECURITY_POLICY, policy.as_str()),
        ];
        (status, headers, html).into_response()
    }
}
